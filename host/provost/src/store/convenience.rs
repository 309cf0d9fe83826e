//! What callers of a store like, on top of what adapters implement.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo, ObjectPrefix, ObjectStore,
    ObjectUri, ObjectVersion, ObjectWriter, StoreError,
};

/// Conveniences over any [`ObjectStore`], for objects and listings that fit into memory.
#[async_trait]
pub trait ObjectStoreExt {
    /// Begins an object that has no more than metadata, and replaces what is there.
    async fn put(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
    ) -> Result<Box<dyn ObjectWriter>, StoreError>;

    /// Opens an object.
    async fn get(&self, uri: &ObjectUri) -> Result<Object, StoreError>;

    /// Opens a part of an object's body.
    async fn get_range(&self, uri: &ObjectUri, range: Range<u64>) -> Result<Object, StoreError>;

    /// Metadata and facts of an object, without its body.
    async fn head(&self, uri: &ObjectUri) -> Result<ObjectHead, StoreError>;

    /// Puts a whole body.
    async fn put_bytes(
        &self,
        uri: &ObjectUri,
        new: impl Into<NewObject> + Send,
        body: Bytes,
    ) -> Result<ObjectInfo, StoreError>;

    /// Gets a whole body that has at most `limit` bytes; a larger one is
    /// [`StoreError::BodyLength`], before any of it is read.
    async fn get_bytes(
        &self,
        uri: &ObjectUri,
        limit: u64,
    ) -> Result<(ObjectHead, Vec<u8>), StoreError>;

    /// A whole listing.
    async fn list_all(&self, prefix: &ObjectPrefix) -> Result<Vec<ObjectInfo>, StoreError>;

    /// A whole listing of versions.
    async fn versions_all(&self, prefix: &ObjectPrefix) -> Result<Vec<ObjectVersion>, StoreError>;
}

/// Whether the object is there, for adapters that have to look before they remove it; one with
/// another mark is [`StoreError::Condition`].
pub(super) async fn is_there(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    etag: &str,
) -> Result<bool, StoreError> {
    match store.head(uri).await {
        Ok(head) => head.info.check_etag(Some(etag)).map(|()| true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStoreExt for S {
    async fn put(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        self.create(uri, metadata.into()).await
    }

    async fn get(&self, uri: &ObjectUri) -> Result<Object, StoreError> {
        self.open(uri, GetOptions::default()).await
    }

    async fn get_range(&self, uri: &ObjectUri, range: Range<u64>) -> Result<Object, StoreError> {
        self.open(uri, range.into()).await
    }

    async fn head(&self, uri: &ObjectUri) -> Result<ObjectHead, StoreError> {
        self.look(uri, None).await
    }

    async fn put_bytes(
        &self,
        uri: &ObjectUri,
        new: impl Into<NewObject> + Send,
        body: Bytes,
    ) -> Result<ObjectInfo, StoreError> {
        let mut writer = self.create(uri, new.into()).await?;
        writer.write(body).await?;
        writer.finish().await
    }

    async fn get_bytes(
        &self,
        uri: &ObjectUri,
        limit: u64,
    ) -> Result<(ObjectHead, Vec<u8>), StoreError> {
        let mut object = self.get(uri).await?;
        let size = object.head.info.size;
        let length = |got| StoreError::BodyLength {
            uri: uri.clone(),
            expected: size.min(limit),
            got,
        };
        let room = usize::try_from(size)
            .ok()
            .filter(|_| size <= limit)
            .ok_or_else(|| length(size))?;
        let (body, got) = object.body.read(vec![0; room]).await?;
        if got != room {
            return Err(length(got as u64));
        }
        Ok((object.head, body))
    }

    async fn list_all(&self, prefix: &ObjectPrefix) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut lister = self.list(prefix).await?;
        let mut all = Vec::new();
        loop {
            let page = lister.next_page().await?;
            for left in lister.left_out().iter().filter(|left| !left.is_folder()) {
                let (name, problem) = (&left.name, &left.problem);
                tracing::warn!(?name, %problem, "an object is left out of the listing");
            }
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn versions_all(&self, prefix: &ObjectPrefix) -> Result<Vec<ObjectVersion>, StoreError> {
        let mut lister = self.versions(prefix).await?;
        let mut all = Vec::new();
        loop {
            let page = lister.next_page().await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}
