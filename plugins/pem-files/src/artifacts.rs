//! The three files: where they are, and what was in them at one moment.

use std::fmt::Write as _;
use std::path::PathBuf;

use provost_key_files::{KeyFileError, Snapshot, local_path};
use provost_plugin_api::{Conf, ErrorKind, ProviderError, SecretBytes};
use sha2::{Digest, Sha256};

/// The configuration key of the private key.
const PRIVATE_KEY: &str = "private_key";

/// The configuration key of the certificate chain.
const CERTIFICATE_CHAIN: &str = "certificate_chain";

/// The configuration key of the trusted certificates.
const TRUSTED_CERTIFICATES: &str = "trusted_certificates";

/// The most bytes that the host takes of a private key or of a chain.
const MAX_FILE: usize = 1 << 20;

/// The most bytes that the host takes of trusted certificates.
const MAX_TRUSTED: usize = 4 << 20;

/// How often files are read that change meanwhile.
const ATTEMPTS: usize = 3;

/// Where the files are.
pub(crate) struct Files {
    private_key: PathBuf,
    certificate_chain: PathBuf,
    trusted_certificates: Option<PathBuf>,
}

/// What was in them.
pub(crate) struct Artifacts {
    pub(crate) private_key: SecretBytes,
    pub(crate) certificate_chain: Vec<u8>,
    pub(crate) trusted_certificates: Option<Vec<u8>>,
    /// Names the certificates: the same on every node that has the same files.
    pub(crate) generation: String,
}

impl Files {
    pub(crate) fn configured(conf: &Conf) -> Result<Self, ProviderError> {
        let path = |key| {
            let location = conf.require(key)?;
            local_path(location).map_err(|e| ProviderError::configuration(key, e.to_string()))
        };
        let trusted = conf.iter().any(|(key, _)| key == TRUSTED_CERTIFICATES);
        Ok(Self {
            private_key: path(PRIVATE_KEY)?,
            certificate_chain: path(CERTIFICATE_CHAIN)?,
            trusted_certificates: trusted.then(|| path(TRUSTED_CERTIFICATES)).transpose()?,
        })
    }

    /// Reads all of them, as they are at one moment.
    pub(crate) fn load(&self) -> Result<Artifacts, ProviderError> {
        let mut changed = self.private_key.clone();
        for _ in 0..ATTEMPTS {
            match self.read() {
                Ok(artifacts) => return Ok(artifacts),
                Err(Unread::Changed(path)) => changed = path,
                Err(Unread::Refused(error)) => return Err(error),
            }
        }
        Err(ProviderError::new(
            ErrorKind::Unavailable,
            format!(
                "`{}` changed while it was read together with the others, {ATTEMPTS} times: write \
                 new files into a new folder, and switch a link to it",
                changed.display()
            ),
        ))
    }

    fn read(&self) -> Result<Artifacts, Unread> {
        let mut snapshot = Snapshot::new();
        let private_key = snapshot.read_secret(&self.private_key, MAX_FILE);
        let private_key = private_key.map_err(|error| Unread::new(PRIVATE_KEY, error))?;
        let chain = snapshot.read_trusted(&self.certificate_chain, MAX_FILE);
        let chain = chain.map_err(|error| Unread::new(CERTIFICATE_CHAIN, error))?;
        let trusted = match &self.trusted_certificates {
            None => None,
            Some(path) => {
                let trusted = snapshot.read_trusted(path, MAX_TRUSTED);
                Some(trusted.map_err(|error| Unread::new(TRUSTED_CERTIFICATES, error))?)
            }
        };
        if let Some(path) = snapshot.changed() {
            return Err(Unread::Changed(path.to_owned()));
        }
        Ok(Artifacts {
            generation: generation(&chain, trusted.as_deref()),
            private_key,
            certificate_chain: chain,
            trusted_certificates: trusted,
        })
    }
}

/// Why there are no artifacts.
enum Unread {
    /// Not all of them were there at one moment; the next one may be better.
    Changed(PathBuf),
    Refused(ProviderError),
}

impl Unread {
    fn new(key: &str, error: KeyFileError) -> Self {
        match error {
            KeyFileError::Changed { path } => Self::Changed(path),
            error => Self::Refused(ProviderError::configuration(key, error.to_string())),
        }
    }
}

/// The beginnings of the SHA-256 of the chain and of the trusted certificates: what `sha256sum`
/// says of the files. Of the private key nothing is told, also not its hash.
fn generation(chain: &[u8], trusted: Option<&[u8]>) -> String {
    let mut name = String::new();
    for file in [Some(chain), trusted].into_iter().flatten() {
        if !name.is_empty() {
            name.push('-');
        }
        for byte in Sha256::digest(file).iter().take(8) {
            let _ = write!(name, "{byte:02x}");
        }
    }
    name
}
