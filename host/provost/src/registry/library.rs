//! A library as it lies on disk: looked at, not run.

use std::path::{Path, PathBuf};

use provost_core::config::Sha256Digest;
use provost_core::section::{LibraryFacts, LoadPolicy, SectionError, check_loadable};

use crate::loader::{ReadError, UnsafePlace, read, read_hint, section_hint};

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
    /// Why it would not be loaded from where it is: others can change it.
    pub place: Option<UnsafePlace>,
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

impl LibraryError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(error) => read_hint(error),
            Self::Section { source, .. } => section_hint(source),
        }
    }
}

impl Library {
    /// Looks at a library without running it. Works for libraries that would never load.
    pub fn inspect(path: &Path, policy: &LoadPolicy) -> Result<Self, LibraryError> {
        let (path, bytes, place) = read(path)?;
        let facts = match LibraryFacts::read(&bytes) {
            Ok(facts) => facts,
            Err(source) => return Err(LibraryError::Section { path, source }),
        };
        let refusal = check_loadable(&facts, policy).err();
        Ok(Self {
            path,
            digest: Sha256Digest::of(&bytes),
            size: bytes.len() as u64,
            facts,
            refusal,
            place: place.err(),
        })
    }

    /// Why it would not be loaded, in words.
    pub fn verdict(&self) -> Option<String> {
        let refusal = self.refusal.as_ref().map(ToString::to_string);
        refusal.or_else(|| self.place.as_ref().map(ToString::to_string))
    }

    /// What to do if it would not be loaded.
    pub fn hint(&self) -> Option<String> {
        match (&self.refusal, &self.place) {
            (Some(refusal), _) => section_hint(refusal),
            (None, Some(place)) => Some(place.hint()),
            (None, None) => None,
        }
    }
}
