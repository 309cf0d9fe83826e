//! An upload in parts: begun, its parts sent several at once, and given up if it comes to nothing.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, StorageClass};
use bytes::Bytes;
use tokio::task::JoinSet;

use super::connection::BucketClient;
use super::error::{Asked, Failure};
use super::headers::expires;
use super::{S3Store, head, keys};
use crate::store::joined::joined;
use crate::store::{Condition, NewObject, ObjectUri, StoreError};

/// How long giving up an upload may take when nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long parts that are on their way may take to arrive when their upload is given up.
const ARRIVING: Duration = Duration::from_secs(1);

/// Parts sent and being sent. A part's bytes are kept until they are acknowledged: whatever the
/// SDK sends again is the same bytes.
///
/// Dropped before it is completed it is given up, if there is a runtime left to do it: parts would
/// stay otherwise, and be paid for.
pub(super) struct Upload {
    store: S3Store,
    uri: ObjectUri,
    pub(super) id: String,
    pub(super) next: i32,
    pub(super) sending: JoinSet<Result<CompletedPart, StoreError>>,
    pub(super) sent: Vec<CompletedPart>,
    /// Until it is completed or given up.
    unfinished: Option<Unfinished>,
}

impl Upload {
    /// Begins it. `checksums` if each part will have one from here.
    pub(super) async fn begin(
        store: &S3Store,
        client: &BucketClient,
        uri: &ObjectUri,
        new: &NewObject,
        checksums: bool,
    ) -> Result<Self, StoreError> {
        let unfinished = Some(Unfinished::new());
        let (store, client, uri) = (store.clone(), client.clone(), uri.clone());
        let new = new.clone();
        // A task of its own: if nobody waits for the answer any more, it has an upload to give up.
        let begun = tokio::spawn(async move {
            let id = create(&store, &client, &uri, &new, checksums).await?;
            Ok(Self {
                store,
                uri,
                id,
                next: 1,
                sending: JoinSet::new(),
                sent: Vec::new(),
                unfinished,
            })
        });
        joined(begun.await).await
    }

    /// The object is there: nothing is left to give up.
    pub(super) fn completed(mut self) {
        self.unfinished = None;
    }

    /// Gives it up.
    pub(super) async fn abort(mut self) -> Result<(), StoreError> {
        let aborted = self.stop_and_abort().await;
        self.unfinished = None;
        aborted
    }

    /// Gives it up after an error that counts more than one of this.
    pub(super) async fn give_up(mut self) {
        let aborted = tokio::time::timeout(PATIENCE, self.stop_and_abort()).await;
        self.unfinished = None;
        let problem = match aborted {
            Ok(Ok(()) | Err(StoreError::NoUpload { .. })) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(
            uri = %self.uri,
            "the unfinished upload {:?} stays behind, and `provost object uploads rm` removes it: \
             {problem}",
            self.id
        );
    }

    async fn stop_and_abort(&mut self) -> Result<(), StoreError> {
        let arrived = self.stop().await;
        abort(&self.store, &self.uri, &self.id).await?;
        if !arrived {
            // One that the server had whole, and was called back, may have been put after that.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let again = abort(&self.store, &self.uri, &self.id).await;
            if !matches!(again, Err(StoreError::NoUpload { .. })) {
                return again;
            }
        }
        Ok(())
    }

    /// Waits until fewer than `most` parts are on their way.
    pub(super) async fn wait_below(&mut self, most: usize) -> Result<(), StoreError> {
        while self.sending.len() >= most.max(1) {
            let Some(sent) = self.sending.join_next().await else {
                break;
            };
            self.sent.push(joined(sent).await?);
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

/// Begins an upload in parts; gives its id.
async fn create(
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
pub(super) async fn send(
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

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(unfinished) = self.unfinished.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let dropped = Self {
                store: self.store.clone(),
                uri: self.uri.clone(),
                id: mem::take(&mut self.id),
                next: self.next,
                sending: mem::take(&mut self.sending),
                sent: Vec::new(),
                unfinished: None,
            };
            runtime.spawn(async move {
                dropped.give_up().await;
                drop(unfinished);
            });
        }
    }
}

/// Uploads of this process that are neither completed nor given up.
static UNFINISHED: AtomicUsize = AtomicUsize::new(0);

struct Unfinished;

impl Unfinished {
    fn new() -> Self {
        UNFINISHED.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until this process has no unfinished upload: for who is about to end, and has dropped or
/// called back all that works on one. Called back is not dropped yet.
pub(crate) async fn uploads_ended() {
    while UNFINISHED.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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
