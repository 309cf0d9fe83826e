//! A host for a test: one class, its settings, a scratch folder, and stores in memory.

use std::fmt::Write as _;
use std::fs;
use std::future::Future;
use std::io::{self, Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use provost::store::encrypted::{Inspection, ObjectError, Received, Stored, inspect};
use provost::store::{Metadata, ObjectHead, ObjectStoreExt, ObjectUri};
use provost::{EncryptedStore, Error, Host, ProviderHandle};
use provost_core::config::{
    ClassName, HostConfiguration, Isolation, SecurityConfiguration, Source,
};
use tempfile::TempDir;

use crate::log;
use crate::plugins::{plugins, private_folder};

/// Runs `test` with providers in workers and again with providers in this process.
pub(crate) fn in_both_modes(test: impl Fn(Isolation)) {
    for isolation in [Isolation::Process, Isolation::InProcess] {
        // Seen when the test fails.
        println!("isolation: {isolation:?}");
        test(isolation);
    }
}

/// The library of the misbehaving classes.
pub(crate) fn hostile_library() -> PathBuf {
    plugins().join("libprovost_hostile_provider.so")
}

/// What a host is made of.
pub(crate) struct Setup {
    class: String,
    library: PathBuf,
    isolation: Isolation,
    settings: String,
    conf: String,
    top: String,
    tables: String,
    in_transit: bool,
    folder: TempDir,
}

impl Setup {
    /// A class of the hostile library, or the whole name of another; one that is not of this
    /// workspace needs its library.
    pub(crate) fn new(class: &str, isolation: Isolation) -> Self {
        let (class, library) = match class {
            "provost.keys.Static" => (
                class.to_owned(),
                plugins().join("libprovost_static_keys.so"),
            ),
            "provost.tls.PemFiles" => (class.to_owned(), plugins().join("libprovost_pem_files.so")),
            "provost.keys.Rsa" => (class.to_owned(), plugins().join("libprovost_rsa_keys.so")),
            class if class.contains('.') => (class.to_owned(), PathBuf::new()),
            class => (format!("provost.hostile.{class}"), hostile_library()),
        };
        Self {
            class,
            library,
            isolation,
            settings: String::new(),
            conf: String::new(),
            top: String::new(),
            tables: String::new(),
            in_transit: false,
            folder: private_folder(),
        }
    }

    /// The scratch folder, which the host's configuration is relative to.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Another library than the one of this build.
    pub(crate) fn library(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.library);
        self
    }

    /// A line of the class's table.
    pub(crate) fn setting(mut self, line: &str) -> Self {
        writeln!(self.settings, "{line}").unwrap();
        self
    }

    /// A line of the class's `conf` table: `value` is TOML.
    pub(crate) fn conf(mut self, key: &str, value: impl std::fmt::Display) -> Self {
        writeln!(self.conf, "\"{key}\" = {value}").unwrap();
        self
    }

    /// Lines before the first table.
    pub(crate) fn top(mut self, lines: &str) -> Self {
        writeln!(self.top, "{lines}").unwrap();
        self
    }

    /// Tables after those of the class.
    pub(crate) fn tables(mut self, lines: &str) -> Self {
        writeln!(self.tables, "{lines}").unwrap();
        self
    }

    /// The class has the TLS artifacts, and nothing is encrypted at rest.
    pub(crate) fn in_transit(mut self) -> Self {
        self.in_transit = true;
        self
    }

    pub(crate) fn configuration(&self) -> HostConfiguration {
        let Self {
            class,
            library,
            settings,
            conf,
            top,
            tables,
            ..
        } = self;
        let isolation = match self.isolation {
            Isolation::Process => "process",
            Isolation::InProcess => "in-process",
        };
        let text = format!(
            "{top}\n[classes.\"{class}\"]\nlibrary = \"{}\"\nisolation = \"{isolation}\"\n\
             {settings}\n[classes.\"{class}\".conf]\n{conf}\n{tables}",
            library.display()
        );
        let source = Source::new("provost.toml", text);
        HostConfiguration::parse(source, &self.root(), &|_| None)
            .unwrap_or_else(|errors| panic!("{errors}"))
            .value
    }

    fn security(&self) -> String {
        let (library, class) = (self.library.display(), &self.class);
        if self.in_transit {
            return format!(
                r#"{{"EncryptionConfiguration": {{
                    "EnableInTransitEncryption": true,
                    "EnableAtRestEncryption": false,
                    "InTransitEncryptionConfiguration": {{"TLSCertificateConfiguration": {{
                        "CertificateProviderType": "Custom",
                        "S3Object": "{library}",
                        "CertificateProviderClass": "{class}"}}}}}}}}"#
            );
        }
        format!(
            r#"{{"EncryptionConfiguration": {{
                "EnableInTransitEncryption": false,
                "EnableAtRestEncryption": true,
                "AtRestEncryptionConfiguration": {{"S3EncryptionConfiguration": {{
                    "EncryptionMode": "CSE-Custom",
                    "S3Object": "{library}",
                    "EncryptionKeyProviderClass": "{class}"}}}}}}}}"#
        )
    }

    pub(crate) fn build(self) -> Rig {
        log::collect();
        let source = Source::new("security.json", self.security());
        let security = SecurityConfiguration::parse(source, Some(&self.root()))
            .unwrap_or_else(|errors| panic!("{errors}"))
            .value;
        let host = Host::builder()
            .configuration(self.configuration())
            .security_configuration(security)
            .worker_program(env!("CARGO_BIN_EXE_provost"))
            .build()
            .unwrap();
        Rig {
            host,
            class: self.class.parse().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap(),
            folder: self.folder,
        }
    }
}

