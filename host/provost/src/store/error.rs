//! What goes wrong in a store.

use std::io;

use super::{MetadataError, ObjectPrefix, ObjectUri, Scheme};

/// What goes wrong in a store: which object, at which step, why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such object.
    #[error("`{uri}`: there is no such object")]
    NotFound {
        /// The object.
        uri: ObjectUri,
    },
    /// This store cannot hold an object of this name.
    #[error("`{uri}`: this store cannot hold an object of that name: {problem}")]
    Name {
        /// The object.
        uri: ObjectUri,
        /// What is wrong with the name.
        problem: String,
    },
    /// Something lies under the name that is not an object.
    #[error("`{uri}` is not an object but {found}")]
    NotAnObject {
        /// The object.
        uri: ObjectUri,
        /// What is there, such as "a symbolic link".
        found: &'static str,
    },
    /// No adapter serves these URIs in this build.
    #[error("{scheme}:// locations are not supported yet")]
    Unsupported {
        /// The scheme.
        scheme: Scheme,
    },
    /// A store was asked for what belongs to another one.
    #[error("`{uri}`: does not belong to the store {store}")]
    ForeignUri {
        /// What was asked for.
        uri: String,
        /// What the store serves.
        store: String,
    },
    /// The object's metadata cannot be stored, or what is stored is not metadata.
    #[error("`{uri}`: {source}")]
    Metadata {
        /// The object.
        uri: ObjectUri,
        /// What is wrong with it.
        source: MetadataError,
    },
    /// The file beside the object that holds its metadata is damaged, or belongs to other bytes.
    #[error("`{uri}`: its metadata file `{sidecar}` {problem}")]
    Sidecar {
        /// The object.
        uri: ObjectUri,
        /// Name of the file, in the object's folder.
        sidecar: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Other writers replaced the object again and again while it was being opened.
    #[error("`{uri}`: replaced {attempts} times while it was being opened")]
    Contended {
        /// The object.
        uri: ObjectUri,
        /// How often it was tried.
        attempts: usize,
    },
    /// The body ended early, or went on after its end.
    #[error("`{uri}`: the body has {got} bytes where {expected} were announced")]
    BodyLength {
        /// The object.
        uri: ObjectUri,
        /// Bytes announced.
        expected: u64,
        /// Bytes read.
        got: u64,
    },
    /// A range lies outside the body.
    #[error("`{uri}`: bytes {start}..{end} are outside its {size} bytes")]
    Range {
        /// The object.
        uri: ObjectUri,
        /// First byte asked for.
        start: u64,
        /// Byte after the last one asked for.
        end: u64,
        /// Size of the body.
        size: u64,
    },
    /// The operating system refused a step.
    #[error("`{uri}`: cannot {step}: {source}")]
    Io {
        /// The object.
        uri: ObjectUri,
        /// What was being done, such as "write the body".
        step: &'static str,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A prefix could not be listed.
    #[error("`{prefix}`: cannot {step}: {source}")]
    List {
        /// The prefix.
        prefix: ObjectPrefix,
        /// What was being done.
        step: &'static str,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store behind an adapter refused a step.
    #[error("`{uri}`: cannot {step}: {source}")]
    Backend {
        /// The object.
        uri: ObjectUri,
        /// What was being done.
        step: &'static str,
        /// The store's answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { uri } => {
                let (folder, _) = uri.key().rsplit_once('/').unwrap_or_default();
                let slash = if folder.is_empty() { "" } else { "/" };
                let scheme = uri.scheme();
                let bucket = uri.bucket();
                format!(
                    "`provost object ls {scheme}://{bucket}/{folder}{slash}` lists what is there"
                )
            }
            Self::Name { .. } => "put it under another name".to_owned(),
            Self::NotAnObject {
                uri,
                found: "a folder",
            } => format!("name an object in it; `provost object ls {uri}/` lists them"),
            Self::Unsupported { .. } => "an object is named file:///absolute/path".to_owned(),
            Self::Sidecar { .. } => "the object was changed, damaged or copied without its \
                 metadata file; restore the two together"
                .to_owned(),
            _ => return None,
        })
    }

    /// Whether the object is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl From<(&ObjectUri, MetadataError)> for StoreError {
    fn from((uri, source): (&ObjectUri, MetadataError)) -> Self {
        let uri = uri.clone();
        Self::Metadata { uri, source }
    }
}
