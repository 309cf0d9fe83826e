//! What callers of a store like, on top of what adapters implement.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Metadata, ObjectHead, ObjectInfo, ObjectPrefix, ObjectStore, ObjectUri, StoreError};

/// Conveniences over any [`ObjectStore`], for objects and listings that fit into memory.
#[async_trait]
pub trait ObjectStoreExt {
    /// Puts a whole body.
    async fn put_bytes(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
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
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStoreExt for S {
    async fn put_bytes(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        body: Bytes,
    ) -> Result<ObjectInfo, StoreError> {
        let mut writer = self.put(uri, metadata).await?;
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
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}
