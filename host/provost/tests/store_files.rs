//! What the file store does with what others leave in its folders.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use bytes::Bytes;
use provost::store::{
    FileStore, Metadata, ObjectStore, ObjectStoreExt, ObjectUri, Step, StoreError,
};

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(work)
}

fn uri(folder: &Path, name: &str) -> ObjectUri {
    ObjectUri::from_file_path(&folder.join(name)).unwrap()
}

fn put(uri: &ObjectUri, tag: &str, body: &'static str) {
    let metadata = Metadata::try_from(vec![("tag", tag)]).unwrap();
    wait_for(FileStore::new().put_bytes(uri, metadata, Bytes::from_static(body.as_bytes())))
        .unwrap();
}

fn head_error(uri: &ObjectUri) -> StoreError {
    wait_for(FileStore::new().head(uri)).unwrap_err()
}

#[test]
fn the_metadata_file_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    put(
        &uri(folder.path(), "object"),
        "value",
        "0123456789abcdefGHIJ",
    );
    let text = std::fs::read_to_string(folder.path().join("object.metadata.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = serde_json::json!({
        "version": 1,
        "bodies": [{
            "last16": "3435363738396162636465664748494a",
            "size": 20,
            "metadata": { "tag": "value" },
        }],
    });
    assert_eq!(json, expected);
    let mode = |name| {
        folder
            .path()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("object") & !0o640, 0, "no more than 0640");
    assert_eq!(mode("object.metadata.json"), mode("object"));
}

#[test]
fn a_short_body_is_told_apart_by_all_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    put(&uri(folder.path(), "object"), "1", "ab");
    let text = std::fs::read_to_string(folder.path().join("object.metadata.json")).unwrap();
    assert!(text.contains("\"last16\": \"6162\""), "{text}");
}

#[test]
fn a_folder_can_be_copied_with_its_objects() {
    let folder = tempfile::tempdir().unwrap();
    put(&uri(folder.path(), "object"), "value", "body");
    for name in ["object", "object.metadata.json"] {
        std::fs::create_dir_all(folder.path().join("copy")).unwrap();
        std::fs::copy(
            folder.path().join(name),
            folder.path().join("copy").join(name),
        )
        .unwrap();
    }
    let copied = uri(folder.path(), "copy/object");
    let head = wait_for(FileStore::new().head(&copied)).unwrap();
    assert_eq!(head.metadata.get("tag"), Some("value"));
}

#[test]
fn a_file_that_no_store_wrote_has_no_metadata() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plain"), "body").unwrap();
    let head = wait_for(FileStore::new().head(&uri(folder.path(), "plain"))).unwrap();
    assert!(head.metadata.is_empty());
    assert_eq!(head.info.size, 4);
}

#[test]
fn a_body_changed_by_hand_does_not_get_the_old_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let object = uri(folder.path(), "object");
    put(&object, "value", "body");
    std::fs::write(folder.path().join("object"), "BODY").unwrap();
    let error = head_error(&object);
    let StoreError::Sidecar {
        sidecar, problem, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(sidecar, "object.metadata.json");
    assert_eq!(problem, "is for another body than the one there");
    put(&object, "mended", "new");
    let head = wait_for(FileStore::new().head(&object)).unwrap();
    assert_eq!(head.metadata.get("tag"), Some("mended"));
}

#[test]
fn a_damaged_metadata_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let object = uri(folder.path(), "object");
    put(&object, "value", "body");
    let sidecar = folder.path().join("object.metadata.json");
    let right = std::fs::read_to_string(&sidecar).unwrap();
    let huge = " ".repeat(70_000);
    for (text, words) in [
        ("", "is damaged"),
        ("{", "is damaged"),
        ("[]", "is damaged"),
        (
            &right.replace("\"version\": 1", "\"version\": 2"),
            "has version 2",
        ),
        (
            &right.replace("\"size\"", "\"sise\""),
            "unknown field `sise`",
        ),
        (
            &right.replace("\"tag\": \"value\"", "\"tag\": 1"),
            "is damaged",
        ),
        (
            &right.replace("\"tag\": \"value\"", "\"tag\": \"1\", \"TAG\": \"2\""),
            "\"tag\" is there twice",
        ),
        (&right.replace("value", &"x".repeat(2046)), "2049 bytes"),
        (&huge, "more than 65536 bytes"),
    ] {
        std::fs::write(&sidecar, text).unwrap();
        let error = head_error(&object).to_string();
        assert!(
            error.contains("object.metadata.json") && error.contains(words),
            "{error}"
        );
    }
    for cut in 0..right.trim_end().len() {
        std::fs::write(&sidecar, &right[..cut]).unwrap();
        assert!(
            matches!(head_error(&object), StoreError::Sidecar { .. }),
            "cut at {cut}"
        );
    }
}

