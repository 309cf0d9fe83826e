//! What goes wrong in a store.

use std::io;

use super::{Condition, MetadataError, ObjectPrefix, ObjectUri, Scheme};

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
    /// What should hold of the object under the name did not.
    #[error("`{uri}`: {}", unmet(condition))]
    Condition {
        /// The object.
        uri: ObjectUri,
        /// What did not hold.
        condition: Condition,
    },
    /// This store keeps no versions, or not of these objects.
    #[error("`{name}`: this store keeps no versions")]
    NoVersions {
        /// The object or prefix.
        name: String,
    },
    /// There is no such multipart upload.
    #[error("`{uri}`: there is no unfinished upload {id:?}")]
    NoUpload {
        /// The object it would have become.
        uri: ObjectUri,
        /// What was asked for.
        id: String,
    },
    /// This store cannot encrypt by itself as it was asked to.
    #[error("`{uri}`: this store has no {mode}")]
    NoServerSideEncryption {
        /// The object.
        uri: ObjectUri,
        /// What was asked for, such as "SSE-S3".
        mode: String,
    },
    /// The store does not let these credentials do it.
    #[error("`{name}`: not allowed to {step}: {reason}")]
    Denied {
        /// The object or prefix.
        name: String,
        /// What was being done.
        step: &'static str,
        /// The store's answer.
        reason: String,
    },
    /// The store has too much to do, or is not there, also after several attempts.
    #[error("`{name}`: cannot {step}: the store is not available: {reason}")]
    Unavailable {
        /// The object or prefix.
        name: String,
        /// What was being done.
        step: &'static str,
        /// The last answer.
        reason: String,
    },
    /// There is no such bucket.
    #[error("`{name}`: there is no such bucket")]
    NoBucket {
        /// The object or prefix.
        name: String,
    },
    /// A body has more bytes than this store takes.
    #[error("`{uri}`: the body has more than {limit} bytes, the most that are sent")]
    TooLarge {
        /// The object.
        uri: ObjectUri,
        /// The most bytes.
        limit: u64,
    },
    /// The bucket is in another region than the one that was asked.
    #[error("`{name}`: the bucket is in the region {found}, and {asked} was asked")]
    Region {
        /// The object or prefix.
        name: String,
        /// Where the bucket is.
        found: String,
        /// Which region was asked.
        asked: String,
    },
    /// No region is known.
    #[error("`{name}`: no region is known")]
    NoRegion {
        /// The object or prefix.
        name: String,
    },
    /// There are no credentials, or they could not be had.
    #[error("`{name}`: no credentials: {reason}")]
    Credentials {
        /// The object or prefix.
        name: String,
        /// Where they were looked for, and what was found.
        reason: String,
    },
    /// The store took too long.
    #[error("`{name}`: cannot {step}: no answer in time: {reason}")]
    Timeout {
        /// The object or prefix.
        name: String,
        /// What was being done.
        step: &'static str,
        /// Which time ran out.
        reason: String,
    },
    /// The store answered with something that is not an answer to what was asked.
    #[error("`{name}`: cannot {step}: the store's answer is wrong: {problem}")]
    Answer {
        /// The object or prefix.
        name: String,
        /// What was being done.
        step: &'static str,
        /// What is wrong with it.
        problem: String,
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
            Self::Unsupported { .. } => "this build has file:///absolute/path".to_owned(),
            Self::Sidecar { .. } => "the object was changed, damaged or copied without its \
                 metadata file; restore the two together"
                .to_owned(),
            Self::Condition {
                condition: Condition::Absent,
                ..
            } => "remove it first, or put under another name".to_owned(),
            Self::Condition { .. } => {
                "nothing was changed; look at what is there now, and do it again".to_owned()
            }
            Self::NoUpload { .. } => {
                "it is complete or given up; `provost object uploads ls` lists those that are \
                 not"
                .to_owned()
            }
            Self::NoServerSideEncryption { .. } => "encryption by the store is for s3:// \
                 locations; CSE-Custom encrypts everywhere"
                .to_owned(),
            Self::Denied { .. } => "check the policies of the bucket, of the KMS key and of these \
                 credentials, and the clock"
                .to_owned(),
            Self::Unavailable { .. } | Self::Timeout { .. } => {
                "try again later, or check endpoint and network; `provost check --explain` shows \
                 the endpoint"
                    .to_owned()
            }
            Self::Region { found, .. } => format!(
                "set `region = \"{found}\"` in [s3], or in [s3.buckets.\"NAME\"] for this bucket \
                 alone, in provost.toml"
            ),
            Self::NoBucket { .. } => {
                "check its name; buckets of another server need `endpoint` in \
                 [s3] of provost.toml"
                    .to_owned()
            }
            Self::NoRegion { .. } => {
                "set `region` in [s3] of provost.toml, or AWS_REGION".to_owned()
            }
            Self::Credentials { .. } => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
                 AWS_PROFILE or `profile` in [s3] of provost.toml"
                .to_owned(),
            _ => return None,
        })
    }

    /// Whether the object is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

fn unmet(condition: &Condition) -> &'static str {
    match condition {
        Condition::Absent => "there is an object of that name",
        Condition::Always | Condition::Unchanged(_) => "it was changed or removed meanwhile",
    }
}

impl From<(&ObjectUri, MetadataError)> for StoreError {
    fn from((uri, source): (&ObjectUri, MetadataError)) -> Self {
        let uri = uri.clone();
        Self::Metadata { uri, source }
    }
}
