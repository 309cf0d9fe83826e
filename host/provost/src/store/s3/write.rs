//! Putting a body: in one request if it is small, else in parts, several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, StorageClass};
use bytes::{Bytes, BytesMut};
use tokio::task::JoinSet;

use super::connection::BucketClient;
use super::error::{Asked, Failure};
use super::{PARTS, S3Store, head, keys};
use crate::store::{
    Condition, NewObject, ObjectInfo, ObjectStore, ObjectUri, ObjectWriter, StoreError,
};

/// How long giving up an upload may take when nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long parts that are on their way may take to arrive when their upload is given up.
const ARRIVING: Duration = Duration::from_secs(1);

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

/// Parts sent and being sent. A part's bytes are kept until they are acknowledged: whatever the
/// SDK sends again is the same bytes.
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) next: i32,
    pub(super) sending: JoinSet<Result<CompletedPart, StoreError>>,
    pub(super) sent: Vec<CompletedPart>,
}

impl Upload {
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            next: 1,
            sending: JoinSet::new(),
            sent: Vec::new(),
        }
    }

    /// Waits until fewer than `most` parts are on their way.
    pub(super) async fn wait_below(&mut self, most: usize) -> Result<(), StoreError> {
        while self.sending.len() >= most.max(1) {
            match self.sending.join_next().await {
                None => break,
                Some(Ok(sent)) => self.sent.push(sent?),
                Some(Err(stopped)) => match stopped.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime is shutting down, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            }
        }
        Ok(())
    }

    /// Waits for what is on its way, and calls back what does not arrive. Says whether all did.
    async fn stop(&mut self) -> bool {
        let arriving = async { while self.sending.join_next().await.is_some() {} };
        let arrived = tokio::time::timeout(ARRIVING, arriving).await.is_ok();
        self.sending.shutdown().await;
        arrived
    }

    /// All parts in their order, when all are there.
    pub(super) async fn all(&mut self) -> Result<CompletedMultipartUpload, StoreError> {
        self.wait_below(1).await?;
        self.sent.sort_by_key(CompletedPart::part_number);
        Ok(CompletedMultipartUpload::builder()
            .set_parts(Some(self.sent.clone()))
            .build())
    }
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
            Upload::new(create(store, client, &self.uri, &self.new, checksums).await?)
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
        // In its place before any error: what is here is given up when this is dropped.
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
        self.upload = None;
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
            give_up(self.store.clone(), self.uri.clone(), upload).await;
        }
        done
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.upload.take() {
            Some(upload) => stop_and_abort(&self.store, &self.uri, upload).await,
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Parts already sent would otherwise stay, and be paid for.
        if let Some(upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let given_up = give_up(self.store.clone(), self.uri.clone(), upload);
            let pending = Pending::new();
            runtime.spawn(async move {
                given_up.await;
                drop(pending);
            });
        }
    }
}

/// Uploads that are being given up with nobody waiting.
static PENDING: AtomicUsize = AtomicUsize::new(0);

struct Pending;

