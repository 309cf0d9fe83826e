//! From a registration to an opened library or a worker: read, place, digest, section, open.
//!
//! The order matters: nothing of a library runs before all that its bytes can tell is accepted.

mod digest;
mod place;
mod read;

use std::path::PathBuf;

use provost_core::config::{HostConfiguration, Sha256Digest};
use provost_core::section::{ClassKind, LibraryFacts, SectionError, check_loadable};
use provost_worker::SealedLibrary;

use crate::registry::{self, Registration, RegistryError};

pub(crate) use digest::sha256;
pub use place::UnsafePlace;
pub(crate) use read::{Intent, read};
pub use read::{LIBRARY_LIMIT, ReadError};

/// Why a library was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read, or lies where others can write.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is not the library that was pinned.
    #[error("`{}` has SHA-256 {got}, expected {expected}", path.display())]
    Digest {
        /// The library.
        path: PathBuf,
        /// The operator's pin.
        expected: Sha256Digest,
        /// What was found.
        got: Sha256Digest,
    },
    /// Its bytes say that it cannot be loaded here.
    #[error("`{}`: {source}", path.display())]
    Section {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        source: SectionError,
    },
    /// It does not have the class, or the class's configuration does not fit.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It could not be sealed into memory.
    #[error("cannot seal `{}` into memory", path.display())]
    Seal {
        /// The library.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The dynamic linker or the negotiation refused it.
    #[error("`{}`: {source}", path.display())]
    Open {
        /// The library.
        path: PathBuf,
        /// Why.
        source: provost_worker::OpenError,
    },
}

impl LoadError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(ReadError::Place(UnsafePlace::Writable { path, .. })) => {
                format!("chmod go-w {}, or move the library", path.display())
            }
            Self::Read(ReadError::Place(UnsafePlace::Owner { .. })) => {
                "libraries belong to root or to the user that runs the host".to_owned()
            }
            Self::Read(_) => "`library` in provost.toml, or S3Object, names the file".to_owned(),
            Self::Digest { .. } => {
                "if the change is yours, pin the new digest as `sha256` in provost.toml".to_owned()
            }
            Self::Section {
                source: SectionError::Needed { name, .. },
                ..
            } => format!("to allow it, in provost.toml:\n[libraries]\nneeded = [\"{name}\"]"),
            Self::Section { .. } | Self::Open { .. } => {
                "`provost plugin inspect FILE` shows what the library says of itself".to_owned()
            }
            Self::Registry(error) => error.hint()?,
            Self::Seal { .. } => return None,
        })
    }
}

/// A library whose bytes were accepted: sealed in memory, not yet run.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) path: PathBuf,
    pub(crate) digest: Sha256Digest,
    pub(crate) sealed: SealedLibrary,
}

/// Reads the library of a registration and checks everything that can be told from its bytes.
pub(crate) fn accept(
    registration: &Registration,
    wanted: ClassKind,
    host: &HostConfiguration,
) -> Result<Accepted, LoadError> {
    let (path, bytes) = read(&registration.path, Intent::Load)?;
    let seal_error = |source| LoadError::Seal {
        path: path.clone(),
        source,
    };
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    let sealed = SealedLibrary::seal(&name, &bytes).map_err(seal_error)?;
    // What is hashed is what will be mapped: the sealed bytes, not the file's.
    let bytes = sealed.bytes().map_err(seal_error)?;
    let digest = sha256(&bytes);
    if let Some(expected) = registration.pin
        && expected != digest
    {
        return Err(LoadError::Digest {
            path,
            expected,
            got: digest,
        });
    }
    let facts = LibraryFacts::read(&bytes).map_err(|source| LoadError::Section {
        path: path.clone(),
        source,
    })?;
    check_loadable(&facts, &registry::load_policy(host)).map_err(|source| LoadError::Section {
        path: path.clone(),
        source,
    })?;
    registry::check_class(&facts, &registration.class, wanted, &path)?;
    if let Some(class) = facts.class(registration.class.as_str()) {
        let settings = host.class(&registration.class);
        registry::check_conf(host, &registration.class, settings, class)
            .map_err(RegistryError::from)?;
    }
    Ok(Accepted {
        path,
        digest,
        sealed,
    })
}
