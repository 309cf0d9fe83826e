//! Listing objects, and uploads that nobody finished.

use async_trait::async_trait;
use aws_sdk_s3::types::EncodingType;

use super::connection::BucketClient;
use super::error::Asked;
use super::{S3Store, head, keys};
use crate::store::{LeftOut, ObjectInfo, ObjectLister, ObjectPrefix, StoreError, Upload};

/// The objects that a prefix covers. One of exactly its name sorts before all others, and is asked
/// for alone: keys that go on after it with anything but a slash may lie between.
pub(super) struct Listing {
    store: S3Store,
    prefix: ObjectPrefix,
    next: Next,
    left_out: Vec<LeftOut>,
}

enum Next {
    Exact,
    Below(Option<String>),
    Nothing,
}

impl Listing {
    pub(super) fn new(store: &S3Store, prefix: &ObjectPrefix) -> Self {
        let next = match prefix.as_object() {
            Some(_) => Next::Exact,
            None => Next::Below(None),
        };
        Self {
            store: store.clone(),
            prefix: prefix.clone(),
            next,
            left_out: Vec::new(),
        }
    }

    async fn ask(&mut self) -> Result<Vec<ObjectInfo>, StoreError> {
        let (beginning, most, token) = match &self.next {
            Next::Nothing => return Ok(Vec::new()),
            Next::Exact => (self.prefix.key().to_owned(), Some(1), None),
            Next::Below(token) => (keys::below(&self.prefix), None, token.clone()),
        };
        let BucketClient { client, region, .. } = self.store.client().await?;
        let name = self.prefix.to_string();
        let asked = Asked {
            name: &name,
            step: "list the objects",
            region,
        };
        let sent = client
            .list_objects_v2()
            .bucket(self.store.name())
            .prefix(beginning)
            .set_max_keys(most)
            .set_continuation_token(token.clone())
            .encoding_type(EncodingType::Url)
            .send()
            .await;
        let output = sent.map_err(|error| list_failed(asked, error))?;
        // The SDK takes a document that was cut for a whole one: objects would be passed over in
        // silence. Servers say first how many there are.
        let announced = output.key_count().and_then(|n| usize::try_from(n).ok());
        let count = output.contents().len();
        if output.is_truncated().is_none() || announced.is_some_and(|n| n != count) {
            return Err(wrong(&self.prefix, "a listing that ends before its end"));
        }
        let mut page = Vec::new();
        for object in output.contents() {
            let Some(key) = object.key() else { continue };
            let size = object.size().and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or_else(|| wrong(&self.prefix, "an object without a size"))?;
            let uri = match keys::named(&self.prefix, key, output.encoding_type()) {
                Ok(Some(uri)) => uri,
                Ok(None) => continue,
                Err(error) => {
                    // The one of exactly the prefix's name has a good name.
                    if !matches!(self.next, Next::Exact) {
                        self.left_out.push(LeftOut {
                            name: error.text,
                            problem: error.problem,
                            size,
                        });
                    }
                    continue;
                }
            };
            // The first key with that beginning need not be the one of that name.
            let exact = uri.key() == self.prefix.key();
            if exact != matches!(self.next, Next::Exact) {
                continue;
            }
            let mut info = ObjectInfo::new(uri, size);
            info.last_modified = object.last_modified().copied().and_then(head::time);
            info.etag = object.e_tag().map(ToOwned::to_owned);
            page.push(info);
        }
        self.next = match (&self.next, output.next_continuation_token()) {
            (Next::Exact, _) => Next::Below(None),
            (_, Some(next)) if output.is_truncated() == Some(true) => {
                if token.as_deref() == Some(next) {
                    return Err(wrong(&self.prefix, "the same page again and again"));
                }
                Next::Below(Some(next.to_owned()))
            }
            (_, None) if output.is_truncated() == Some(true) => {
                return Err(wrong(
                    &self.prefix,
                    "there is more, and no way to ask for it",
                ));
            }
            _ => Next::Nothing,
        };
        Ok(page)
    }
}

#[async_trait]
impl ObjectLister for Listing {
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StoreError> {
        // A page may have nothing that the prefix covers, and not be the last.
        loop {
            let page = self.ask().await?;
            if !page.is_empty() || matches!(self.next, Next::Nothing) {
                return Ok(page);
            }
        }
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out)
    }
}

pub(super) async fn uploads(
    store: &S3Store,
    prefix: &ObjectPrefix,
) -> Result<Vec<Upload>, StoreError> {
    let BucketClient { client, region, .. } = store.client().await?;
    let name = prefix.to_string();
    let asked = Asked {
        name: &name,
        step: "list the unfinished uploads",
        region,
    };
    let mut found = Vec::new();
    let mut marker: (Option<String>, Option<String>) = (None, None);
    loop {
        let sent = client
            .list_multipart_uploads()
            .bucket(store.name())
            .prefix(prefix.key())
            .set_key_marker(marker.0.clone())
            .set_upload_id_marker(marker.1.clone())
            .encoding_type(EncodingType::Url)
            .send()
            .await;
        let output = sent.map_err(|error| list_failed(asked, error))?;
        if output.is_truncated().is_none() {
            return Err(wrong(prefix, "a listing that ends before its end"));
        }
        for upload in output.uploads() {
            let uri = keys::listed(prefix, upload.key(), output.encoding_type());
            let (Some(uri), Some(id)) = (uri, upload.upload_id()) else {
                continue;
            };
            let mut upload_of = Upload::new(uri, id);
            upload_of.begun = upload.initiated().copied().and_then(head::time);
            found.push(upload_of);
        }
        if output.is_truncated() != Some(true) {
            return Ok(found);
        }
        let next_key = output
            .next_key_marker()
            .map(|key| keys::decoded(key, output.encoding_type()));
        let next = (
            next_key,
            output.next_upload_id_marker().map(ToOwned::to_owned),
        );
        if next == marker || next.0.is_none() {
            return Err(wrong(prefix, "the same page again and again"));
        }
        marker = next;
    }
}

pub(super) fn list_failed<E>(
    asked: Asked<'_>,
    error: aws_sdk_s3::error::SdkError<E, aws_smithy_runtime_api::http::Response>,
) -> StoreError
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    use super::error::Failure;
    match asked.failed(error) {
        // A listing names no object: what is missing is the bucket.
        Failure::Missing => StoreError::NoBucket {
            name: asked.name.to_owned(),
        },
        Failure::Unmet | Failure::Range => StoreError::Answer {
            name: asked.name.to_owned(),
            step: asked.step,
            problem: "it names a condition, and none was set".to_owned(),
        },
        Failure::Other(error) => error,
    }
}

pub(super) fn wrong(prefix: &ObjectPrefix, problem: &str) -> StoreError {
    StoreError::Answer {
        name: prefix.to_string(),
        step: "list the objects",
        problem: problem.to_owned(),
    }
}
