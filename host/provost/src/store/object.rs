//! The contract of a store.

use std::fmt;
use std::ops::Range;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Metadata, ObjectPrefix, ObjectUri, StoreError};

/// A store of objects: what an adapter implements. Callers find more in
/// [`ObjectStoreExt`](super::ObjectStoreExt).
///
/// An object is a body and its [`Metadata`], put and replaced as one. Every call may run at the
/// same time as any other, from any task of a tokio runtime. `provost_conformance::stores` checks
/// an implementation.
#[async_trait]
pub trait ObjectStore: fmt::Debug + Send + Sync {
    /// Begins an object. Nothing is visible under `uri` until [`ObjectWriter::finish`], which then
    /// replaces what was there, body and metadata together.
    async fn put(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
    ) -> Result<Box<dyn ObjectWriter>, StoreError>;

    /// Opens an object. What it reads stays that one version while others replace or delete it.
    async fn get(&self, uri: &ObjectUri) -> Result<Object, StoreError>;

    /// Opens a part of an object's body; [`ObjectInfo::size`] remains that of the whole. A range
    /// that is empty, inverted or not inside the body is [`StoreError::Range`].
    async fn get_range(&self, uri: &ObjectUri, range: Range<u64>) -> Result<Object, StoreError>;

    /// Metadata and facts of an object, without its body.
    async fn head(&self, uri: &ObjectUri) -> Result<ObjectHead, StoreError>;

    /// All objects that `prefix` covers, in the order of their keys' bytes.
    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError>;

    /// Removes an object. Removing what is not there succeeds, as it does on S3.
    async fn delete(&self, uri: &ObjectUri) -> Result<(), StoreError>;
}

/// Takes the body of an object that is being put.
///
/// Dropping it without [`finish`](Self::finish) abandons the object: what was under the name before
/// stays, and what was written is given up.
#[async_trait]
pub trait ObjectWriter: Send {
    /// Appends to the body.
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError>;

    /// Makes the object durable and visible, in one step for all who look.
    async fn finish(self: Box<Self>) -> Result<ObjectInfo, StoreError>;

    /// Abandons the object, and waits until what was written is given up.
    async fn abort(self: Box<Self>) -> Result<(), StoreError>;
}

/// Gives the body of an object, in order.
#[async_trait]
pub trait ObjectReader: Send {
    /// Fills `buffer` from its start and gives it back with the number of bytes that are now the
    /// body's. Fewer than its length means that the body has ended; the rest of the buffer is
    /// then as it was. The buffer travels to the thread that reads, hence by value. It may hold
    /// plaintext of an earlier use: a reader that does not give it back wipes it.
    async fn read(&mut self, buffer: Vec<u8>) -> Result<(Vec<u8>, usize), StoreError>;
}

/// Gives a listing, page by page.
#[async_trait]
pub trait ObjectLister: Send {
    /// The next objects; none means that all have been given.
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StoreError>;
}

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
    /// Changes whenever the object does, if the store has such a mark. Means nothing else.
    pub etag: Option<String>,
}

impl ObjectInfo {
    /// An object of this name and size.
    pub fn new(uri: ObjectUri, size: u64) -> Self {
        Self {
            uri,
            size,
            last_modified: None,
            etag: None,
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
}

/// Facts about an object, and its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectHead {
    /// Name, size and age.
    pub info: ObjectInfo,
    /// User metadata.
    pub metadata: Metadata,
}

impl ObjectHead {
    /// Facts and metadata.
    pub fn new(info: ObjectInfo, metadata: Metadata) -> Self {
        Self { info, metadata }
    }
}

/// An object that was opened.
#[non_exhaustive]
pub struct Object {
    /// Facts and metadata, of the same version as the body.
    pub head: ObjectHead,
    /// The body, or the part of it that was asked for.
    pub body: Box<dyn ObjectReader>,
}

impl Object {
    /// An object of these facts and this body.
    pub fn new(head: ObjectHead, body: Box<dyn ObjectReader>) -> Self {
        Self { head, body }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}
