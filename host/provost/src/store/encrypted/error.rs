//! Why an object was not written or not read.

use std::io;

use provost_core::envelope::{ContentError, MetadataError, PlaceError};

use crate::provider::{KeyError, ProviderFailure};
use crate::store::{ObjectUri, ReleaseError, StoreError, UriError};

/// An object was not written or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The name is none that an object may have.
    #[error("`{name}` is no object name: {source}")]
    Name {
        /// What was given.
        name: String,
        /// What is wrong with it.
        source: UriError,
    },
    /// Objects may not be put under the names of instruction files.
    #[error("`{uri}`: names that end in `.instruction` are reserved for instruction files")]
    ReservedName {
        /// The name.
        uri: ObjectUri,
    },
    /// The store failed, or does not have the object.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The envelope is missing, malformed, or not accepted here.
    #[error("`{uri}`: {source}")]
    Envelope {
        /// The object.
        uri: ObjectUri,
        /// What is wrong.
        source: MetadataError,
    },
    /// No data key could be had from the provider.
    #[error("`{uri}`: {source}")]
    Key {
        /// The object.
        uri: ObjectUri,
        /// Why.
        source: KeyError,
    },
    /// The content could not be sealed, or did not open.
    #[error("`{uri}`: {source}")]
    Content {
        /// The object.
        uri: ObjectUri,
        /// Why.
        source: ContentError,
    },
    /// The envelope fits nowhere where it may be written.
    #[error("`{uri}`: {source}")]
    Place {
        /// The object.
        uri: ObjectUri,
        /// What fits and what was needed.
        source: PlaceError,
    },
    /// The plaintext could not be read.
    #[error("cannot read what is to be encrypted")]
    Source(#[source] io::Error),
    /// The plaintext could not be written.
    #[error("cannot write the plaintext")]
    Sink(#[source] io::Error),
    /// The plaintext file could not be written or named.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

impl ObjectError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => "an object is named file:///absolute/path".to_owned(),
            Self::ReservedName { .. } => "put it under another name".to_owned(),
            Self::Store(StoreError::NotFound { .. }) => {
                "`provost object ls` lists what is there".to_owned()
            }
            Self::Store(_) | Self::Source(_) | Self::Sink(_) => return None,
            Self::Envelope { source, .. } => return envelope_hint(source),
            Self::Key { source, .. } => return source.hint(),
            Self::Content {
                source: ContentError::NotAuthentic,
                ..
            } => "the object was changed or damaged after it was written; nothing was released"
                .to_owned(),
            Self::Content { .. } => return None,
            Self::Place { .. } => "set `write.envelope = \"overflow\"` for its prefix in \
                 provost.toml, or shorten the provider's description"
                .to_owned(),
            Self::Release(error) if error.source.kind() == io::ErrorKind::AlreadyExists => {
                "name another file, or replace it with --force".to_owned()
            }
            Self::Release(_) => return None,
        })
    }
}

fn envelope_hint(error: &MetadataError) -> Option<String> {
    Some(match error {
        MetadataError::NoEnvelopeInMetadata => "if its envelope is in an instruction file, set \
             `read.envelope = [\"metadata\", \"instruction-file\"]` for its prefix in provost.toml; \
             an object that is not encrypted is never passed through"
            .to_owned(),
        MetadataError::NotEncrypted => {
            "an object that is not encrypted is never passed through".to_owned()
        }
        MetadataError::FormatNotAllowed { found, .. } => {
            format!("to accept it, add \"{found}\" to `read.formats` of its prefix in provost.toml")
        }
        MetadataError::PlaceNotAllowed { .. } => "to accept it, add \"instruction-file\" to \
             `read.envelope` of its prefix in provost.toml"
            .to_owned(),
        _ => return None,
    })
}

/// Names the object in an error of a step.
pub(super) trait About<T> {
    fn about(self, uri: &ObjectUri) -> Result<T, ObjectError>;
}

macro_rules! about {
    ($($error:ty => $variant:ident),*) => {$(
        impl<T> About<T> for Result<T, $error> {
            fn about(self, uri: &ObjectUri) -> Result<T, ObjectError> {
                self.map_err(|source| ObjectError::$variant { uri: uri.clone(), source })
            }
        }
    )*};
}

about!(MetadataError => Envelope, KeyError => Key, ContentError => Content, PlaceError => Place);

impl<T> About<T> for Result<T, ProviderFailure> {
    fn about(self, uri: &ObjectUri) -> Result<T, ObjectError> {
        self.map_err(KeyError::from).about(uri)
    }
}
