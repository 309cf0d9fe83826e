//! Objects as files.

mod list;
mod place;
mod publish;
mod read;
mod sidecar;
mod steps;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::joined::joined;
use super::{
    Condition, GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo, ObjectLister,
    ObjectPrefix, ObjectStore, ObjectUri, ObjectWriter, StoreError,
};
use place::Place;
use publish::Staging;
use read::FileBody;
use steps::{Steps, Watcher};

pub use steps::Step;

/// Objects as local files: `file:///folder/name` is the file of that path, with its metadata in
/// `NAME.metadata.json` beside it.
///
/// A put is synced to disk before it is visible and is all or nothing, a crash at any moment
/// included; writers of one folder take turns for the last few steps. Folders are made as needed.
/// Symbolic links, pipes and devices under an object's name are refused. New files have mode 0640
/// less the umask. A file that no store wrote can be read: it has no metadata.
///
/// Names ending in `.metadata.json` or with a segment beginning with `.provost-` are the store's
/// own. Files under the latter are leftovers of a writer that died; the next put or delete of the
/// object they belong to removes them.
#[derive(Default, Clone)]
pub struct FileStore {
    watcher: Option<Watcher>,
    named_staging: bool,
}

impl FileStore {
    /// The files of this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells `watcher` of each step of a put or delete before it is made. Tests end the process
    /// there.
    #[must_use]
    pub fn with_watcher(mut self, watcher: impl Fn(Step) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }

    /// Stages bodies under passing names also where the file system offers files without a name.
    #[must_use]
    pub fn with_named_staging(mut self) -> Self {
        self.named_staging = true;
        self
    }

    fn steps(&self, uri: &ObjectUri) -> Steps {
        Steps {
            uri: uri.clone(),
            watcher: self.watcher.clone(),
        }
    }

    /// Reading has no steps worth watching.
    fn quiet_steps(uri: &ObjectUri) -> Steps {
        Steps {
            uri: uri.clone(),
            watcher: None,
        }
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl ObjectStore for FileStore {
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let (place, steps, named) = (Place::of(uri)?, self.steps(uri), self.named_staging);
        if let Some(mode) = &new.encryption {
            return Err(StoreError::NoServerSideEncryption {
                uri: uri.clone(),
                mode: mode.to_string(),
            });
        }
        let staging = blocking(move || Staging::begin(place, new, steps, named)).await?;
        Ok(Box::new(FileWriter {
            uri: uri.clone(),
            staging: Some(staging),
        }))
    }

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError> {
        let (place, steps) = (Place::of(uri)?, Self::quiet_steps(uri));
        no_version(uri, options.version.as_deref())?;
        let (head, file) = blocking(move || read::open(&place, &steps)).await?;
        head.info.check_etag(options.if_match.as_deref())?;
        if let Some(range) = &options.range {
            head.info.check_range(range)?;
        }
        let range = options.range.unwrap_or(0..head.info.size);
        let body = FileBody::new(uri.clone(), file, range);
        Ok(Object::new(head, Box::new(body)))
    }

    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError> {
        let (place, steps) = (Place::of(uri)?, Self::quiet_steps(uri));
        no_version(uri, version)?;
        blocking(move || read::open(&place, &steps).map(|(head, _)| head)).await
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        let prefix = prefix.clone();
        let walk = blocking(move || list::Walk::begin(&prefix)).await?;
        Ok(Box::new(walk))
    }

    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError> {
        let (place, steps) = (Place::of(uri)?, self.steps(uri));
        let condition = Condition::unchanged(if_match.map(str::to_owned));
        blocking(move || publish::delete(&place, &condition, &steps)).await
    }

    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError> {
        let (place, steps) = (Place::of(uri)?, self.steps(uri));
        blocking(move || publish::replace_metadata(&place, metadata, &condition, &steps)).await
    }
}

/// There is one version of each file.
fn no_version(uri: &ObjectUri, version: Option<&str>) -> Result<(), StoreError> {
    match version {
        None => Ok(()),
        Some(_) => Err(StoreError::NoVersions {
            name: uri.to_string(),
        }),
    }
}

/// A put in progress. The staging travels to the blocking threads and back; it is gone after an
/// error, and when a call was dropped half-way.
struct FileWriter {
    uri: ObjectUri,
    staging: Option<Staging>,
}

impl FileWriter {
    fn take(&mut self) -> Result<Staging, StoreError> {
        self.staging.take().ok_or_else(|| StoreError::Io {
            uri: self.uri.clone(),
            step: "go on writing",
            source: std::io::Error::other("an earlier write failed or was given up"),
        })
    }
}

#[async_trait]
impl ObjectWriter for FileWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        let mut staging = self.take()?;
        let staging = blocking(move || staging.write(&chunk).map(|()| staging)).await?;
        self.staging = Some(staging);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        let staging = self.take()?;
        blocking(move || staging.publish()).await
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StoreError> {
        let staging = self.staging.take();
        blocking(move || drop(staging)).await;
        Ok(())
    }
}

/// Runs `work` on a thread that may block. A panic goes on here.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    joined(tokio::task::spawn_blocking(work).await).await
}
