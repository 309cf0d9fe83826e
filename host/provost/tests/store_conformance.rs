//! Both store adapters under the conformance suite.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::path::Path;
use std::sync::Arc;

use provost::store::{FileStore, ObjectPrefix, ObjectStore, ObjectStoreAdapter, Scheme};
use provost_conformance::stores;

fn wait_for(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work);
}

fn prefix_of(folder: &Path) -> ObjectPrefix {
    format!("file://{}", folder.display()).parse().unwrap()
}

/// In memory if there is such a place: the suite makes thousands of syncs.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let memory = memory
        .is_dir()
        .then(|| tempfile::tempdir_in(memory).ok())
        .flatten();
    memory.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

fn check_files(store: &FileStore) {
    let folder = scratch();
    wait_for(stores::all(store, &prefix_of(folder.path())));
}

#[test]
fn files() {
    check_files(&FileStore::new());
}

#[test]
fn files_staged_under_passing_names() {
    check_files(&FileStore::new().with_named_staging());
}

#[test]
fn memory() {
    let store = ObjectStoreAdapter::memory("conformance");
    wait_for(stores::all(
        &store,
        &"memory://conformance/".parse().unwrap(),
    ));
}

#[test]
fn a_bucket_of_any_name_over_the_general_adapter() {
    let inner = Arc::new(object_store::memory::InMemory::new());
    let store: Arc<dyn ObjectStore> = Arc::new(ObjectStoreAdapter::new(Scheme::S3, "b", inner));
    wait_for(stores::all(&*store, &"s3://b/some/folder".parse().unwrap()));
}
