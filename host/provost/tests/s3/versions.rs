//! Versions of objects.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use bytes::Bytes;
use provost::store::{Condition, GetOptions, Metadata, ObjectStoreExt, ObjectUri};

use crate::rig::{Rig, Server, pattern};

fn versioned() -> Rig {
    let rig = Rig::new(Server::Moto);
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let set = rig
        .sdk
        .put_bucket_versioning()
        .bucket(&rig.bucket)
        .versioning_configuration(enabled);
    rig.wait(set.send()).unwrap();
    rig
}

fn put(rig: &Rig, uri: &ObjectUri, tag: &str, body: Vec<u8>) -> String {
    let metadata = Metadata::try_from(vec![("tag", tag)]).unwrap();
    let put = rig.wait(rig.store.put_bytes(uri, metadata, body.into()));
    put.unwrap().version.expect("the version that was put")
}

#[test]
fn every_version_is_listed_and_read_by_its_name() {
    let rig = versioned();
    let uri = rig.uri("folder/a b");
    let first = put(&rig, &uri, "1", pattern(20 << 20));
    let second = put(&rig, &uri, "2", b"second".to_vec());
    put(&rig, &rig.uri("folder-other/x"), "other", Vec::new());
    rig.wait(rig.store.delete(&uri, None)).unwrap();
    let prefix = format!("s3://{}/folder", rig.bucket).parse().unwrap();
    let all = rig.wait(rig.store.versions_all(&prefix)).unwrap();
    let seen: Vec<_> = all
        .iter()
        .map(|version| {
            (
                version.is_delete_marker,
                version.is_latest,
                &version.info.uri,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (true, true, &uri),
            (false, false, &uri),
            (false, false, &uri)
        ]
    );
    assert_eq!(
        all[1].info.version.as_deref(),
        Some(second.as_str()),
        "newest first"
    );
    assert_eq!(all[2].info.version.as_deref(), Some(first.as_str()));
    assert_eq!(all[2].info.size, 20 << 20);

    // The object is gone; its versions are not, and the larger is read in parts.
    assert!(rig.wait(rig.store.head(&uri)).unwrap_err().is_not_found());
    let head = rig.wait(rig.store.look(&uri, Some(&first))).unwrap();
    assert_eq!(head.metadata.get("tag"), Some("1"));
    let options = GetOptions {
        version: Some(first.clone()),
        ..GetOptions::default()
    };
    let body = rig.wait(async {
        let mut opened = rig.store.open(&uri, options).await.unwrap();
        assert_eq!(opened.head.info.version.as_deref(), Some(first.as_str()));
        let (body, got) = opened.body.read(vec![0; 20 << 20]).await.unwrap();
        assert_eq!(got, 20 << 20);
        body
    });
    assert!(body == pattern(20 << 20));
}

#[test]
fn a_large_body_that_is_replaced_while_it_is_read_stays_its_version() {
    let rig = versioned();
    let uri = rig.uri("object");
    let old = pattern(100 << 20);
    put(&rig, &uri, "old", old.clone());
    let (first, rest) = rig.wait(async {
        let mut opened = rig.store.get(&uri).await.unwrap();
        let (first, _) = opened.body.read(vec![0; 1 << 20]).await.unwrap();
        rig.store
            .put_bytes(&uri, Metadata::new(), Bytes::from_static(b"new"))
            .await
            .unwrap();
        let (rest, got) = opened.body.read(vec![0; 100 << 20]).await.unwrap();
        assert_eq!(got, 99 << 20);
        (first, rest[..got].to_vec())
    });
    assert!([first, rest].concat() == old);
}

#[test]
fn new_metadata_makes_a_version_and_leaves_the_old_one() {
    let rig = versioned();
    let uri = rig.uri("object");
    let first = put(&rig, &uri, "old", b"body".to_vec());
    let new = Metadata::try_from(vec![("tag", "new")]).unwrap();
    let info = rig
        .wait(rig.store.replace_metadata(&uri, new, Condition::Always))
        .unwrap();
    assert_ne!(info.version, Some(first.clone()));
    let old = rig.wait(rig.store.look(&uri, Some(&first))).unwrap();
    assert_eq!(old.metadata.get("tag"), Some("old"));
    let now = rig.wait(rig.store.head(&uri)).unwrap();
    assert_eq!(now.metadata.get("tag"), Some("new"));
    assert_eq!(now.info.version, info.version);
}