/// Puts a body that must be refused, with what is at the metadata file's place being exchanged
/// before `step`, then puts things back: the old object must be as it was.
fn refused_put(exchanged_at: Option<Step>, stand_in: fn(&Path)) -> StoreError {
    let folder = tempfile::tempdir().unwrap();
    let object = uri(folder.path(), "object");
    put(&object, "old", "old body");
    let sidecar = folder.path().join("object.metadata.json");
    let aside = folder.path().join("aside");
    let exchange = {
        let (sidecar, aside) = (sidecar.clone(), aside.clone());
        move || {
            std::fs::rename(&sidecar, &aside).unwrap();
            stand_in(&sidecar);
        }
    };
    let store = match exchanged_at {
        None => {
            exchange();
            FileStore::new()
        }
        Some(at) => FileStore::new().with_watcher(move |step| {
            if step == at {
                exchange();
            }
        }),
    };
    let error = wait_for(store.put_bytes(&object, Metadata::new(), Bytes::from_static(b"new")))
        .unwrap_err();
    std::fs::rename(&aside, &sidecar).unwrap();
    let (head, body) = wait_for(FileStore::new().get_bytes(&object, 100)).unwrap();
    assert_eq!(head.metadata.get("tag"), Some("old"));
    assert_eq!(body, b"old body");
    error
}

#[test]
fn a_metadata_file_that_cannot_be_opened_just_now_is_not_replaced() {
    // Not even root may open it: links are not followed.
    let link = |path: &Path| symlink("aside", path).unwrap();
    for at in [None, Some(Step::LockFolder)] {
        let error = refused_put(at, link);
        let StoreError::Io { step, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*step, "read its metadata file", "{at:?}");
    }
}

#[test]
fn a_metadata_file_of_another_version_is_not_replaced() {
    let newer = |path: &Path| std::fs::write(path, r#"{"version": 2, "objects": {}}"#).unwrap();
    for at in [None, Some(Step::LockFolder)] {
        let error = refused_put(at, newer);
        assert!(matches!(error, StoreError::Sidecar { .. }), "{error}");
        assert!(error.to_string().contains("has version 2"), "{error}");
    }
}

#[test]
fn a_damaged_metadata_file_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let object = uri(folder.path(), "object");
    put(&object, "old", "body");
    std::fs::write(folder.path().join("object.metadata.json"), "{").unwrap();
    put(&object, "mended", "new");
    let head = wait_for(FileStore::new().head(&object)).unwrap();
    assert_eq!(head.metadata.get("tag"), Some("mended"));
}

#[test]
fn links_pipes_and_folders_are_no_objects() {
    let folder = tempfile::tempdir().unwrap();
    put(&uri(folder.path(), "target"), "value", "body");
    symlink("target", folder.path().join("link")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, folder.path().join("pipe"), fifo, mode, 0).unwrap();
    for (name, found) in [
        ("link", "a symbolic link"),
        ("dangling", "a symbolic link"),
        ("folder", "a folder"),
        ("pipe", "a device, pipe or socket"),
    ] {
        let uri = uri(folder.path(), name);
        let store = FileStore::new();
        let got = wait_for(store.get(&uri)).map(|_| ()).unwrap_err();
        let put = wait_for(store.put(&uri, Metadata::new()))
            .map(|_| ())
            .unwrap_err();
        let deleted = wait_for(store.delete(&uri, None)).unwrap_err();
        for error in [got, put, deleted] {
            assert_eq!(
                error.to_string(),
                format!("`{uri}` is not an object but {found}")
            );
        }
        assert!(
            folder.path().join(name).symlink_metadata().is_ok(),
            "{name} is gone"
        );
    }
    let all = format!("file://{}", folder.path().display())
        .parse()
        .unwrap();
    let listed = wait_for(FileStore::new().list_all(&all)).unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
}

#[test]
fn names_that_clash_with_the_stores_own_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(242);
    for (name, words) in [
        ("a.metadata.json", "end in .metadata.json"),
        (".provost-a", "begin with .provost-"),
        (".provost-a/b", "begin with .provost-"),
        (long.as_str(), "242 bytes; at most 241 fit"),
    ] {
        let uri = uri(folder.path(), name);
        let error = wait_for(FileStore::new().put(&uri, Metadata::new()))
            .map(|_| ())
            .unwrap_err();
        assert!(matches!(error, StoreError::Name { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    put(&uri(folder.path(), &"x".repeat(241)), "value", "body");
}

#[test]
fn the_folder_is_locked_while_an_object_is_put_in_place() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let folder = tempfile::tempdir().unwrap();
    let inside = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (inside, uri) = (Arc::clone(&inside), uri(folder.path(), "object"));
            let store = FileStore::new().with_watcher(move |step| match step {
                Step::NameBody => {
                    assert_eq!(
                        inside.fetch_add(1, Ordering::SeqCst),
                        0,
                        "two writers at once"
                    );
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Step::PlaceBody => {
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
                _ => {}
            });
            std::thread::spawn(move || {
                for _ in 0..5 {
                    wait_for(store.put_bytes(&uri, Metadata::new(), Bytes::new())).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
}
