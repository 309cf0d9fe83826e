//! Why an object was not written or not read.

use std::io;

use provost_core::envelope::{ContentError, MetadataError, PlaceError, RewrapError};

use super::ByteRange;
use crate::provider::{KeyError, ProviderFailure};
use crate::store::{ObjectUri, ReleaseError, Scheme, ServerSideEncryption, StoreError, UriError};

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
    /// A client encrypted the object, and it was to be read as one that the store encrypts.
    #[error("`{uri}`: a client encrypted it, and the security configuration says {mode}")]
    ClientSide {
        /// The object.
        uri: ObjectUri,
        /// The mode by which it was to be read.
        mode: ServerSideEncryption,
    },
    /// The object has no envelope, and the store encrypts it.
    #[error("`{uri}`: no client encrypted it; the store does, with {mode}")]
    ServerSide {
        /// The object.
        uri: ObjectUri,
        /// Bytes of its body.
        size: u64,
        /// How the store encrypts it.
        mode: ServerSideEncryption,
    },
    /// The content has no tag, so nobody can tell whether it is what was written.
    #[error("`{uri}`: content algorithm {algorithm} authenticates nothing")]
    NotAuthenticable {
        /// The object.
        uri: ObjectUri,
        /// The content algorithm's name.
        algorithm: &'static str,
    },
    /// The object is not encrypted, and nobody said what is to become of such objects.
    #[error("`{uri}`: it is not encrypted")]
    Plaintext {
        /// The object.
        uri: ObjectUri,
    },
    /// Objects are encrypted anew in V3, and this prefix writes another format.
    #[error("`{uri}`: its prefix writes V2; objects are encrypted anew in V3 only")]
    WritesOtherFormat {
        /// The object.
        uri: ObjectUri,
    },
    /// This prefix reads envelopes in instruction files that another client writes.
    #[error(
        "`{uri}`: its prefix reads envelopes in instruction files `{suffix}`, which are not written here"
    )]
    ReadsOtherFiles {
        /// The object.
        uri: ObjectUri,
        /// What their keys end with.
        suffix: String,
    },
    /// The store has no mark that tells this object from one that replaces it.
    #[error("`{uri}`: the store has no ETag for it, so a change meanwhile would go unseen")]
    NoMark {
        /// The object.
        uri: ObjectUri,
    },
    /// Something else is where an envelope is to be moved to.
    #[error(
        "`{file}` is there, and does not belong to the object: another writer may be about to use it"
    )]
    AnotherFile {
        /// The instruction file.
        file: ObjectUri,
    },
    /// The envelope cannot be rewrapped.
    #[error("`{uri}`: {source}")]
    Rewrap {
        /// The object.
        uri: ObjectUri,
        /// Why.
        source: RewrapError,
    },
    /// The new wrap does not hold the object's data key: a defect of who made it.
    #[error("`{uri}`: the new wrap does not unwrap to the object's data key")]
    WrongRewrap {
        /// The object.
        uri: ObjectUri,
    },
    /// It was rewrapped, and that did not have the effect that was wanted.
    #[error("`{uri}`: it was rewrapped, but {problem}")]
    NotProved {
        /// The object.
        uri: ObjectUri,
        /// What was found.
        problem: &'static str,
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
    /// Not all of a range is there.
    #[error("`{uri}`: bytes {range} are not all among its {length} bytes")]
    Range {
        /// The object.
        uri: ObjectUri,
        /// What was asked for.
        range: ByteRange,
        /// Bytes of the plaintext.
        length: u64,
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
    /// The ciphertext could not be kept until it is verified.
    #[error("cannot spool the ciphertext in `{}`", std::env::temp_dir().display())]
    Spool(#[source] io::Error),
    /// The plaintext could not be written.
    #[error("cannot write the plaintext")]
    Sink(#[source] io::Error),
    /// A thread that transferred the object ended early.
    #[error("a thread of the transfer ended early: {0}")]
    Thread(#[source] io::Error),
    /// The plaintext file could not be written or named.
    #[error(transparent)]
    Release(#[from] ReleaseError),
}

impl ObjectError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => {
                "an object is named file:///absolute/path or s3://bucket/key".to_owned()
            }
            Self::ReservedName { .. } => "put it under another name".to_owned(),
            Self::Store(error) => return error.hint(),
            Self::Content {
                source: ContentError::NotAuthentic,
                ..
            } => "the object was changed or damaged after it was written; nothing was released"
                .to_owned(),
            Self::Range { length: 0, .. } => return None,
            Self::Range { length, .. } => format!(
                "they count from 0 to {}; `A-` reads to the end",
                length.saturating_sub(1)
            ),
            Self::Spool(_) => "a large object is kept there, as ciphertext, until it is verified; \
                 TMPDIR names a folder with room for it"
                .to_owned(),
            Self::ClientSide { .. } => "read it with the mode and the key that it was written \
                 with; its ciphertext is not passed through"
                .to_owned(),
            Self::ServerSide { .. } => "a security configuration of that mode reads it".to_owned(),
            Self::Source(_) | Self::Sink(_) | Self::Thread(_) | Self::Content { .. } => {
                return None;
            }
            Self::NotAuthenticable { .. } => {
                "`provost object reencrypt` makes an authenticated object of it".to_owned()
            }
            Self::Plaintext { .. } => {
                "say what becomes of such objects: --plaintext fail, skip or \
                 encrypt"
                    .to_owned()
            }
            Self::WritesOtherFormat { .. } => "set `write.format = \"V3\"` for its prefix in \
                 provost.toml, when all its readers know V3"
                .to_owned(),
            Self::ReadsOtherFiles { .. } => "objects are written and rewrapped by who owns them, \
                 without `read.instruction_suffix` for their prefix in provost.toml"
                .to_owned(),
            Self::Rewrap {
                source: RewrapError::Legacy { .. } | RewrapError::Unproved { .. },
                ..
            } => "`provost object reencrypt` makes a V3 object of it".to_owned(),
            Self::Rewrap { .. } | Self::NoMark { .. } | Self::WrongRewrap { .. } => {
                "nothing was changed".to_owned()
            }
            Self::AnotherFile { .. } => "nothing was changed; if nobody writes the object now, \
                 `provost object rewrap --to metadata` removes what an older object left"
                .to_owned(),
            Self::NotProved { .. } => {
                "look at the provider's keys: has the new one the bytes of the old one?".to_owned()
            }
            Self::Envelope { uri, source } => envelope_hint(uri, source),
            Self::Key { source, .. } => return source.hint(),
            Self::Place { .. } => "set `write.envelope = \"overflow\"` for its prefix in \
                 provost.toml, or shorten the provider's description"
                .to_owned(),
            Self::Release(error) => match error.source.kind() {
                io::ErrorKind::AlreadyExists => {
                    "name another file, or replace it with --force".to_owned()
                }
                io::ErrorKind::IsADirectory => format!(
                    "name a file in it, such as `{}`",
                    error.path.join("NAME").display()
                ),
                io::ErrorKind::NotFound => "make the folder first".to_owned(),
                _ => return None,
            },
        })
    }
}

fn envelope_hint(uri: &ObjectUri, error: &MetadataError) -> String {
    let beside = match uri.scheme() {
        Scheme::File => format!(
            "the envelope of an encrypted object is in `{}.metadata.json` beside it: copy it along\n",
            uri.name()
        ),
        _ => String::new(),
    };
    let never = "what is not encrypted is never passed through";
    match error {
        MetadataError::NoEnvelopeInMetadata => format!(
            "{beside}if it is in an instruction file, set `read.envelope = [\"metadata\", \
             \"instruction-file\"]` for its prefix in provost.toml\n{never}"
        ),
        MetadataError::NotEncrypted => {
            format!("{beside}{never}")
        }
        MetadataError::InstructionFileMissing { .. } => format!(
            "the rest of it is in `{}.instruction` beside it, or under the \
             `read.instruction_suffix` of its prefix: copy it along",
            uri.name()
        ),
        MetadataError::IsInstructionFile => {
            "name the object that it belongs to: the name without `.instruction`".to_owned()
        }
        MetadataError::FormatNotAllowed { found, .. } => {
            format!("to accept it, add \"{found}\" to `read.formats` of its prefix in provost.toml")
        }
        MetadataError::PlaceNotAllowed { .. } => "to accept it, add \"instruction-file\" to \
             `read.envelope` of its prefix in provost.toml"
            .to_owned(),
        MetadataError::LegacyFormat { .. } | MetadataError::LegacyWrap { .. } => {
            "to decrypt it, set `read.legacy = \"decrypt\"` for its prefix in provost.toml".to_owned()
        }
        MetadataError::LegacyContentAlgorithm { .. } => {
            "to decrypt it, set `read.legacy = \"decrypt\"` and `read.unauthenticated = \"accept\"` \
             for its prefix in provost.toml"
                .to_owned()
        }
        MetadataError::UnauthenticatedContent { .. } => {
            "to decrypt it, set `read.unauthenticated = \"accept\"` for its prefix in provost.toml; \
             anyone who can write to the store could have changed it"
                .to_owned()
        }
        _ => {
            "the envelope was changed or damaged, or another program wrote it; nothing was released"
                .to_owned()
        }
    }
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

about!(MetadataError => Envelope, KeyError => Key, ContentError => Content, PlaceError => Place, RewrapError => Rewrap);

impl<T> About<T> for Result<T, ProviderFailure> {
    fn about(self, uri: &ObjectUri) -> Result<T, ObjectError> {
        self.map_err(KeyError::from).about(uri)
    }
}
