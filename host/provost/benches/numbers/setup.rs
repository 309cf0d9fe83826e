//! What is measured: a key list with its keys, configurations, the library, requests.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use provost::{Host, ProviderHandle};
use provost_core::config::ClassName;
use provost_plugin_api::{Attributes, Call, Conf, EncryptRequest, Purpose};
use tempfile::TempDir;

use crate::Outcome;

pub(crate) const CLASS: &str = "provost.keys.Static";

/// The executable that users run; it is also the workers' program.
pub(crate) const PROVOST: &str = env!("CARGO_BIN_EXE_provost");

/// Bytes of each key.
pub(crate) const KEY_BYTES: usize = 32;

/// A bucket with a key for each folder, each rotated once.
const FOLDERS: [&str; 8] = [
    "raw", "curated", "logs", "users", "billing", "search", "models", "exports",
];
const GENERATIONS: [&str; 2] = ["2026-01", "2026-07"];

const URI: &str = "s3://bucket/logs/2026/07/part-00017.parquet";
const CLUSTER: &str = "j-1ABCDEFGHIJKL";

/// Where the library runs.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    InProcess,
    Worker,
}

/// A folder with all that a host needs, removed when dropped.
pub(crate) struct Scratch {
    folder: TempDir,
    library: PathBuf,
}

impl Scratch {
    pub(crate) fn create() -> Outcome<Self> {
        let folder = tempfile::Builder::new()
            .prefix("numbers-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let scratch = Self {
            folder,
            library: library()?,
        };
        fs::create_dir(scratch.store())?;
        let mut list = Vec::new();
        for (folder, generation) in FOLDERS.iter().flat_map(|f| GENERATIONS.map(|g| (f, g))) {
            let file = scratch.new_key(&format!("{folder}-{generation}"))?;
            list.push(format!("s3://bucket/{folder}/ {generation} {file}"));
        }
        list.push(format!("* 1 {}", scratch.new_key("others")?));
        let path = scratch.key_list();
        fs::write(&path, list.join("\n"))?;
        fs::write(scratch.path("security.json"), scratch.security())?;
        for place in [Place::InProcess, Place::Worker] {
            let isolation = match place {
                Place::InProcess => "in-process",
                Place::Worker => "process",
            };
            let text = format!(
                "security_configuration = \"security.json\"\n\n\
                 [classes.\"{CLASS}\"]\nisolation = \"{isolation}\"\n\n\
                 [classes.\"{CLASS}\".conf]\nkeys = \"{}\"\n",
                path.display()
            );
            fs::write(scratch.configuration(place), text)?;
        }
        Ok(scratch)
    }

    /// Makes a key file; its name.
    fn new_key(&self, name: &str) -> Outcome<String> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key)?;
        let name = format!("{name}.key");
        let mut options = fs::File::options();
        options.write(true).create_new(true).mode(0o600);
        options.open(self.path(&name))?.write_all(&key)?;
        Ok(name)
    }

    fn security(&self) -> String {
        format!(
            r#"{{ "EncryptionConfiguration": {{
  "EnableInTransitEncryption": false,
  "EnableAtRestEncryption": true,
  "AtRestEncryptionConfiguration": {{ "S3EncryptionConfiguration": {{
    "EncryptionMode": "CSE-Custom",
    "S3Object": "file://{}",
    "EncryptionKeyProviderClass": "{CLASS}" }} }} }} }}"#,
            self.library.display()
        )
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the objects.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("store")
    }

    pub(crate) fn configuration(&self, place: Place) -> PathBuf {
        self.path(match place {
            Place::InProcess => "in-process.toml",
            Place::Worker => "provost.toml",
        })
    }

    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    /// The configuration that the provider is built from.
    pub(crate) fn conf(&self) -> Conf {
        Conf::new().with("keys", self.key_list().to_string_lossy())
    }

    fn key_list(&self) -> PathBuf {
        self.path("keys.list")
    }

    pub(crate) fn provider(&self, place: Place) -> Outcome<ProviderHandle> {
        Ok(host(&self.configuration(place))?.provider(&class()?)?)
    }
}

/// A host with nothing loaded.
pub(crate) fn host(configuration: &Path) -> Outcome<Host> {
    let security = configuration.with_file_name("security.json");
    let host = Host::builder()
        .configuration(provost::configuration::load_host(configuration)?.value)
        .security_configuration(provost::configuration::load_security(&security)?.value)
        .worker_program(PROVOST)
        .build()?;
    Ok(host)
}

pub(crate) fn class() -> Outcome<ClassName> {
    Ok(ClassName::parse(CLASS)?)
}

/// What the host asks before it writes an object.
pub(crate) fn request() -> EncryptRequest {
    let mut call = Call::new("12345-678", Duration::from_secs(10));
    call.attributes.push(Attributes::OBJECT_URI, URI);
    call.attributes.push(Attributes::CLUSTER_ID, CLUSTER);
    EncryptRequest::new(call, Purpose::ObjectStore)
}

/// The library that cargo built with this program, beside it.
fn library() -> Outcome<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("libprovost_static_keys.so");
    if path.try_exists()? {
        Ok(path)
    } else {
        Err(format!("`{}` is missing", path.display()).into())
    }
}
