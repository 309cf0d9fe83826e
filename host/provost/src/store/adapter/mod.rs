//! Stores of the `object_store` crate.

mod transfer;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Attribute, GetOptions, GetResult, ObjectMeta, ObjectStoreExt as _};

use super::{
    Metadata, Object, ObjectHead, ObjectInfo, ObjectLister, ObjectPrefix, ObjectStore, ObjectUri,
    ObjectWriter, Scheme, StoreError,
};
use transfer::{PartWriter, StreamBody, StreamLister};

/// One bucket of a store of the `object_store` crate.
///
/// The store must keep user metadata ([`Attribute::Metadata`]), as the memory store and the clouds
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

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<GetResult, StoreError> {
        let path = self.path(uri)?;
        let opened = self.inner.get_opts(&path, options).await;
        opened.map_err(|e| failed(uri, "open the object", e))
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
    let mut metadata = Metadata::new();
    for (attribute, value) in &got.attributes {
        if let Attribute::Metadata(name) = attribute {
            let added = metadata.insert(name, value.to_string());
            added.map_err(|source| StoreError::from((uri, source)))?;
        }
    }
    Ok(ObjectHead::new(info(uri.clone(), &got.meta), metadata))
}

#[async_trait]
impl ObjectStore for ObjectStoreAdapter {
    async fn put(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let attributes = metadata
            .iter()
            .map(|(name, value)| {
                (
                    Attribute::Metadata(name.to_owned().into()),
                    value.to_owned(),
                )
            })
            .collect();
        let path = self.path(uri)?;
        Ok(Box::new(PartWriter::new(
            uri,
            path,
            &self.inner,
            attributes,
        )))
    }

    async fn get(&self, uri: &ObjectUri) -> Result<Object, StoreError> {
        let got = self.open(uri, GetOptions::default()).await?;
        let head = head(uri, &got)?;
        let left = head.info.size;
        Ok(Object::new(head, Box::new(StreamBody::new(uri, got, left))))
    }

    async fn get_range(&self, uri: &ObjectUri, range: Range<u64>) -> Result<Object, StoreError> {
        // Stores differ in what they make of a range outside the body, so its size comes first,
        // and the mark of that version with it.
        let before = self.head(uri).await?.info;
        before.check_range(&range)?;
        let options = GetOptions {
            range: Some(range.clone().into()),
            if_match: before.etag,
            ..GetOptions::default()
        };
        let got = self.open(uri, options).await?;
        let head = head(uri, &got)?;
        let body = StreamBody::new(uri, got, range.end - range.start);
        Ok(Object::new(head, Box::new(body)))
    }

    async fn head(&self, uri: &ObjectUri) -> Result<ObjectHead, StoreError> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        head(uri, &self.open(uri, options).await?)
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        self.check(prefix.scheme(), prefix.bucket(), prefix)?;
        // Listings of that crate leave out the object of exactly the prefix's name.
        let exact = match prefix.as_object() {
            None => None,
            Some(uri) => match self.head(&uri).await {
                Ok(head) => Some(head.info),
                Err(e) if e.is_not_found() => None,
                Err(e) => return Err(e),
            },
        };
        let path = Path::parse(prefix.key()).map_err(|e| list_failed(prefix, e))?;
        let stream = self.inner.list(Some(&path));
        Ok(Box::new(StreamLister::new(prefix, exact, stream)))
    }

    async fn delete(&self, uri: &ObjectUri) -> Result<(), StoreError> {
        match self.inner.delete(&self.path(uri)?).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            done => done.map_err(|e| failed(uri, "delete the object", e)),
        }
    }
}
