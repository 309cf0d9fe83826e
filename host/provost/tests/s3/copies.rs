//! New metadata keeps everything else.

use std::sync::Arc;

use aws_sdk_s3::types::{ServerSideEncryption as Mode, StorageClass};
use bytes::Bytes;
use provost::store::{
    Attributes, Condition, Metadata, NewObject, ObjectStore, ObjectStoreExt, S3Store,
    ServerSideEncryption,
};

use crate::rig::{Rig, Server, pattern};

fn metadata(value: &str) -> Metadata {
    Metadata::try_from(vec![("tag", value)]).unwrap()
}

fn full() -> NewObject {
    let text = |text: &str| Some(text.to_owned());
    NewObject {
        metadata: metadata("old"),
        attributes: Attributes {
            content_type: text("text/plain; charset=utf-8"),
            content_encoding: text("gzip"),
            content_disposition: text("attachment; filename=\"a b\""),
            content_language: text("de"),
            cache_control: text("max-age=60"),
            expires: text("Thu, 01 Dec 2033 16:00:00 GMT"),
            website_redirect: text("/elsewhere"),
            storage_class: text("STANDARD_IA"),
        },
        tags: vec![
            ("team".to_owned(), "a + b = c".to_owned()),
            ("empty".to_owned(), String::new()),
        ],
        encryption: Some(ServerSideEncryption::S3),
        condition: Condition::Always,
        unique: false,
    }
}

/// Moto alone has all of them.
#[test]
fn attributes_tags_and_encryption_survive_new_metadata() {
    let rig = Rig::new(Server::Moto);
    let small = 6 << 20;
    let in_parts = S3Store::copying_in_parts(&rig.bucket, Arc::clone(&rig.host), 5 << 20);
    let in_one: &dyn ObjectStore = &*rig.store;
    for (name, store) in [("one", in_one), ("parts", &in_parts as &dyn ObjectStore)] {
        let uri = rig.uri(&format!("folder/{name} ä"));
        let body = Bytes::from(pattern(small));
        rig.wait(store.put_bytes(&uri, full(), body.clone()))
            .unwrap();
        let before = rig.wait(store.head(&uri)).unwrap();
        assert_eq!(before.attributes, full().attributes, "{name}");
        assert_eq!(before.encryption, full().encryption, "{name}");
        assert_eq!(
            sorted(rig.wait(store.tags(&uri, None)).unwrap()),
            sorted(full().tags)
        );

        let etag = before.info.etag.clone().unwrap();
        let done = store.replace_metadata(&uri, metadata("new"), Condition::Unchanged(etag));
        rig.wait(done).unwrap();
        let (after, got) = rig.wait(store.get_bytes(&uri, 1 << 30)).unwrap();
        assert!(got == body, "{name}: the body changed");
        assert_eq!(after.metadata, metadata("new"), "{name}");
        assert_eq!(after.attributes, before.attributes, "{name}");
        assert_eq!(after.encryption, before.encryption, "{name}");
        assert_eq!(
            sorted(rig.wait(store.tags(&uri, None)).unwrap()),
            sorted(full().tags),
            "{name}"
        );
        // An ETag of several parts says how many: that way was really taken.
        let parts = after.info.etag.unwrap().contains("-2");
        assert_eq!(parts, name == "parts");
        // What another client sees.
        let seen = rig
            .sdk
            .head_object()
            .bucket(&rig.bucket)
            .key(uri.key())
            .send();
        let seen = rig.wait(seen).unwrap();
        assert_eq!(seen.storage_class(), Some(&StorageClass::StandardIa));
        assert_eq!(seen.server_side_encryption(), Some(&Mode::Aes256));
        assert_eq!(seen.expires_string(), Some("Thu, 01 Dec 2033 16:00:00 GMT"));
    }
    let left = rig.wait(
        rig.store
            .uploads(&format!("s3://{}/", rig.bucket).parse().unwrap()),
    );
    assert_eq!(left.unwrap(), []);
}

#[test]
fn a_large_object_is_copied_in_parts_on_the_strict_server() {
    let rig = Rig::new(Server::Strict);
    let store = S3Store::copying_in_parts(&rig.bucket, Arc::clone(&rig.host), 5 << 20);
    let uri = rig.uri("object");
    let body = Bytes::from(pattern(11 << 20));
    rig.wait(store.put_bytes(&uri, metadata("old"), body.clone()))
        .unwrap();
    rig.wait(store.replace_metadata(&uri, metadata("new"), Condition::Always))
        .unwrap();
    let (after, got) = rig.wait(store.get_bytes(&uri, 1 << 30)).unwrap();
    assert!(got == body, "the body changed");
    assert_eq!(after.metadata, metadata("new"));
    assert!(after.info.etag.unwrap().contains("-3"), "5, 5 and 1 MiB");
}

fn sorted(mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
    tags.sort();
    tags
}