impl Pending {
    fn new() -> Self {
        PENDING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        PENDING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until every upload of this process that was dropped is given up: for who is about to end.
pub(crate) async fn dropped_uploads() {
    while PENDING.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn stop_and_abort(
    store: &S3Store,
    uri: &ObjectUri,
    mut upload: Upload,
) -> Result<(), StoreError> {
    let arrived = upload.stop().await;
    abort(store, uri, &upload.id).await?;
    if !arrived {
        // One that the server had whole, and was called back, may have been put after that.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let again = abort(store, uri, &upload.id).await;
        if !matches!(again, Err(StoreError::NoUpload { .. })) {
            return again;
        }
    }
    Ok(())
}

/// Gives up an upload after an error that counts more than one of this.
pub(super) async fn give_up(store: S3Store, uri: ObjectUri, upload: Upload) {
    let id = upload.id.clone();
    let given_up = stop_and_abort(&store, &uri, upload);
    let aborted = tokio::time::timeout(PATIENCE, given_up).await;
    let problem = match aborted {
        Ok(Ok(()) | Err(StoreError::NoUpload { .. })) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::warn!(
        %uri,
        "the unfinished upload {id:?} stays behind, and `provost object uploads rm` removes it: \
         {problem}"
    );
}

/// Gives up an upload by its id.
pub(super) async fn abort(store: &S3Store, uri: &ObjectUri, id: &str) -> Result<(), StoreError> {
    let BucketClient { client, region, .. } = store.client().await?;
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: "give up the upload",
        region,
    };
    let sent = client
        .abort_multipart_upload()
        .bucket(store.name())
        .key(uri.key())
        .upload_id(id)
        .send()
        .await;
    sent.map(drop).map_err(|error| match asked.failed(error) {
        Failure::Missing => StoreError::NoUpload {
            uri: uri.clone(),
            id: id.to_owned(),
        },
        failure => failure.about(uri, &Condition::Always),
    })
}

/// Begins an upload in parts; gives its id. `checksums` if each part will have one from here.
pub(super) async fn create(
    store: &S3Store,
    client: &BucketClient,
    uri: &ObjectUri,
    new: &NewObject,
    checksums: bool,
) -> Result<String, StoreError> {
    let NewObject {
        metadata,
        attributes,
        tags,
        encryption,
        condition: _,
        unique: _,
    } = new;
    let (mode, key) = head::mode(uri, encryption.as_ref())?;
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: "begin an upload",
        region: &client.region,
    };
    let sent = client
        .client
        .create_multipart_upload()
        .bucket(store.name())
        .key(uri.key())
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
        .set_checksum_algorithm(checksums.then_some(ChecksumAlgorithm::Crc32))
        .customize()
        .mutate_request(expires(attributes.expires.clone()))
        .send()
        .await;
    let output = sent.map_err(|e| asked.failed(e).about(uri, &Condition::Always))?;
    output.upload_id.ok_or_else(|| StoreError::Answer {
        name: uri.to_string(),
        step: "begin an upload",
        problem: "it does not name the upload".to_owned(),
    })
}

/// Sends one part, as often as the SDK thinks right.
async fn send(
    client: BucketClient,
    uri: ObjectUri,
    id: String,
    number: i32,
    body: Bytes,
) -> Result<CompletedPart, StoreError> {
    let part = upload_part(&client.client, &uri, &id, number)
        .body(ByteStream::from(body))
        .customize();
    let part = if client.unsigned {
        part.disable_payload_signing()
    } else {
        part
    };
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: "send a part of the body",
        region: &client.region,
    };
    let output = part
        .send()
        .await
        .map_err(|error| match asked.failed(error) {
            Failure::Missing => StoreError::NoUpload {
                uri: uri.clone(),
                id: id.clone(),
            },
            failure => failure.about(&uri, &Condition::Always),
        })?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(output.e_tag)
        .set_checksum_crc32(output.checksum_crc32.filter(|_| client.checksums))
        .build())
}

fn upload_part(
    client: &Client,
    uri: &ObjectUri,
    id: &str,
    number: i32,
) -> aws_sdk_s3::operation::upload_part::builders::UploadPartFluentBuilder {
    client
        .upload_part()
        .bucket(uri.bucket())
        .key(uri.key())
        .upload_id(id)
        .part_number(number)
}

/// `If-Match` and `If-None-Match`.
pub(super) fn conditions(condition: &Condition) -> (Option<String>, Option<String>) {
    match condition {
        Condition::Always => (None, None),
        Condition::Absent => (None, Some("*".to_owned())),
        Condition::Unchanged(etag) => (Some(etag.clone()), None),
    }
}

/// Sets the header as it was found: the SDK would take a date only, and S3 keeps any text.
pub(super) fn expires(
    value: Option<String>,
) -> impl Fn(&mut aws_sdk_s3::config::http::HttpRequest) + Send + Sync + 'static {
    move |request| {
        if let Some(value) = &value
            && let Err(error) = request.headers_mut().try_insert("expires", value.clone())
        {
            tracing::warn!(%error, "the Expires header cannot be kept");
        }
    }
}
