//! Putting a body: in one request if it is small, else in parts, several at once.

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::StorageClass;
use bytes::{Bytes, BytesMut};

use super::connection::BucketClient;
use super::error::{Asked, Failure};
use super::headers::{conditions, expires};
use super::upload::{Upload, send};
use super::{PARTS, S3Store, head, keys};
use crate::store::{
    Condition, NewObject, ObjectInfo, ObjectStore, ObjectUri, ObjectWriter, StoreError,
};

pub(super) async fn begin(
    store: &S3Store,
    uri: &ObjectUri,
    new: NewObject,
) -> Result<Box<dyn ObjectWriter>, StoreError> {
    // Now, not after the body was read and encrypted.
    let client = store.client().await?.clone();
    head::mode(uri, new.encryption.as_ref())?;
    for (name, value) in new.metadata.iter() {
        if !value.is_ascii() {
            let source = crate::store::MetadataError::NotAscii(name.to_owned());
            return Err(StoreError::from((uri, source)));
        }
    }
    Ok(Box::new(Writer {
        store: store.clone(),
        client,
        uri: uri.clone(),
        new,
        waiting: Vec::new(),
        waiting_bytes: 0,
        total: 0,
        upload: None,
    }))
}

/// A body on its way.
struct Writer {
    store: S3Store,
    client: BucketClient,
    uri: ObjectUri,
    new: NewObject,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    total: u64,
    upload: Option<Upload>,
}

