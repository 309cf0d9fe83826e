//! Objects on S3, and on servers that speak like it.
//!
//! What the SDK does is left to it: signatures, credentials, checksums, retries with growing
//! pauses. What is here: bodies in parts, both ways at once; errors that name the object and say
//! what to do; answers that are held against what was asked.

mod connection;
mod copy;
mod error;
mod head;
mod headers;
mod keys;
mod list;
mod read;
mod upload;
mod versions;
mod write;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

pub(crate) use connection::S3Connection;
pub(crate) use upload::uploads_ended;

use super::convenience::is_there;
use super::{
    Condition, GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo, ObjectLister,
    ObjectPrefix, ObjectStore, ObjectUri, ObjectWriter, Scheme, StoreError, Tags, Upload,
    VersionLister,
};
use connection::BucketClient;
use error::{Asked, Failure, is_not_implemented};

/// Bytes of a part: 10,000 of them, the most there may be, hold the largest object that one data
/// key may encrypt, which is just below 64 GiB.
const PART: usize = 8 << 20;
/// The most parts of an upload.
const PARTS: u64 = 10_000;
/// The largest object that is copied in one request.
const COPY: u64 = 5 << 30;
/// The region that S3 has no name for when asked where a bucket is.
const US_EAST_1: &str = "us-east-1";

/// One bucket of S3.
#[derive(Clone)]
pub struct S3Store {
    bucket: Arc<Bucket>,
}

struct Bucket {
    name: String,
    connection: Arc<S3Connection>,
    client: OnceCell<BucketClient>,
    sizes: Sizes,
}

/// How large things are: tests make them small.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    part: usize,
    window: usize,
    copy: u64,
    copy_part: u64,
}

impl Sizes {
    /// Parts that are on their way at once.
    fn parts_in_flight(self) -> usize {
        (self.window / self.part).max(1)
    }
}

impl S3Store {
    /// Nothing is asked and nothing is loaded before the first call.
    pub(crate) fn new(bucket: &str, connection: Arc<S3Connection>) -> Self {
        let sizes = Sizes {
            part: PART,
            window: connection.window(),
            copy: COPY,
            // Not too many requests for 5 TiB, and not too long a time for one.
            copy_part: 1 << 30,
        };
        Self::with_sizes(bucket, connection, sizes)
    }

    fn with_sizes(bucket: &str, connection: Arc<S3Connection>, sizes: Sizes) -> Self {
        Self {
            bucket: Arc::new(Bucket {
                name: bucket.to_owned(),
                connection,
                client: OnceCell::new(),
                sizes,
            }),
        }
    }

    /// A bucket as a host of this configuration serves it, whose larger objects, in bytes, are
    /// copied in parts of that size. For tests: servers have neither 5 GiB nor the time.
    #[doc(hidden)]
    pub fn copying_in_parts(
        bucket: &str,
        host: Arc<provost_core::config::HostConfiguration>,
        part: u64,
    ) -> Self {
        let connection = Arc::new(S3Connection::new(host));
        let Sizes {
            part: size, window, ..
        } = Self::new(bucket, Arc::clone(&connection)).bucket.sizes;
        let sizes = Sizes {
            part: size,
            window,
            copy: part,
            copy_part: part,
        };
        Self::with_sizes(bucket, connection, sizes)
    }

    async fn client(&self) -> Result<&BucketClient, StoreError> {
        let Bucket {
            name,
            connection,
            client,
            ..
        } = &*self.bucket;
        client.get_or_try_init(|| connection.bucket(name)).await
    }

    fn sizes(&self) -> Sizes {
        self.bucket.sizes
    }

    fn name(&self) -> &str {
        &self.bucket.name
    }

    fn check(
        &self,
        scheme: Scheme,
        bucket: &str,
        name: impl fmt::Display,
    ) -> Result<(), StoreError> {
        if (scheme, bucket) == (Scheme::S3, self.name()) {
            return Ok(());
        }
        Err(StoreError::ForeignUri {
            uri: name.to_string(),
            store: format!("s3://{}/", self.name()),
        })
    }

    fn check_uri(&self, uri: &ObjectUri) -> Result<(), StoreError> {
        /// What S3 takes, in bytes.
        const LONGEST: usize = 1024;
        self.check(uri.scheme(), uri.bucket(), uri)?;
        if uri.key().len() > LONGEST {
            return Err(StoreError::Name {
                uri: uri.clone(),
                problem: format!("it has {} bytes; at most {LONGEST} fit", uri.key().len()),
            });
        }
        Ok(())
    }

