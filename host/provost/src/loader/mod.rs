//! From a registration to an opened library or a worker: read, place, digest, section, open.
//!
//! The order matters: nothing of a library runs before all that its bytes can tell is accepted.

mod read;

use std::path::PathBuf;
use std::sync::Arc;

use provost_core::config::{HostConfiguration, Sha256Digest};
use provost_core::section::{ClassKind, LibraryFacts, SectionError, check_loadable};
use provost_worker::SealedLibrary;

use crate::fetch::{FetchError, fetch};
use crate::registry::{self, Registration, RegistryError};

pub use crate::place::UnsafePlace;
pub use read::{LIBRARY_LIMIT, ReadError};
pub(crate) use read::{read, read_hint};

/// Why a library was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read, or lies where others can write.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It was not fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
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
            Self::Read(error) => return read_hint(error),
            Self::Fetch(error) => return error.hint(),
            Self::Digest { got, .. } => format!(
                "find out who changed the library; if the change is yours, pin it:\nsha256 = \"{got}\""
            ),
            Self::Section { source, .. } => return section_hint(source),
            Self::Open { path, .. } => format!(
                "`provost plugin inspect {}` shows what the library says of itself",
                path.display()
            ),
            Self::Registry(error) => error.hint()?,
            Self::Seal { .. } => return None,
        })
    }
}

/// What to do about a library whose bytes say that it cannot be loaded here.
pub(crate) fn section_hint(error: &SectionError) -> Option<String> {
    Some(match error {
        SectionError::NotElf { .. }
        | SectionError::FileType { .. }
        | SectionError::Executable
        | SectionError::NoSection
        | SectionError::NoEntry => "a provider library is a cdylib whose crate calls \
             `export_providers!`; see docs/providers.md"
            .to_owned(),
        SectionError::Truncated { .. } | SectionError::Malformed { .. } => {
            "the file is damaged, or was not copied whole; copy it again".to_owned()
        }
        SectionError::Class { .. }
        | SectionError::Endian { .. }
        | SectionError::Machine { .. }
        | SectionError::Target { .. } => "get the library that was built for this host".to_owned(),
        SectionError::Abi { expected, .. } => {
            format!("get a library that was built with provost-plugin-api {expected}.x")
        }
        SectionError::Panic { .. } => {
            "build it in a profile without `panic = \"abort\"`".to_owned()
        }
        SectionError::RunPath { .. } => "build it without an rpath".to_owned(),
        SectionError::Needed { name, .. } => {
            format!("to allow it, in provost.toml:\n[libraries]\nneeded = [\"{name}\"]")
        }
        _ => return None,
    })
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
    host: &Arc<HostConfiguration>,
) -> Result<Accepted, LoadError> {
    let fetched = registration.fetched.as_ref();
    let fetched = fetched.map(|at| fetch(host, at, registration.pin, LIBRARY_LIMIT));
    let (file, pin) = match fetched.transpose()? {
        // By its name, whether or not the operator pinned it.
        Some(fetched) => (fetched.path, Some(fetched.digest)),
        None => (registration.path.clone(), registration.pin),
    };
    let (path, mut bytes, place) = read(&file)?;
    place.map_err(ReadError::Place)?;
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
    sealed.read_back(&mut bytes).map_err(seal_error)?;
    let digest = Sha256Digest::of(&bytes);
    if let Some(expected) = pin
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
    tracing::info!(class = %registration.class, library = %path.display(), sha256 = %digest, "library accepted");
    Ok(Accepted {
        path,
        digest,
        sealed,
    })
}
