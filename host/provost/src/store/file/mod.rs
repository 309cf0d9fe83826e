//! Objects as files.

mod list;
mod place;
mod publish;
mod read;
mod sidecar;
mod steps;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    Metadata, Object, ObjectHead, ObjectInfo, ObjectLister, ObjectPrefix, ObjectStore, ObjectUri,
    ObjectWriter, StoreError,
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
    async fn put(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let (place, steps, named) = (Place::of(uri)?, self.steps(uri), self.named_staging);
        let staging = blocking(move || Staging::begin(place, metadata, steps, named)).await?;
        Ok(Box::new(FileWriter {
            uri: uri.clone(),
            staging: Some(staging),
        }))
    }

    async fn get(&self, uri: &ObjectUri) -> Result<Object, StoreError> {
        let (place, steps) = (Place::of(uri)?, Self::quiet_steps(uri));
        let (head, file) = blocking(move || read::open(&place, &steps)).await?;
        let body = FileBody::new(uri.clone(), file, 0..head.info.size);
        Ok(Object::new(head, Box::new(body)))
    }

    async fn get_range(&self, uri: &ObjectUri, range: Range<u64>) -> Result<Object, StoreError> {
        let (place, steps) = (Place::of(uri)?, Self::quiet_steps(uri));
        let (head, file) = blocking(move || read::open(&place, &steps)).await?;
        head.info.check_range(&range)?;
        let body = FileBody::new(uri.clone(), file, range);
        Ok(Object::new(head, Box::new(body)))
    }

    async fn head(&self, uri: &ObjectUri) -> Result<ObjectHead, StoreError> {
        let (place, steps) = (Place::of(uri)?, Self::quiet_steps(uri));
        blocking(move || read::open(&place, &steps).map(|(head, _)| head)).await
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        let prefix = prefix.clone();
        let walk = blocking(move || list::Walk::begin(&prefix)).await?;
        Ok(Box::new(walk))
    }

    async fn delete(&self, uri: &ObjectUri) -> Result<(), StoreError> {
        let (place, steps) = (Place::of(uri)?, self.steps(uri));
        blocking(move || publish::delete(&place, &steps)).await
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
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}
