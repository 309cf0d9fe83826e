//! Stores of the `object_store` crate.

mod attributes;
mod transfer;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{GetResult, ObjectMeta, ObjectStoreExt as _, PutMode, UpdateVersion};

use super::convenience::is_there;
use super::{
    Condition, GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo, ObjectLister,
    ObjectPrefix, ObjectStore, ObjectUri, ObjectWriter, Scheme, StoreError,
};
use attributes::{from_attributes, to_attributes};
use transfer::{PartWriter, StreamBody, StreamLister};

/// One bucket of a store of the `object_store` crate.
///
/// The store must keep user metadata ([`Attribute::Metadata`](object_store::Attribute::Metadata)), as the memory store and the clouds
/// do and its local file system does not.
#[derive(Clone)]
pub struct ObjectStoreAdapter {
    scheme: Scheme,
    bucket: String,
    inner: Arc<dyn object_store::ObjectStore>,
}

impl ObjectStoreAdapter {
    /// Serves `scheme://bucket/` from `inner`.
    pub fn new(scheme: Scheme, bucket: &str, inner: Arc<dyn object_store::ObjectStore>) -> Self {
        let bucket = bucket.to_owned();
        Self {
            scheme,
            bucket,
            inner,
        }
    }

    /// A new, empty store in memory that serves `memory://name/`.
    pub fn memory(name: &str) -> Self {
        let inner = object_store::memory::InMemory::new();
        Self::new(Scheme::Memory, name, Arc::new(inner))
    }

    fn path(&self, uri: &ObjectUri) -> Result<Path, StoreError> {
        self.check(uri.scheme(), uri.bucket(), uri)?;
        Path::parse(uri.key()).map_err(|source| StoreError::Name {
            uri: uri.clone(),
            problem: source.to_string(),
        })
    }

    fn check(
        &self,
        scheme: Scheme,
        bucket: &str,
        uri: impl fmt::Display,
    ) -> Result<(), StoreError> {
        if (scheme, bucket) == (self.scheme, self.bucket.as_str()) {
            return Ok(());
        }
        Err(StoreError::ForeignUri {
            uri: uri.to_string(),
            store: format!("{}://{}/", self.scheme, self.bucket),
        })
    }

    async fn ask(
        &self,
        uri: &ObjectUri,
        options: object_store::GetOptions,
    ) -> Result<GetResult, StoreError> {
        let path = self.path(uri)?;
        let if_match = options.if_match.clone();
        let opened = self.inner.get_opts(&path, options).await;
        opened.map_err(|error| match (error, if_match) {
            (object_store::Error::Precondition { .. }, Some(etag)) => StoreError::Condition {
                uri: uri.clone(),
                condition: Condition::Unchanged(etag),
            },
            (error, _) => failed(uri, "open the object", error),
        })
    }
}

impl fmt::Debug for ObjectStoreAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectStoreAdapter({}://{}/)", self.scheme, self.bucket)
    }
}

fn failed(uri: &ObjectUri, step: &'static str, source: object_store::Error) -> StoreError {
    let uri = uri.clone();
    match source {
        object_store::Error::NotFound { .. } => StoreError::NotFound { uri },
        source => StoreError::Backend {
            uri,
            step,
            source: Box::new(source),
        },
    }
}

fn info(uri: ObjectUri, meta: &ObjectMeta) -> ObjectInfo {
    let mut info = ObjectInfo::new(uri, meta.size);
    info.last_modified = Some(SystemTime::from(meta.last_modified));
    info.etag.clone_from(&meta.e_tag);
    info
}

fn list_failed(
    prefix: &ObjectPrefix,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::List {
        prefix: prefix.clone(),
        step: "list the objects",
        source: Box::new(source),
    }
}

fn head(uri: &ObjectUri, got: &GetResult) -> Result<ObjectHead, StoreError> {
    let (metadata, attributes) =
        from_attributes(&got.attributes).map_err(|source| StoreError::from((uri, source)))?;
    let mut head = ObjectHead::new(info(uri.clone(), &got.meta), metadata);
    head.attributes = attributes;
    Ok(head)
}

