//! Uploads in parts that are not finished.

use std::time::Duration;

use bytes::Bytes;
use provost::store::{Metadata, ObjectPrefix, ObjectStoreExt, StoreError, Upload};

use crate::rig::{Rig, Server};

fn all(rig: &Rig) -> ObjectPrefix {
    format!("s3://{}/", rig.bucket).parse().unwrap()
}

fn uploads(rig: &Rig, prefix: &ObjectPrefix) -> Vec<Upload> {
    rig.wait(rig.store.uploads(prefix)).unwrap()
}

#[test]
fn an_orphan_is_listed_under_its_prefix_and_removed_by_its_id() {
    for server in Server::ALL {
        let rig = Rig::new(server);
        let mut ids = Vec::new();
        for key in ["a/b", "a-c", "a b/ä"] {
            let begun = rig
                .sdk
                .create_multipart_upload()
                .bucket(&rig.bucket)
                .key(key)
                .send();
            ids.push(rig.wait(begun).unwrap().upload_id.unwrap());
        }
        let mut found = uploads(&rig, &all(&rig));
        found.sort_by_key(|upload| upload.uri.clone());
        let names: Vec<_> = found.iter().map(|upload| upload.uri.key()).collect();
        assert_eq!(names, ["a b/ä", "a-c", "a/b"], "{server:?}");
        assert!(found.iter().all(|upload| upload.begun.is_some()));

        let under = format!("s3://{}/a", rig.bucket).parse().unwrap();
        let one = uploads(&rig, &under);
        assert_eq!(one.len(), 1, "{server:?}: prefixes end at a slash: {one:?}");
        assert_eq!(one[0].id, ids[0]);
        rig.wait(rig.store.abort_upload(&one[0])).unwrap();
        assert_eq!(uploads(&rig, &under), [], "{server:?}");
        assert_eq!(uploads(&rig, &all(&rig)).len(), 2);
        let unknown = Upload::new(rig.uri("a-c"), "no-such-upload");
        let error = rig.wait(rig.store.abort_upload(&unknown)).unwrap_err();
        assert!(
            matches!(error, StoreError::NoUpload { .. }),
            "{server:?}: {error:?}"
        );
    }
}

#[test]
fn a_put_that_is_dropped_or_aborted_leaves_no_upload() {
    for server in Server::ALL {
        let rig = Rig::new(server);
        for abort in [false, true] {
            let uri = rig.uri("object");
            rig.wait(async {
                let mut writer = rig.store.put(&uri, Metadata::new()).await.unwrap();
                for _ in 0..3 {
                    writer.write(Bytes::from(vec![1; 8 << 20])).await.unwrap();
                }
                let begun = rig.store.uploads(&(&uri).into()).await.unwrap();
                assert_eq!(begun.len(), 1, "{server:?}: {begun:?}");
                if abort {
                    writer.abort().await.unwrap();
                } else {
                    drop(writer);
                }
                // Given up in the background.
                for _ in 0..100 {
                    if rig.store.uploads(&(&uri).into()).await.unwrap().is_empty() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                panic!("{server:?}: the upload stays");
            });
        }
    }
}

#[test]
fn an_upload_that_somebody_else_gives_up_is_an_error_that_says_so() {
    // Moto answers a part of an unknown upload with status 500.
    let rig = Rig::new(Server::Strict);
    let uri = rig.uri("object");
    let error = rig.wait(async {
        let mut writer = rig.store.put(&uri, Metadata::new()).await.unwrap();
        writer.write(Bytes::from(vec![1; 9 << 20])).await.unwrap();
        for upload in rig.store.uploads(&(&uri).into()).await.unwrap() {
            rig.store.abort_upload(&upload).await.unwrap();
        }
        writer.finish().await.unwrap_err()
    });
    assert!(matches!(error, StoreError::NoUpload { .. }), "{error:?}");
    let missing = rig.wait(rig.store.head(&uri)).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}
