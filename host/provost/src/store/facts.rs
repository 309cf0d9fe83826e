//! What stores know about objects.

use std::fmt;
use std::ops::Range;
use std::time::SystemTime;

use super::{Condition, Metadata, ObjectUri, StoreError};

/// Facts about an object that a listing knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its name.
    pub uri: ObjectUri,
    /// Bytes of its body as stored.
    pub size: u64,
    /// When it was put, if the store knows.
    pub last_modified: Option<SystemTime>,
    /// Changes whenever the body does, if the store has such a mark. Means nothing else. On S3 new
    /// metadata for the same body leaves it as it is.
    pub etag: Option<String>,
    /// Which version this is, where a store keeps more than one. Listings of objects leave it out.
    pub version: Option<String>,
}

impl ObjectInfo {
    /// An object of this name and size.
    pub fn new(uri: ObjectUri, size: u64) -> Self {
        Self {
            uri,
            size,
            last_modified: None,
            etag: None,
            version: None,
        }
    }

    /// Refuses a range that is empty, inverted or not inside the body.
    pub fn check_range(&self, range: &Range<u64>) -> Result<(), StoreError> {
        if range.is_empty() || range.end > self.size {
            return Err(StoreError::Range {
                uri: self.uri.clone(),
                start: range.start,
                end: range.end,
                size: self.size,
            });
        }
        Ok(())
    }

    /// Refuses an object that has not this mark.
    pub fn check_etag(&self, expected: Option<&str>) -> Result<(), StoreError> {
        match expected {
            Some(etag) if self.etag.as_deref() != Some(etag) => Err(StoreError::Condition {
                uri: self.uri.clone(),
                condition: Condition::Unchanged(etag.to_owned()),
            }),
            _ => Ok(()),
        }
    }
}

/// Facts about an object, and its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectHead {
    /// Name, size and age.
    pub info: ObjectInfo,
    /// User metadata.
    pub metadata: Metadata,
    /// What else was said of the object when it was put.
    pub attributes: Attributes,
    /// How the store itself encrypted the object, if it says that it did.
    pub encryption: Option<ServerSideEncryption>,
}

impl ObjectHead {
    /// Facts and metadata.
    pub fn new(info: ObjectInfo, metadata: Metadata) -> Self {
        Self {
            info,
            metadata,
            attributes: Attributes::default(),
            encryption: None,
        }
    }
}

/// What an object carries besides its body and user metadata, and keeps when it is encrypted anew.
///
/// Values are as the headers of S3 have them. A store without such attributes, as `file://` is,
/// leaves them out. Tags are apart: see [`ObjectStore::tags`](super::ObjectStore::tags).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// Where a website sends who asks for the object.
    pub website_redirect: Option<String>,
    /// The storage class; none is the store's standard one.
    pub storage_class: Option<String>,
}

/// Tags of an object: names to values, in the store's order.
pub type Tags = Vec<(String, String)>;

/// How a store encrypts a body that it is given, with keys that it can use itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerSideEncryption {
    /// SSE-S3: with keys of the store.
    S3,
    /// SSE-KMS: with a KMS key. None is the store's default one.
    Kms {
        /// The key: an ARN, an id or an alias.
        key: Option<String>,
    },
    /// Another mode, by the store's name for it. Only ever found, never asked for.
    Other(String),
}

impl fmt::Display for ServerSideEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 => f.write_str("SSE-S3"),
            Self::Kms { key: None } => f.write_str("SSE-KMS"),
            // From a response: shown, and never more than that.
            Self::Kms { key: Some(key) } => write!(f, "SSE-KMS with {}", key.escape_debug()),
            Self::Other(name) => write!(f, "{}", name.escape_debug()),
        }
    }
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectVersion {
    /// Facts, with [`ObjectInfo::version`].
    pub info: ObjectInfo,
    /// Whether it is the current one.
    pub is_latest: bool,
    /// Whether it says that the object was deleted, and has no body.
    pub is_delete_marker: bool,
}

impl ObjectVersion {
    /// A version with a body.
    pub fn new(info: ObjectInfo, is_latest: bool) -> Self {
        Self {
            info,
            is_latest,
            is_delete_marker: false,
        }
    }

    /// A version that says that the object was deleted.
    pub fn delete_marker(info: ObjectInfo, is_latest: bool) -> Self {
        Self {
            info,
            is_latest,
            is_delete_marker: true,
        }
    }
}

/// A multipart upload that is neither complete nor given up. What was sent is kept, and paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// The object that it would become.
    pub uri: ObjectUri,
    /// The store's name for it.
    pub id: String,
    /// When it began, if the store says.
    pub begun: Option<SystemTime>,
}

impl Upload {
    /// The upload `id` of this object.
    pub fn new(uri: ObjectUri, id: impl Into<String>) -> Self {
        Self {
            uri,
            id: id.into(),
            begun: None,
        }
    }
}