/// The stores of that crate in use here keep one version of each object.
fn no_version(uri: &ObjectUri, version: Option<&str>) -> Result<(), StoreError> {
    match version {
        None => Ok(()),
        Some(_) => Err(StoreError::NoVersions {
            name: uri.to_string(),
        }),
    }
}

fn mode(condition: &Condition) -> PutMode {
    match condition {
        Condition::Always => PutMode::Overwrite,
        Condition::Absent => PutMode::Create,
        Condition::Unchanged(etag) => PutMode::Update(UpdateVersion {
            e_tag: Some(etag.clone()),
            version: None,
        }),
    }
}

#[async_trait]
impl ObjectStore for ObjectStoreAdapter {
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let path = self.path(uri)?;
        if let Some(mode) = &new.encryption {
            return Err(StoreError::NoServerSideEncryption {
                uri: uri.clone(),
                mode: mode.to_string(),
            });
        }
        let writer = PartWriter::new(uri, path, &self.inner, &new);
        Ok(Box::new(writer))
    }

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError> {
        let GetOptions {
            range,
            version,
            mut if_match,
        } = options;
        no_version(uri, version.as_deref())?;
        if let Some(range) = &range {
            // Stores differ in what they make of a range outside the body, so its size comes
            // first, and the mark of that version with it.
            let before = self.look(uri, None).await?.info;
            before.check_etag(if_match.as_deref())?;
            before.check_range(range)?;
            if_match = before.etag;
        }
        let length = range.as_ref().map(|range| range.end - range.start);
        let options = object_store::GetOptions {
            range: range.map(Into::into),
            if_match,
            ..Default::default()
        };
        let got = self.ask(uri, options).await?;
        let head = head(uri, &got)?;
        let body = StreamBody::new(uri, got, length.unwrap_or(head.info.size));
        Ok(Object::new(head, Box::new(body)))
    }

    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError> {
        no_version(uri, version)?;
        let options = object_store::GetOptions {
            head: true,
            ..Default::default()
        };
        head(uri, &self.ask(uri, options).await?)
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        self.check(prefix.scheme(), prefix.bucket(), prefix)?;
        // Listings of that crate leave out the object of exactly the prefix's name.
        let exact = match prefix.as_object() {
            None => None,
            Some(uri) => match self.look(&uri, None).await {
                Ok(head) => Some(head.info),
                Err(e) if e.is_not_found() => None,
                Err(e) => return Err(e),
            },
        };
        let path = Path::parse(prefix.key()).map_err(|e| list_failed(prefix, e))?;
        let stream = self.inner.list(Some(&path));
        Ok(Box::new(StreamLister::new(prefix, exact, stream)))
    }

    /// That crate removes without conditions.
    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError> {
        if let Some(etag) = if_match
            && !is_there(self, uri, etag).await?
        {
            return Ok(());
        }
        match self.inner.delete(&self.path(uri)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            done => done.map_err(|e| failed(uri, "delete the object", e)),
        }
    }

    /// That crate has no copy with new metadata, so the body goes through this process.
    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError> {
        let path = self.path(uri)?;
        let got = self.ask(uri, object_store::GetOptions::default()).await?;
        let before = head(uri, &got)?;
        let failed = |e| failed(uri, "replace the metadata", e);
        // What was read is what is put back, whether or not the caller asks for that.
        let unchanged = before.info.etag.clone().map(Condition::Unchanged);
        match &condition {
            Condition::Always => {}
            Condition::Absent => {
                let uri = uri.clone();
                return Err(StoreError::Condition { uri, condition });
            }
            Condition::Unchanged(etag) => before.info.check_etag(Some(etag))?,
        }
        let body = got.bytes().await.map_err(failed)?;
        let condition = unchanged.unwrap_or(condition);
        let options = object_store::PutOptions {
            attributes: to_attributes(&metadata, &before.attributes),
            mode: mode(&condition),
            ..Default::default()
        };
        let put = self.inner.put_opts(&path, body.into(), options).await;
        let put =
            put.map_err(|error| transfer::unmet(uri, &condition, error, "replace the metadata"))?;
        let mut info = ObjectInfo::new(uri.clone(), before.info.size);
        info.etag = put.e_tag;
        info.version = put.version;
        Ok(info)
    }
}
