//! Bodies and listings on their way to and from a store of the `object_store` crate.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    Attributes, GetResult, MultipartUpload, ObjectMeta, PutMultipartOptions, PutOptions,
    PutPayload, PutResult,
};
use zeroize::Zeroizing;

use crate::store::{
    Condition, NewObject, ObjectInfo, ObjectLister, ObjectPrefix, ObjectReader, ObjectUri,
    ObjectWriter, StoreError,
};

use super::{failed, info, list_failed, mode, to_attributes};

/// Bytes of a part of a large object: above the least that any cloud takes, small beside the
/// memory that a transfer may use.
const PART: usize = 8 * 1024 * 1024;
/// Objects of one page of a listing.
const PAGE: usize = 1000;

/// Sends a body in one request if it is small, else in parts, one after the other. Uploads in parts
/// take no condition, so a body with one is sent whole.
pub(super) struct PartWriter {
    uri: ObjectUri,
    path: Path,
    inner: Arc<dyn object_store::ObjectStore>,
    attributes: Attributes,
    condition: Condition,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    total: u64,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl PartWriter {
    pub(super) fn new(
        uri: &ObjectUri,
        path: Path,
        inner: &Arc<dyn object_store::ObjectStore>,
        new: &NewObject,
    ) -> Self {
        Self {
            uri: uri.clone(),
            path,
            inner: Arc::clone(inner),
            attributes: to_attributes(&new.metadata, &new.attributes),
            condition: new.condition.clone(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            total: 0,
            upload: None,
        }
    }

    fn take_waiting(&mut self) -> PutPayload {
        self.waiting_bytes = 0;
        self.waiting.drain(..).collect()
    }

    async fn send_part(&mut self) -> object_store::Result<()> {
        let part = self.take_waiting();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => {
                let options = PutMultipartOptions {
                    attributes: self.attributes.clone(),
                    ..PutMultipartOptions::default()
                };
                let begun = self.inner.put_multipart_opts(&self.path, options).await?;
                none.insert(begun)
            }
        };
        upload.put_part(part).await
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        if self.upload.is_some() && self.waiting_bytes > 0 {
            self.send_part().await?;
        }
        let Some(upload) = &mut self.upload else {
            let options = PutOptions {
                attributes: self.attributes.clone(),
                mode: mode(&self.condition),
                ..PutOptions::default()
            };
            let whole = self.take_waiting();
            return self.inner.put_opts(&self.path, whole, options).await;
        };
        let done = upload.complete().await?;
        self.upload = None;
        Ok(done)
    }
}

#[async_trait]
impl ObjectWriter for PartWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.total += chunk.len() as u64;
        self.waiting_bytes += chunk.len();
        self.waiting.push(chunk);
        if self.waiting_bytes >= PART && self.condition == Condition::Always {
            let sent = self.send_part().await;
            sent.map_err(|e| failed(&self.uri, "send a part of the body", e))?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        let done = self.complete().await;
        let done = done.map_err(|e| unmet(&self.uri, &self.condition, e, "complete the object"))?;
        let mut info = ObjectInfo::new(self.uri.clone(), self.total);
        info.etag = done.e_tag;
        info.version = done.version;
        Ok(info)
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        let Some(mut upload) = self.upload.take() else {
            return Ok(());
        };
        let given_up = upload.abort().await;
        given_up.map_err(|e| failed(&self.uri, "give up the parts sent", e))
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        // Parts already sent would otherwise stay, and be paid for.
        if let Some(mut upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let uri = self.uri.clone();
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%uri, %error, "the parts of an abandoned object stay behind");
                }
            });
        }
    }
}

/// What went wrong in a put, which may be that its condition did not hold.
pub(super) fn unmet(
    uri: &ObjectUri,
    condition: &Condition,
    error: object_store::Error,
    step: &'static str,
) -> StoreError {
    let does_not_hold = matches!(
        (condition, &error),
        (_, object_store::Error::Precondition { .. })
            | (Condition::Absent, object_store::Error::AlreadyExists { .. })
            | (
                Condition::Unchanged(_),
                object_store::Error::NotFound { .. }
            )
    );
    if does_not_hold {
        let (uri, condition) = (uri.clone(), condition.clone());
        return StoreError::Condition { uri, condition };
    }
    failed(uri, step, error)
}

/// A body that arrives in pieces of the store's choice.
pub(super) struct StreamBody {
    uri: ObjectUri,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    piece: Bytes,
    expected: u64,
    got: u64,
}

impl StreamBody {
    pub(super) fn new(uri: &ObjectUri, got: GetResult, expected: u64) -> Self {
        Self {
            uri: uri.clone(),
            stream: got.into_stream(),
            piece: Bytes::new(),
            expected,
            got: 0,
        }
    }
}

#[async_trait]
impl ObjectReader for StreamBody {
    async fn read(&mut self, buffer: Vec<u8>) -> Result<(Vec<u8>, usize), StoreError> {
        let mut buffer = Zeroizing::new(buffer);
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|r| !r.is_empty()) {
            if self.piece.is_empty() {
                match self.stream.next().await {
                    Some(piece) => {
                        self.piece = piece.map_err(|e| failed(&self.uri, "read the body", e))?;
                        self.got += self.piece.len() as u64;
                        continue;
                    }
                    None if self.got == self.expected => break,
                    None => {}
                }
            }
            if self.piece.is_empty() || self.got > self.expected {
                return Err(StoreError::BodyLength {
                    uri: self.uri.clone(),
                    expected: self.expected,
                    got: self.got,
                });
            }
            let length = room.len().min(self.piece.len());
            let (part, _) = room.split_at_mut(length);
            self.piece.copy_to_slice(part);
            filled += length;
        }
        Ok((std::mem::take(&mut *buffer), filled))
    }
}

/// A listing in the order in which the store gives it, which for all of them is that of keys.
pub(super) struct StreamLister {
    prefix: ObjectPrefix,
    exact: Option<ObjectInfo>,
    stream: BoxStream<'static, object_store::Result<ObjectMeta>>,
}

impl StreamLister {
    pub(super) fn new(
        prefix: &ObjectPrefix,
        exact: Option<ObjectInfo>,
        stream: BoxStream<'static, object_store::Result<ObjectMeta>>,
    ) -> Self {
        Self {
            prefix: prefix.clone(),
            exact,
            stream,
        }
    }

    /// `None` for an object whose name no URI can hold, such as one with a control character.
    fn name(&self, location: &Path) -> Option<ObjectUri> {
        let (scheme, bucket) = (self.prefix.scheme(), self.prefix.bucket());
        match format!("{scheme}://{bucket}/{location}").parse() {
            Ok(uri) => Some(uri),
            Err(error) => {
                tracing::warn!(%error, "an object is left out of the listing");
                None
            }
        }
    }
}

#[async_trait]
impl ObjectLister for StreamLister {
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut page: Vec<_> = self.exact.take().into_iter().collect();
        while page.len() < PAGE {
            let Some(meta) = self.stream.next().await else {
                break;
            };
            let meta = meta.map_err(|e| list_failed(&self.prefix, e))?;
            page.extend(self.name(&meta.location).map(|uri| info(uri, &meta)));
        }
        Ok(page)
    }
}
