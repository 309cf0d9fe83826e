//! `provost.tls.PemFiles` on real files.

#![allow(clippy::unwrap_used)] // in helpers too: a test that cannot write its files has failed

mod reading;
mod refreshing;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use provost_pem_files::PemFiles;
use provost_plugin_api::{
    Attributes, Call, ClassContext, Conf, Provider, ProviderError, RawTlsArtifacts,
    TlsArtifactsProvider, TlsRequest,
};

const PRIVATE_KEY: &str = "private_key";
const CHAIN: &str = "certificate_chain";
const TRUSTED: &str = "trusted_certificates";

/// A folder of PEM files with the modes that they need.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
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

    /// The guide's three files in a folder below, each with `mark` in it.
    fn set(&self, below: &str, mark: &str) {
        let file = |name: &str, mode| {
            let content = format!("{name} of {mark}");
            self.file(&format!("{below}/{name}"), content.as_bytes(), mode);
        };
        file("privateKey.pem", 0o600);
        file("certificateChain.pem", 0o644);
        file("trustedCertificates.pem", 0o644);
    }

    /// A configuration that names the files of [`set`](Self::set).
    fn conf(&self, below: &str) -> Conf {
        let path = |name: &str| self.path().join(below).join(name);
        let path = |name: &str| path(name).to_str().unwrap().to_owned();
        Conf::new()
            .with(PRIVATE_KEY, path("privateKey.pem"))
            .with(CHAIN, path("certificateChain.pem"))
            .with(TRUSTED, path("trustedCertificates.pem"))
    }
}

fn provider(conf: Conf) -> Result<PemFiles, ProviderError> {
    let context = ClassContext::new("provost.tls.PemFiles", conf, Attributes::new(), |_, _| ());
    PemFiles::new(&context)
}

fn call() -> Call {
    Call::new("test", Duration::from_secs(10))
}

fn artifacts(provider: &PemFiles) -> RawTlsArtifacts {
    let request = TlsRequest::new(call(), vec!["node.example.com".to_owned()], None);
    provider.tls_artifacts(&request).unwrap()
}

/// Private key, chain and trusted certificates, as text.
fn texts(artifacts: &RawTlsArtifacts) -> (String, String, Option<String>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        text(artifacts.private_key.secret_bytes()),
        text(&artifacts.certificate_chain),
        artifacts.trusted_certificates.as_deref().map(text),
    )
}