/// A host, and objects of it.
pub(crate) struct Rig {
    pub(crate) host: Host,
    pub(crate) class: ClassName,
    runtime: tokio::runtime::Runtime,
    folder: TempDir,
}

/// A host whose class has no settings.
pub(crate) fn rig(class: &str, isolation: Isolation) -> Rig {
    Setup::new(class, isolation).build()
}

impl Rig {
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// `file://ROOT/NAME`, unless it is a URI.
    pub(crate) fn uri(&self, name: &str) -> ObjectUri {
        let text = if name.contains("://") {
            name.to_owned()
        } else {
            format!("file://{}/{name}", self.root().display())
        };
        text.parse().unwrap()
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn provider(&self) -> Result<ProviderHandle, Error> {
        self.host.provider(&self.class)
    }

    pub(crate) fn objects(&self, name: &str) -> Result<EncryptedStore, Error> {
        self.host.objects(&self.uri(name))
    }

    pub(crate) fn put(&self, name: &str, plaintext: &[u8]) -> Result<Stored, Error> {
        let (uri, size) = (self.uri(name), plaintext.len() as u64);
        let source = Cursor::new(plaintext.to_vec());
        let objects = self.objects(name)?;
        Ok(self.wait(objects.put(&uri, source, Some(size), None))?)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Vec<u8>, Error> {
        let sink = Sink::default();
        self.get_to(name, sink.clone())?;
        Ok(sink.written())
    }

    pub(crate) fn get_to(&self, name: &str, sink: Sink) -> Result<Received, Error> {
        let uri = self.uri(name);
        let objects = self.objects(name)?;
        Ok(self.wait(objects.get_to_writer(&uri, sink, None))?)
    }

    pub(crate) fn inspect(&self, name: &str) -> Result<Inspection, ObjectError> {
        let (stores, configuration) = (self.host.stores(), self.host.configuration());
        self.wait(inspect(stores, configuration, &self.uri(name)))
    }

    /// What the store itself holds.
    pub(crate) fn stored(&self, name: &str) -> (ObjectHead, Vec<u8>) {
        let uri = self.uri(name);
        let store = self.host.stores().open(&uri).unwrap();
        self.wait(store.get_bytes(&uri, 64 << 20)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        let uri = self.uri(name);
        let store = self.host.stores().open(&uri).unwrap();
        self.wait(store.head(&uri)).is_ok()
    }

    /// Puts into the store itself, past all encryption.
    pub(crate) fn store(&self, name: &str, metadata: Metadata, body: Vec<u8>) {
        let uri = self.uri(name);
        let store = self.host.stores().open(&uri).unwrap();
        self.wait(store.put_bytes(&uri, metadata, body.into()))
            .unwrap();
    }

    /// Stores an object again with one metadata value changed.
    pub(crate) fn change_value(&self, name: &str, entry: &str, change: impl Fn(&str) -> String) {
        let (head, body) = self.stored(name);
        let mut metadata = Metadata::new();
        let mut changed = false;
        for (key, value) in head.metadata.iter() {
            let value = if key == entry {
                changed = true;
                change(value)
            } else {
                value.to_owned()
            };
            metadata.insert(key, value).unwrap();
        }
        assert!(changed, "{name} has no {entry}: {:?}", head.metadata);
        self.store(name, metadata, body);
    }

    /// The provider still answers.
    pub(crate) fn goes_on(&self) {
        let provider = self.provider().unwrap();
        assert!(provider.status(&provider.new_call()).unwrap().healthy);
    }
}

/// Collects what is written to it.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub(crate) fn written(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that a user may be shown of an error, its sources included.
pub(crate) fn all_words(error: &Error) -> String {
    let mut words = format!("{error}\n{error:?}\n{}", error.hint().unwrap_or_default());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        write!(words, "\n{error}\n{error:?}").unwrap();
        source = error.source();
    }
    words
}

/// A file that only its owner may use.
pub(crate) fn private(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A pipe that nobody writes to.
pub(crate) fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
}

/// What `f` returns; an error of the test if that takes long.
pub(crate) fn at_once<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(f()));
    let limit = std::time::Duration::from_secs(20);
    receiver.recv_timeout(limit).expect("it waits")
}

/// A library as a host accepts it: whatever the umask is, nobody else can write it.
pub(crate) fn install(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

/// The names in a folder, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Asserts that `error` says all of this.
pub(crate) fn says(error: &Error, all: &[&str]) {
    let text = error.to_string();
    for words in all {
        assert!(text.contains(words), "expected {words:?} in: {text}");
    }
    assert!(!text.contains('\n'), "{text}");
}
