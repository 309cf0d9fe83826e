//! A host with keys in KMS, and objects of it.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use provost::store::encrypted::Stored;
use provost::store::{Metadata, ObjectStoreExt, ObjectUri};
use provost::{Error, Host};
use tempfile::TempDir;

use crate::server::{endpoint, runtime};

/// What a host is configured with.
pub(crate) struct Setup {
    pub(crate) endpoint: String,
    /// Lines of `[kms]`.
    pub(crate) kms: String,
    /// Tables of their own; `{root}` is the folder.
    pub(crate) tables: String,
    pub(crate) keys: Keys,
}

pub(crate) enum Keys {
    /// CSE-KMS with this key.
    Kms(String),
    /// `provost.keys.Kms` with these configuration keys.
    Provider(Vec<(&'static str, String)>),
}

pub(crate) struct Rig {
    pub(crate) host: Host,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) folder: TempDir,
}

impl Setup {
    pub(crate) fn cse_kms(key: &str) -> Self {
        Self {
            endpoint: endpoint(),
            kms: String::new(),
            tables: String::new(),
            keys: Keys::Kms(key.to_owned()),
        }
    }

    pub(crate) fn provider(conf: &[(&'static str, &str)]) -> Self {
        let conf = conf
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            keys: Keys::Provider(conf.collect()),
            ..Self::cse_kms("")
        }
    }

    pub(crate) fn endpoint(mut self, url: &str) -> Self {
        url.clone_into(&mut self.endpoint);
        self
    }

    pub(crate) fn kms(mut self, line: &str) -> Self {
        let _ = writeln!(self.kms, "{line}");
        self
    }

    pub(crate) fn tables(mut self, text: &str) -> Self {
        let _ = writeln!(self.tables, "{text}");
        self
    }

    /// A folder with both configuration files, and the library if one is needed.
    pub(crate) fn folder(&self) -> TempDir {
        let folder = tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir()
            .unwrap();
        let mut toml = format!(
            "security_configuration = \"security.json\"\n{}\n",
            self.tables
        );
        let _ = writeln!(
            toml,
            "[kms]\nendpoint = \"{}\"\n{}",
            self.endpoint, self.kms
        );
        let s3 = match &self.keys {
            Keys::Kms(key) => format!(r#""EncryptionMode": "CSE-KMS", "AwsKmsKey": "{key}""#),
            Keys::Provider(conf) => {
                let library = folder.path().join("libprovost_kms_key.so");
                std::fs::copy(built().join("libprovost_kms_key.so"), &library).unwrap();
                std::fs::set_permissions(&library, std::fs::Permissions::from_mode(0o644)).unwrap();
                let _ = writeln!(toml, "[classes.\"provost.keys.Kms\".conf]");
                for (name, value) in conf {
                    let _ = writeln!(toml, "{name} = \"{value}\"");
                }
                r#""EncryptionMode": "CSE-Custom", "S3Object": "libprovost_kms_key.so",
                   "EncryptionKeyProviderClass": "provost.keys.Kms""#
                    .to_owned()
            }
        };
        let security = format!(
            r#"{{ "EncryptionConfiguration": {{ "EnableInTransitEncryption": false, "EnableAtRestEncryption": true,
            "AtRestEncryptionConfiguration": {{ "S3EncryptionConfiguration": {{ {s3} }} }} }} }}"#
        );
        let root = folder.path().canonicalize().unwrap();
        let toml = toml.replace("{root}", root.to_str().unwrap());
        std::fs::write(folder.path().join("provost.toml"), toml).unwrap();
        std::fs::write(folder.path().join("security.json"), security).unwrap();
        folder
    }

    pub(crate) fn build(&self) -> Rig {
        let folder = self.folder();
        let load = |name: &str| folder.path().canonicalize().unwrap().join(name);
        let host = Host::builder()
            .configuration(
                provost::configuration::load_host(&load("provost.toml"))
                    .unwrap()
                    .value,
            )
            .security_configuration(
                provost::configuration::load_security(&load("security.json"))
                    .unwrap()
                    .value,
            )
            .worker_program(env!("CARGO_BIN_EXE_provost"))
            .build()
            .unwrap();
        Rig {
            host,
            runtime: runtime(),
            folder,
        }
    }
}

impl Rig {
    /// In the folder, unless it is a URI.
    pub(crate) fn uri(&self, name: &str) -> ObjectUri {
        if name.contains("://") {
            return name.parse().unwrap();
        }
        let root = self.folder.path().canonicalize().unwrap();
        let uri = format!("file://{}/store/{name}", root.display());
        uri.parse().unwrap()
    }

    pub(crate) fn put(&self, name: &str, plaintext: &[u8]) -> Result<Stored, Error> {
        let (uri, size) = (self.uri(name), plaintext.len() as u64);
        let objects = self.host.objects(&uri)?;
        let source = Cursor::new(plaintext.to_vec());
        Ok(self
            .runtime
            .block_on(objects.put(&uri, source, Some(size), None))?)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        let uri = self.uri(name);
        let (objects, sink) = (self.host.objects(&uri)?, Sink::default());
        self.runtime
            .block_on(objects.get_to_writer(&uri, sink.clone(), None))?;
        Ok(sink.0.lock().unwrap().clone())
    }

    /// What is stored, as another client would have stored it.
    pub(crate) fn stored(&self, name: &str) -> (Metadata, Vec<u8>) {
        let uri = self.uri(name);
        let store = self.host.stores().open(&uri).unwrap();
        let (head, body) = self
            .runtime
            .block_on(store.get_bytes(&uri, 1 << 20))
            .unwrap();
        (head.metadata, body)
    }

    pub(crate) fn store(&self, name: &str, metadata: Metadata, body: Vec<u8>) {
        let uri = self.uri(name);
        let store = self.host.stores().open(&uri).unwrap();
        let put = store.put_bytes(&uri, metadata, body.into());
        self.runtime.block_on(put).unwrap();
    }

    /// Copies an object of another host here, with one metadata value changed.
    pub(crate) fn take(
        &self,
        from: &Rig,
        name: &str,
        entry: &str,
        change: impl Fn(&str) -> String,
    ) {
        let (found, body) = from.stored(name);
        let mut metadata = Metadata::new();
        for (key, value) in found.iter() {
            let value = if key == entry {
                change(value)
            } else {
                value.to_owned()
            };
            metadata.insert(key, value).unwrap();
        }
        self.store(name, metadata, body);
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where cargo puts libraries that tests depend on: beside the test.
fn built() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap_or(Path::new("/")).to_owned()
}
