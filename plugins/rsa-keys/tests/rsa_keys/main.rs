//! `provost.keys.Rsa` on real files.

#![allow(clippy::unwrap_used)] // in helpers too: a test that cannot write its files has failed

mod encodings;
mod requests;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use provost_plugin_api::{Attributes, ClassContext, Conf, Provider, ProviderError};
use provost_rsa_keys::RsaKeys;

const NAME: &str = "fs.s3.cse.rsa.name";
const PUBLIC: &str = "fs.s3.cse.rsa.public";
const PRIVATE: &str = "fs.s3.cse.rsa.private";

/// The bytes of a file of `tests/keys`.
fn fixture(name: &str) -> Vec<u8> {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    fs::read(keys.join(name)).unwrap()
}

/// A folder of key files with the modes that they need.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A configuration with these fixtures, copied into the folder under their names.
    fn conf(&self, public: &str, private: Option<&str>) -> Conf {
        let public = self.file(public, &fixture(public), 0o644);
        let conf = Conf::new()
            .with(NAME, "key-1")
            .with(PUBLIC, public.to_str().unwrap());
        let Some(private) = private else {
            return conf;
        };
        let private = self.file(private, &fixture(private), 0o600);
        conf.with(PRIVATE, private.to_str().unwrap())
    }
}

fn provider(conf: Conf) -> Result<RsaKeys, ProviderError> {
    let context = ClassContext::new("provost.keys.Rsa", conf, Attributes::new(), |_, _| ());
    RsaKeys::new(&context)
}
