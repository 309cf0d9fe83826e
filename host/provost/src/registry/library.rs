//! A library as it lies on disk: looked at, not run.

use std::path::{Path, PathBuf};

use provost_core::config::Sha256Digest;
use provost_core::section::{LibraryFacts, LoadPolicy, SectionError, check_loadable};

use crate::loader::{Intent, ReadError, read, sha256};

/// A provider library and what its section declares.
#[derive(Debug)]
#[non_exhaustive]
pub struct Library {
    /// Where it is, symbolic links resolved.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub digest: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What it declares.
    pub facts: LibraryFacts,
    /// Why it would not be loaded, if it would not.
    pub refusal: Option<SectionError>,
}

/// A file that is no provider library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its bytes are not those of a provider library.
    #[error("`{}`: {source}", path.display())]
    Section {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SectionError,
    },
}

impl Library {
    /// Looks at a library without running it. Works for libraries that would never load.
    pub fn inspect(path: &Path, policy: &LoadPolicy) -> Result<Self, LibraryError> {
        let (path, bytes) = read(path, Intent::Inspect)?;
        let facts = match LibraryFacts::read(&bytes) {
            Ok(facts) => facts,
            Err(source) => return Err(LibraryError::Section { path, source }),
        };
        let refusal = check_loadable(&facts, policy).err();
        Ok(Self {
            path,
            digest: sha256(&bytes),
            size: bytes.len() as u64,
            facts,
            refusal,
        })
    }
}
