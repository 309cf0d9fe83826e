//! An object whose envelope is in an instruction file is two objects of its store: what is left
//! when the store fails between them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use provost::Error;
use provost::store::encrypted::{ObjectError, delete};
use provost::store::{
    Condition, GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo, ObjectLister,
    ObjectPrefix, ObjectStore, ObjectStoreAdapter, ObjectUri, ObjectWriter, Scheme, StoreError,
};
use provost_core::config::Isolation;

use crate::log;
use crate::rig::{Rig, Setup};

/// What fails, once.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// A body, before it is visible.
    Body,
    /// A body that became visible.
    BodyInPlace,
    /// An instruction file that became visible.
    FileInPlace,
    /// The removal of an instruction file.
    Removal,
    /// Nothing: a body takes its time.
    SlowBody,
}

/// A store in memory that fails when it is told to.
#[derive(Debug, Clone)]
struct Failing {
    inner: ObjectStoreAdapter,
    next: Arc<Mutex<Option<Fault>>>,
}

impl Failing {
    fn meets(&self, faults: &[Fault]) -> Option<Fault> {
        self.next
            .lock()
            .unwrap()
            .take_if(|next| faults.contains(next))
    }

    fn set(&self, fault: Fault) {
        *self.next.lock().unwrap() = Some(fault);
    }

    /// Whether the fault was met.
    fn is_spent(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

fn failure(uri: &ObjectUri) -> StoreError {
    StoreError::Io {
        uri: uri.clone(),
        step: "do as it is told",
        source: std::io::Error::other("the disk is gone"),
    }
}

fn is_file(uri: &ObjectUri) -> bool {
    uri.key().ends_with(".instruction")
}

struct FailingWriter {
    uri: ObjectUri,
    inner: Box<dyn ObjectWriter>,
    store: Failing,
}

#[async_trait]
impl ObjectWriter for FailingWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.inner.write(chunk).await
    }

    async fn finish(self: Box<Self>) -> Result<ObjectInfo, StoreError> {
        let faults: &[Fault] = if is_file(&self.uri) {
            &[Fault::FileInPlace]
        } else {
            &[Fault::Body, Fault::BodyInPlace, Fault::SlowBody]
        };
        match self.store.meets(faults) {
            None => self.inner.finish().await,
            Some(Fault::SlowBody) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.inner.finish().await
            }
            Some(Fault::Body) => Err(failure(&self.uri)),
            Some(_) => {
                self.inner.finish().await?;
                Err(failure(&self.uri))
            }
        }
    }

    async fn abort(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.abort().await
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        Ok(Box::new(FailingWriter {
            uri: uri.clone(),
            inner: self.inner.create(uri, new).await?,
            store: self.clone(),
        }))
    }

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError> {
        self.inner.open(uri, options).await
    }

    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError> {
        self.inner.look(uri, version).await
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError> {
        if is_file(uri) && self.meets(&[Fault::Removal]).is_some() {
            return Err(failure(uri));
        }
        self.inner.delete(uri, if_match).await
    }

    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError> {
        self.inner.replace_metadata(uri, metadata, condition).await
    }
}

const NAME: &str = "memory://m/x";
const FILE: &str = "memory://m/x.instruction";

fn failing(write: &str) -> (Rig, Failing) {
    let tables = format!(
        "[[prefixes]]\nprefix = \"memory://m/\"\nwrite.envelope = \"{write}\"\n\
         read.envelope = [\"metadata\", \"instruction-file\"]"
    );
    let setup = Setup::new("Good", Isolation::InProcess);
    let rig = setup.tables(&tables).build();
    let store = Failing {
        inner: ObjectStoreAdapter::memory("m"),
        next: Arc::default(),
    };
    let served = Arc::new(store.clone());
    rig.host.stores().serve(Scheme::Memory, "m", served);
    (rig, store)
}

fn failed(rig: &Rig, store: &Failing, fault: Fault) {
    store.set(fault);
    let error = rig.put(NAME, b"new").unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Object(ObjectError::Store(StoreError::Io { .. }))
        ),
        "{error:?}"
    );
    assert!(store.is_spent());
}

#[test]
fn a_failed_replacement_leaves_the_old_instruction_file_with_the_old_body() {
    for fault in [Fault::Body, Fault::FileInPlace] {
        let (rig, store) = failing("instruction-file");
        rig.put(NAME, b"old").unwrap();
        let file = rig.stored(FILE);
        failed(&rig, &store, fault);
        assert_eq!(rig.get(NAME).unwrap(), b"old", "{fault:?}");
        let left = rig.stored(FILE);
        assert_eq!((left.0.metadata, left.1), (file.0.metadata, file.1));
    }
}

#[test]
fn a_failed_first_put_leaves_no_instruction_file() {
    for fault in [Fault::Body, Fault::FileInPlace] {
        let (rig, store) = failing("instruction-file");
        failed(&rig, &store, fault);
        assert!(!rig.exists(NAME) && !rig.exists(FILE), "{fault:?}");
    }
}

#[test]
fn a_body_that_is_in_place_keeps_its_instruction_file_though_its_put_failed() {
    let (rig, store) = failing("instruction-file");
    failed(&rig, &store, Fault::BodyInPlace);
    assert_eq!(rig.get(NAME).unwrap(), b"new");
    rig.put(NAME, b"old").unwrap();
    failed(&rig, &store, Fault::BodyInPlace);
    assert_eq!(rig.get(NAME).unwrap(), b"new");
}

#[test]
fn an_instruction_file_that_cannot_be_removed_fails_neither_put_nor_removal() {
    let (rig, store) = failing("metadata");
    rig.store(
        FILE,
        Metadata::new(),
        br#"{"x-amz-iv":"AAAAAAAAAAAAAAAA"}"#.to_vec(),
    );
    store.set(Fault::Removal);
    rig.put(NAME, b"new").unwrap();
    assert!(store.is_spent());
    assert_eq!(rig.get(NAME).unwrap(), b"new");

    store.set(Fault::Removal);
    rig.wait(delete(rig.host.stores(), &rig.uri(NAME))).unwrap();
    assert!(store.is_spent());
    assert!(!rig.exists(NAME));
    assert!(log::lines_with("an old instruction file may stay behind").len() >= 2);
}

#[test]
fn writers_of_one_object_take_turns_with_its_two_parts() {
    let (rig, store) = failing("instruction-file");
    rig.put(NAME, b"old").unwrap();
    store.set(Fault::SlowBody);
    let uri = rig.uri(NAME);
    let slow_is_done = Arc::new(AtomicBool::new(false));
    let put = |text: &'static [u8]| {
        let (objects, uri) = (rig.objects(NAME).unwrap(), uri.clone());
        async move { objects.put(&uri, text, None, None).await.unwrap() }
    };
    let (slow, quick) = (put(b"slow"), put(b"quick"));
    rig.wait(async {
        let done = Arc::clone(&slow_is_done);
        let slow = tokio::spawn(async move {
            slow.await;
            done.store(true, Ordering::SeqCst);
        });
        while !store.is_spent() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // The slow one has placed its instruction file, and not yet its body.
        tokio::spawn(quick).await.unwrap();
        assert!(slow_is_done.load(Ordering::SeqCst));
        slow.await.unwrap();
    });
    assert_eq!(rig.get(NAME).unwrap(), b"quick");
}
