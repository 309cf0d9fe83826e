//! `provost.keys.Static` on real files: lists, key files, and what requests get.

#![allow(clippy::unwrap_used)] // in helpers too: a test that cannot write its files has failed

mod choosing;
mod key_files;
mod lists;
mod refreshing;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use provost_plugin_api::{
    Attributes, Call, Candidates, ClassContext, Conf, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, MaterialsDescription, Provider, ProviderError, Purpose, RawKey,
    RawMaterials,
};
use provost_static_keys::StaticKeys;

/// A folder with a key list and key files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with this list, and with a key file for each of these names and first bytes.
    fn with(list: &str, keys: &[(&str, u8)]) -> Self {
        let folder = Self::new();
        for (name, first) in keys {
            folder.key(name, *first);
        }
        folder.list(list);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn key(&self, name: &str, first: u8) -> PathBuf {
        self.file(name, &key(first), 0o600)
    }

    fn list(&self, list: &str) -> PathBuf {
        self.file("keys.list", list.as_bytes(), 0o644)
    }

    fn conf(&self) -> Conf {
        Conf::new().with("keys", self.path().join("keys.list").to_str().unwrap())
    }

    fn provider(&self) -> Result<StaticKeys, ProviderError> {
        provider(self.conf())
    }
}

/// The key of 32 bytes that starts with `first`.
fn key(first: u8) -> [u8; 32] {
    let mut key = [0xa5; 32];
    key[0] = first;
    key
}

fn provider(conf: Conf) -> Result<StaticKeys, ProviderError> {
    let context = ClassContext::new("provost.keys.Static", conf, Attributes::new(), |_, _| ());
    StaticKeys::new(&context)
}

fn call(uri: Option<&str>) -> Call {
    let mut call = Call::new("test", Duration::from_secs(10));
    if let Some(uri) = uri {
        call.attributes.push(Attributes::OBJECT_URI, uri);
    }
    call
}

fn encrypt(provider: &StaticKeys, uri: Option<&str>) -> Result<RawMaterials, ProviderError> {
    provider.materials_for_encrypt(&EncryptRequest::new(call(uri), Purpose::ObjectStore))
}

fn decrypt(
    provider: &StaticKeys,
    uri: Option<&str>,
    stored: Option<MaterialsDescription>,
) -> Result<Vec<RawMaterials>, ProviderError> {
    let request = DecryptRequest::new(call(uri), Purpose::ObjectStore, "AES/GCM");
    provider
        .materials_for_decrypt(&request.with_description(stored))
        .map(Candidates::into_vec)
}

fn description(prefix: &str, generation: &str) -> MaterialsDescription {
    MaterialsDescription::new()
        .with("provost:prefix", prefix)
        .with("provost:generation", generation)
}

/// The bytes of an AES key.
fn bytes(materials: &RawMaterials) -> &[u8] {
    match &materials.key {
        RawKey::Symmetric(key) => key.secret_bytes(),
        other => panic!("not an AES key: {other:?}"),
    }
}
