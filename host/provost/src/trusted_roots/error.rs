//! Trusted roots that cannot be had.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use provost_core::tls::RootsError;

/// Trusted roots that cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustedRootsError {
    /// The system has none, or none that can be read.
    #[error("the system has no trusted roots")]
    NoneFound {
        /// The first thing that could not be read.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file cannot be read.
    #[error("cannot read the trusted roots `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was read, and is of no use.
    #[error("cannot use the trusted roots `{}`", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RootsError,
    },
    /// It takes too long.
    #[error("reading the trusted roots `{from}` takes more than {} s", deadline.as_secs())]
    Slow {
        /// Where they come from.
        from: String,
        /// How long it may take.
        deadline: Duration,
    },
    /// Whoever reads them stopped in the middle: a bug.
    #[error("reading the trusted roots `{from}` failed, by a bug of the program")]
    Unfinished {
        /// Where they come from.
        from: String,
    },
}

impl TrustedRootsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoneFound { .. } => {
                "install the system's package `ca-certificates`, or say where roots are: \
                 SSL_CERT_FILE=FILE in the environment, or `--default-roots` with pem:FILE, \
                 cacerts:FILE, webpki or none"
                    .to_owned()
            }
            Self::Read { source, .. } => match source.kind() {
                ErrorKind::NotFound => {
                    "check the path; in provost.toml, paths start at the folder of that file"
                }
                ErrorKind::PermissionDenied => {
                    "the user that runs this command has to be able to read it"
                }
                ErrorKind::IsADirectory | ErrorKind::InvalidInput => "name one regular file",
                _ => return None,
            }
            .to_owned(),
            Self::Refused { source, .. } => return source.hint(),
            Self::Slow { .. } => {
                "a usual one takes a fraction of a second: who wrote it?".to_owned()
            }
            Self::Unfinished { .. } => return None,
        })
    }
}
