//! The contract of a store.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    Condition, GetOptions, Metadata, NewObject, ObjectHead, ObjectInfo, ObjectPrefix, ObjectUri,
    ObjectVersion, StoreError, Tags, Upload,
};

/// A store of objects: what an adapter implements. Callers find more in
/// [`ObjectStoreExt`](super::ObjectStoreExt).
///
/// An object is a body and its [`Metadata`], put and replaced as one. Every call may run at the
/// same time as any other, from any task of a tokio runtime. `provost_conformance::stores` checks
/// an implementation.
#[async_trait]
pub trait ObjectStore: fmt::Debug + Send + Sync {
    /// Begins an object. Nothing is visible under `uri` until [`ObjectWriter::finish`], which then
    /// replaces what was there, body and metadata together, if the condition holds.
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError>;

    /// Opens an object, or a part of its body; [`ObjectInfo::size`] is that of the whole. What is
    /// read stays that one version while others replace or delete it, or the rest is an error. A
    /// range that is empty, inverted or not inside the body is [`StoreError::Range`].
    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError>;

    /// Metadata and facts of an object, without its body: of this version, or of the current one.
    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError>;

    /// All objects that `prefix` covers, in the order of their keys' bytes.
    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError>;

    /// Removes an object. Removing what is not there succeeds, as it does on S3.
    ///
    /// With an [`etag`](ObjectInfo::etag) only that very object: another one is
    /// [`StoreError::Condition`], and stays. A store that cannot do that in one step looks first.
    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError>;

    /// Replaces the user metadata of an object, and nothing else: body, attributes, tags and
    /// encryption by the store stay. No reader sees anything between.
    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError>;

    /// The region that the store is in, where a store is in one and says so.
    async fn region(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// The tags of an object: of this version, or of the current one. None where a store has none.
    async fn tags(&self, uri: &ObjectUri, version: Option<&str>) -> Result<Tags, StoreError> {
        self.look(uri, version).await.map(|_| Tags::new())
    }

    /// All versions of all objects that `prefix` covers, in the order of keys, newest first.
    async fn versions(&self, prefix: &ObjectPrefix) -> Result<Box<dyn VersionLister>, StoreError> {
        Err(StoreError::NoVersions {
            name: prefix.to_string(),
        })
    }

    /// The multipart uploads to names that `prefix` covers that are neither complete nor given up.
    async fn uploads(&self, prefix: &ObjectPrefix) -> Result<Vec<Upload>, StoreError> {
        let _ = prefix;
        Ok(Vec::new())
    }

    /// Gives up a multipart upload, whoever began it. What is not there is
    /// [`StoreError::NoUpload`].
    async fn abort_upload(&self, upload: &Upload) -> Result<(), StoreError> {
        Err(StoreError::NoUpload {
            uri: upload.uri.clone(),
            id: upload.id.clone(),
        })
    }
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

    /// What was left out of the pages so far, since this was last asked, because no URI can name
    /// it. Listings of names that are always good have nothing to say.
    fn left_out(&mut self) -> Vec<LeftOut> {
        Vec::new()
    }
}

/// Something in a store that no [`ObjectUri`] can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What its URI would be. It may hold anything, and is escaped where it is shown.
    pub name: String,
    /// Why no URI can name it.
    pub problem: String,
    /// Bytes of its body as stored.
    pub size: u64,
}

impl LeftOut {
    /// Whether it only stands for a folder, as some clients of S3 make them: nothing in it, and a
    /// name that ends in `/`.
    pub fn is_folder(&self) -> bool {
        self.size == 0 && self.name.ends_with('/')
    }
}

/// Gives a listing of versions, page by page.
#[async_trait]
pub trait VersionLister: Send {
    /// The next versions; none means that all have been given.
    async fn next_page(&mut self) -> Result<Vec<ObjectVersion>, StoreError>;
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