    fn check_prefix(&self, prefix: &ObjectPrefix) -> Result<(), StoreError> {
        self.check(prefix.scheme(), prefix.bucket(), prefix)
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Store(s3://{}/)", self.name())
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        self.check_uri(uri)?;
        write::begin(self, uri, new).await
    }

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError> {
        self.check_uri(uri)?;
        read::open(self, uri, options).await
    }

    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError> {
        self.check_uri(uri)?;
        let BucketClient { client, region, .. } = self.client().await?;
        let name = uri.to_string();
        let asked = Asked {
            name: &name,
            step: "look at the object",
            region,
        };
        let sent = client
            .head_object()
            .bucket(self.name())
            .key(uri.key())
            .set_version_id(version.map(str::to_owned))
            .send()
            .await;
        let output = sent.map_err(|e| asked.failed(e).about(uri, &Condition::Always))?;
        head::of_head(uri, &output)
    }

    async fn region(&self) -> Result<Option<String>, StoreError> {
        let BucketClient { client, region, .. } = self.client().await?;
        let sent = client.head_bucket().bucket(self.name()).send().await;
        // Also in the answer of who sends elsewhere or refuses.
        let header = match &sent {
            Ok(output) => output.bucket_region().map(str::to_owned),
            Err(error) => error
                .raw_response()
                .and_then(|raw| raw.headers().get("x-amz-bucket-region"))
                .map(str::to_owned),
        };
        if header.is_some() {
            return Ok(header);
        }
        let sent = client.get_bucket_location().bucket(self.name());
        match sent.send().await {
            Ok(output) => Ok(Some(match output.location_constraint() {
                None => US_EAST_1.to_owned(),
                Some(place) if place.as_str().is_empty() => US_EAST_1.to_owned(),
                // What the first European region was called.
                Some(place) if place.as_str() == "EU" => "eu-west-1".to_owned(),
                Some(place) => place.as_str().to_owned(),
            })),
            // Who may only put and get is not told, and not every server knows.
            Err(error) if is_not_implemented(&error) => Ok(None),
            Err(error) => {
                let name = format!("s3://{}", self.name());
                let asked = Asked {
                    name: &name,
                    step: "ask where the bucket is",
                    region,
                };
                match asked.failed(error) {
                    Failure::Other(
                        error @ (StoreError::Unavailable { .. } | StoreError::Timeout { .. }),
                    ) => Err(error),
                    _ => Ok(None),
                }
            }
        }
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        self.check_prefix(prefix)?;
        Ok(Box::new(list::Listing::new(self, prefix)))
    }

    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError> {
        self.check_uri(uri)?;
        let BucketClient { client, region, .. } = self.client().await?;
        let name = uri.to_string();
        let asked = Asked {
            name: &name,
            step: "delete the object",
            region,
        };
        let delete = client.delete_object().bucket(self.name()).key(uri.key());
        let sent = delete
            .clone()
            .set_if_match(if_match.map(str::to_owned))
            .send()
            .await;
        let sent = match (sent, if_match) {
            (Err(error), Some(etag)) if is_not_implemented(&error) => {
                if !is_there(self, uri, etag).await? {
                    return Ok(());
                }
                delete.send().await
            }
            (sent, _) => sent,
        };
        let condition = Condition::unchanged(if_match.map(str::to_owned));
        match sent.map_err(|e| asked.failed(e).about(uri, &condition)) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError> {
        self.check_uri(uri)?;
        copy::replace_metadata(self, uri, metadata, condition).await
    }

    async fn tags(&self, uri: &ObjectUri, version: Option<&str>) -> Result<Tags, StoreError> {
        self.check_uri(uri)?;
        let BucketClient { client, region, .. } = self.client().await?;
        let name = uri.to_string();
        let asked = Asked {
            name: &name,
            step: "read the tags",
            region,
        };
        let sent = client
            .get_object_tagging()
            .bucket(self.name())
            .key(uri.key())
            .set_version_id(version.map(str::to_owned))
            .send()
            .await;
        let output = sent.map_err(|e| asked.failed(e).about(uri, &Condition::Always))?;
        let tags = output.tag_set().iter();
        Ok(tags
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect())
    }

    async fn versions(&self, prefix: &ObjectPrefix) -> Result<Box<dyn VersionLister>, StoreError> {
        self.check_prefix(prefix)?;
        Ok(Box::new(versions::Listing::new(self, prefix)))
    }

    async fn uploads(&self, prefix: &ObjectPrefix) -> Result<Vec<Upload>, StoreError> {
        self.check_prefix(prefix)?;
        list::uploads(self, prefix).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<(), StoreError> {
        self.check_uri(&upload.uri)?;
        upload::abort(self, &upload.uri, &upload.id).await
    }
}
