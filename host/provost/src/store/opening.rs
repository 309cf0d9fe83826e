//! From a URI to the store that serves it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use provost_core::config::HostConfiguration;
use tokio::sync::OwnedMutexGuard;

use super::{
    FileStore, ObjectPrefix, ObjectStore, ObjectStoreAdapter, ObjectUri, Scheme, StoreError,
};

/// The stores of one host: each is opened when a URI first names it, and kept.
///
/// `memory://name/` is one store for each name, shared by all who open it through the same
/// `Stores`.
#[derive(Debug, Default)]
pub struct Stores {
    #[cfg(feature = "aws")]
    s3: Option<Arc<super::s3::S3Connection>>,
    opened: Mutex<HashMap<(Scheme, String), Arc<dyn ObjectStore>>>,
    turns: Mutex<HashMap<ObjectUri, Weak<tokio::sync::Mutex<()>>>>,
}

impl Stores {
    /// None opened yet, and `s3://` where this configuration says. Without the feature `aws` there
    /// is none.
    pub fn new(host: &Arc<HostConfiguration>) -> Self {
        #[cfg(not(feature = "aws"))]
        let _ = host;
        Self {
            #[cfg(feature = "aws")]
            s3: Some(Arc::new(super::s3::S3Connection::new(Arc::clone(host)))),
            ..Self::default()
        }
    }

    /// The store that holds `uri`.
    pub fn open(&self, uri: &ObjectUri) -> Result<Arc<dyn ObjectStore>, StoreError> {
        self.open_prefix(&ObjectPrefix::from(uri))
    }

    /// The store that holds what is under `prefix`.
    pub fn open_prefix(&self, prefix: &ObjectPrefix) -> Result<Arc<dyn ObjectStore>, StoreError> {
        let (scheme, bucket) = (prefix.scheme(), prefix.bucket());
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(&(scheme, bucket.to_owned())) {
            return Ok(Arc::clone(store));
        }
        let store: Arc<dyn ObjectStore> = match scheme {
            Scheme::File => Arc::new(FileStore::new()),
            Scheme::Memory => Arc::new(ObjectStoreAdapter::memory(bucket)),
            #[cfg(feature = "aws")]
            Scheme::S3 if let Some(connection) = &self.s3 => {
                Arc::new(super::s3::S3Store::new(bucket, Arc::clone(connection)))
            }
            Scheme::S3 => return Err(StoreError::Unsupported { scheme }),
        };
        opened.insert((scheme, bucket.to_owned()), Arc::clone(&store));
        Ok(store)
    }

    /// Waits until nobody else who uses these `Stores` changes an object and its instruction file,
    /// which are two objects of a store; others wait until what this returns is dropped.
    pub(super) async fn turn(&self, uri: &ObjectUri) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(uri).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(uri.clone(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// Serves `scheme://bucket/` with this store from now on, in place of the one it would open.
    pub fn serve(&self, scheme: Scheme, bucket: &str, store: Arc<dyn ObjectStore>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert((scheme, bucket.to_owned()), store);
    }
}