impl Writer {
    fn asked<'a>(&'a self, name: &'a str, step: &'static str) -> Asked<'a> {
        Asked {
            name,
            step,
            region: &self.client.region,
        }
    }

    /// The next bytes, at most a part of them, as one piece: without a copy if they came as one.
    fn take(&mut self, most: usize) -> Bytes {
        let length = self.waiting_bytes.min(most);
        self.waiting_bytes -= length;
        let mut part = BytesMut::new();
        let mut left = length;
        while left > 0 && !self.waiting.is_empty() {
            let mut chunk = self.waiting.remove(0);
            if chunk.len() > left {
                self.waiting.insert(0, chunk.split_off(left));
            }
            left -= chunk.len();
            if left == 0 && part.is_empty() {
                return chunk;
            }
            if part.is_empty() {
                part.reserve(length);
            }
            part.extend_from_slice(&chunk);
        }
        part.freeze()
    }

    async fn send_part(&mut self) -> Result<(), StoreError> {
        let sizes = self.store.sizes();
        let body = self.take(sizes.part);
        let mut upload = if let Some(upload) = self.upload.take() {
            upload
        } else {
            // What the SDK computes for each part, or none.
            let checksums = self.client.checksums;
            let (store, client) = (&self.store, &self.client);
            Upload::begin(store, client, &self.uri, &self.new, checksums).await?
        };
        let waited = upload.wait_below(sizes.parts_in_flight()).await;
        let number = upload.next;
        let in_bounds = u64::try_from(number).is_ok_and(|number| number <= PARTS);
        if waited.is_ok() && in_bounds {
            upload.next += 1;
            let sending = send(
                self.client.clone(),
                self.uri.clone(),
                upload.id.clone(),
                number,
                body,
            );
            upload.sending.spawn(sending);
        }
        self.upload = Some(upload);
        waited?;
        if in_bounds {
            Ok(())
        } else {
            Err(StoreError::TooLarge {
                uri: self.uri.clone(),
                limit: PARTS.saturating_mul(sizes.part as u64),
            })
        }
    }

    /// The whole body in one request.
    async fn put(&mut self) -> Result<ObjectInfo, StoreError> {
        let body = self.take(usize::MAX);
        let NewObject {
            metadata,
            attributes,
            tags,
            encryption,
            condition,
            unique: _,
        } = &self.new;
        let (mode, key) = head::mode(&self.uri, encryption.as_ref())?;
        let (if_match, if_none_match) = conditions(condition);
        let put = self
            .client
            .client
            .put_object()
            .bucket(self.store.name())
            .key(self.uri.key())
            .body(ByteStream::from(body))
            .set_metadata(Some(metadata.to_headers()))
            .set_content_type(attributes.content_type.clone())
            .set_content_encoding(attributes.content_encoding.clone())
            .set_content_disposition(attributes.content_disposition.clone())
            .set_content_language(attributes.content_language.clone())
            .set_cache_control(attributes.cache_control.clone())
            .set_website_redirect_location(attributes.website_redirect.clone())
            .set_storage_class(attributes.storage_class.as_deref().map(StorageClass::from))
            .set_tagging(keys::tagging(tags))
            .set_server_side_encryption(mode)
            .set_ssekms_key_id(key)
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .customize()
            .mutate_request(expires(attributes.expires.clone()));
        let put = if self.client.unsigned {
            put.disable_payload_signing()
        } else {
            put
        };
        let name = self.uri.to_string();
        match put.send().await {
            Ok(output) => Ok(self.info(output.e_tag, output.version_id)),
            Err(error) => {
                let failure = self.asked(&name, "put the object").failed(error);
                self.settle(failure).await
            }
        }
    }

    async fn complete(&mut self) -> Result<ObjectInfo, StoreError> {
        if self.waiting_bytes > 0 && self.upload.is_some() {
            self.send_part().await?;
        }
        let Some(upload) = &mut self.upload else {
            return self.put().await;
        };
        let parts = upload.all().await?;
        let (if_match, if_none_match) = conditions(&self.new.condition);
        let sent = self
            .client
            .client
            .complete_multipart_upload()
            .bucket(self.store.name())
            .key(self.uri.key())
            .upload_id(&upload.id)
            .multipart_upload(parts)
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        let name = self.uri.to_string();
        let info = match sent {
            Ok(output) => self.info(output.e_tag, output.version_id),
            Err(error) => {
                let failure = self.asked(&name, "complete the object").failed(error);
                self.settle(failure).await?
            }
        };
        if let Some(upload) = self.upload.take() {
            upload.completed();
        }
        Ok(info)
    }

    fn info(&self, etag: Option<String>, version: Option<String>) -> ObjectInfo {
        let mut info = ObjectInfo::new(self.uri.clone(), self.total);
        info.etag = etag;
        info.version = version;
        info
    }

    /// A request that was sent again because its first answer was lost finds that it has been
    /// done: the object is there, and with it metadata that only this writer has. Without such
    /// metadata nothing can be told.
    async fn settle(&self, failure: Failure) -> Result<ObjectInfo, StoreError> {
        let condition = &self.new.condition;
        let doubtful = match &failure {
            Failure::Unmet => *condition != Condition::Always,
            // The upload is gone: complete, or given up by somebody else.
            Failure::Missing => self.upload.is_some(),
            Failure::Range | Failure::Other(_) => false,
        };
        if doubtful && self.new.unique {
            match self.store.look(&self.uri, None).await {
                Ok(head) if head.metadata == self.new.metadata && head.info.size == self.total => {
                    return Ok(head.info);
                }
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                // Nobody knows whether it was done, so it must not be said that it was not.
                Err(error) => return Err(error),
            }
        }
        Err(match failure {
            Failure::Missing if matches!(condition, Condition::Unchanged(_)) => {
                Failure::Unmet.about(&self.uri, condition)
            }
            Failure::Missing if let Some(upload) = &self.upload => StoreError::NoUpload {
                uri: self.uri.clone(),
                id: upload.id.clone(),
            },
            failure => failure.about(&self.uri, condition),
        })
    }
}

#[async_trait]
impl ObjectWriter for Writer {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.total = self.total.saturating_add(chunk.len() as u64);
        self.waiting_bytes = self.waiting_bytes.saturating_add(chunk.len());
        if !chunk.is_empty() {
            self.waiting.push(chunk);
        }
        // A body of exactly one part is put in one request.
        while self.waiting_bytes > self.store.sizes().part {
            self.send_part().await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        let done = self.complete().await;
        if let Some(upload) = self.upload.take() {
            upload.give_up().await;
        }
        done
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.upload.take() {
            Some(upload) => upload.abort().await,
            None => Ok(()),
        }
    }
}
