//! Putting, replacing and deleting.

use bytes::Bytes;
use futures_util::future::{join, join_all};
use provost::store::{Metadata, ObjectPrefix, ObjectStore, ObjectStoreExt, StoreError};

use super::{map, metadata, object};

const LIMIT: u64 = 1 << 24;

/// What is put can be got, with its facts and metadata, until it is deleted.
pub async fn put_get_delete(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "folder/object");
    let entries = [("x-amz-key", "value"), ("empty", "")];
    let put = store
        .put_bytes(&uri, metadata(&entries), Bytes::from_static(b"body"))
        .await
        .expect("put");
    assert_eq!((&put.uri, put.size), (&uri, 4), "what put says");

    let (head, body) = store.get_bytes(&uri, LIMIT).await.expect("get");
    assert_eq!(body, b"body", "the body");
    assert_eq!(head.metadata.as_map(), &map(&entries), "the metadata");
    assert_eq!((&head.info.uri, head.info.size), (&uri, 4), "what get says");
    let alone = store.head(&uri).await.expect("head");
    assert_eq!(alone, head, "head and get agree");

    store.delete(&uri, None).await.expect("delete");
    let gone = store.get(&uri).await.expect_err("a deleted object is gone");
    assert!(gone.is_not_found(), "{gone}");
}

/// Body and metadata are replaced together: no entry of the old object stays. An etag, where there
/// is one, changes with the body.
pub async fn overwrite_replaces_metadata(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let old = metadata(&[("kept", "old"), ("dropped", "old")]);
    store
        .put_bytes(&uri, old, Bytes::from_static(b"same"))
        .await
        .expect("first put");
    let before = store.head(&uri).await.expect("head").info.etag;
    let new = [("kept", "new"), ("added", "new")];
    // The same body on purpose: an adapter must not tell objects apart by their bodies alone.
    store
        .put_bytes(&uri, metadata(&new), Bytes::from_static(b"same"))
        .await
        .expect("second put");
    let (head, body) = store.get_bytes(&uri, LIMIT).await.expect("get");
    assert_eq!(body, b"same");
    assert_eq!(head.metadata.as_map(), &map(&new));
    store
        .put_bytes(&uri, Metadata::new(), Bytes::new())
        .await
        .expect("third put");
    let head = store.head(&uri).await.expect("head");
    assert!(head.metadata.is_empty() && head.info.size == 0, "{head:?}");
    assert!(
        head.info.etag.is_none() || head.info.etag != before,
        "the etag stayed {before:?}"
    );
}

/// Names of metadata come back in lower case, whatever case they were given in.
pub async fn metadata_is_lower_case(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let given = metadata(&[("X-Amz-Key-V2", "MiXed"), ("with_underscore.and-more", "1")]);
    store
        .put_bytes(&uri, given, Bytes::new())
        .await
        .expect("put");
    let head = store.head(&uri).await.expect("head");
    let expected = map(&[("x-amz-key-v2", "MiXed"), ("with_underscore.and-more", "1")]);
    assert_eq!(head.metadata.as_map(), &expected);
}

/// Metadata of the largest size is kept whole.
pub async fn metadata_of_the_largest_size(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let value = "\\\"{}=/+".repeat(255);
    let rest = "x".repeat(Metadata::MAX_BYTES - value.len() - 2);
    let given = metadata(&[("a", &value), ("b", &rest)]);
    assert_eq!(given.bytes(), Metadata::MAX_BYTES);
    store
        .put_bytes(&uri, given.clone(), Bytes::new())
        .await
        .expect("put");
    assert_eq!(store.head(&uri).await.expect("head").metadata, given);
}

/// Whatever asks for an object that is not there hears exactly that.
pub async fn get_of_missing_is_not_found(store: &dyn ObjectStore, under: &ObjectPrefix) {
    store
        .put_bytes(&object(under, "object"), Metadata::new(), Bytes::new())
        .await
        .expect("put");
    for key in [
        "objec",
        "object.instruction",
        "nofolder/object",
        "object/below",
    ] {
        let uri = object(under, key);
        let got = store.get(&uri).await.map(|_| ()).expect_err("get");
        let ranged = store
            .get_range(&uri, 0..1)
            .await
            .map(|_| ())
            .expect_err("get_range");
        let headed = store.head(&uri).await.map(|_| ()).expect_err("head");
        for error in [got, ranged, headed] {
            assert!(error.is_not_found(), "{key}: {error}");
            assert!(
                error.to_string().contains(&uri.to_string()),
                "unnamed: {error}"
            );
        }
    }
}

/// Deleting what is not there succeeds, and deletes nothing else.
pub async fn delete_is_idempotent(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "folder/object");
    store
        .delete(&uri, None)
        .await
        .expect("delete of what never was");
    store
        .put_bytes(&uri, Metadata::new(), Bytes::new())
        .await
        .expect("put");
    store
        .delete(&object(under, "folder/objec"), None)
        .await
        .expect("delete of a neighbour");
    store.head(&uri).await.expect("the object is still there");
    store.delete(&uri, None).await.expect("delete");
    store.delete(&uri, None).await.expect("delete again");
}

/// A put that is dropped or aborted leaves what was there before: an object, or nothing.
pub async fn abandoned_put_leaves_nothing(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let (fresh, old) = (object(under, "fresh"), object(under, "old"));
    let before = metadata(&[("is", "old")]);
    store
        .put_bytes(&old, before.clone(), Bytes::from_static(b"old"))
        .await
        .expect("put");
    for uri in [&fresh, &old] {
        // Large enough that parts have been sent.
        for chunks in [0, 1, 20] {
            for abort in [false, true] {
                let new = metadata(&[("is", "new")]);
                let mut writer = store.put(uri, new).await.expect("begin a put");
                for _ in 0..chunks {
                    writer
                        .write(Bytes::from(vec![1; 1 << 20]))
                        .await
                        .expect("write");
                }
                if abort {
                    writer.abort().await.expect("abort");
                } else {
                    drop(writer);
                }
            }
        }
    }
    let missing = store
        .head(&fresh)
        .await
        .expect_err("nothing was finished there");
    assert!(missing.is_not_found(), "{missing}");
    let (head, body) = store.get_bytes(&old, LIMIT).await.expect("get");
    assert_eq!(
        (head.metadata, body.as_slice()),
        (before, b"old".as_slice())
    );
    let listed = store.list_all(under).await.expect("list");
    let listed: Vec<_> = listed.iter().map(|i| &i.uri).collect();
    assert_eq!(listed, [&old], "abandoned puts are listed");
}

/// An object that was opened stays the version it was, while the name goes on to others.
pub async fn open_body_outlives_replacement(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let old = vec![1; 3 << 20];
    store
        .put_bytes(&uri, metadata(&[("v", "1")]), old.clone().into())
        .await
        .expect("put");
    let mut first = store.get(&uri).await.expect("get");
    let (start, got) = first.body.read(vec![0; 1 << 20]).await.expect("read");
    assert_eq!(got, 1 << 20);
    store
        .put_bytes(&uri, metadata(&[("v", "2")]), Bytes::from_static(b"new"))
        .await
        .expect("put");
    store.delete(&uri, None).await.expect("delete");
    let (rest, got) = first.body.read(vec![0; 3 << 20]).await.expect("read");
    assert_eq!(got, 2 << 20, "the rest of the old body");
    assert_eq!([&start, &rest[..got]].concat(), old);
    assert_eq!(first.head.metadata.get("v"), Some("1"));
}

/// While writers replace an object, readers see a body with its own metadata, of one version or
/// another, and never nothing.
pub async fn readers_never_see_a_mixture(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let version = |n: u32| {
        (
            metadata(&[("v", &n.to_string())]),
            Bytes::from(format!("body {n}")),
        )
    };
    let (first, body) = version(0);
    store.put_bytes(&uri, first, body).await.expect("put");
    let writing = async {
        for n in 1..40 {
            let (metadata, body) = version(n);
            store.put_bytes(&uri, metadata, body).await.expect("put");
        }
    };
    let reading = async {
        for _ in 0..200 {
            let (head, body) = store.get_bytes(&uri, LIMIT).await.expect("get");
            let v = head
                .metadata
                .get("v")
                .expect("metadata of one of the versions");
            assert_eq!(body, format!("body {v}").into_bytes(), "a mixture");
        }
    };
    join(writing, reading).await;
}

/// Of several writers at once, one wins whole.
pub async fn concurrent_writers_leave_one_whole_object(
    store: &dyn ObjectStore,
    under: &ObjectPrefix,
) {
    let uri = object(under, "object");
    let writers = (0..8_u8).map(|n| {
        let uri = uri.clone();
        async move {
            let about = metadata(&[("writer", &n.to_string())]);
            let mut writer = store.put(&uri, about).await.expect("begin a put");
            for _ in 0..4 {
                writer
                    .write(Bytes::from(vec![n; 1000]))
                    .await
                    .expect("write");
                tokio::task::yield_now().await;
            }
            writer.finish().await.expect("finish");
        }
    });
    join_all(writers).await;
    let (head, body) = store.get_bytes(&uri, LIMIT).await.expect("get");
    let winner: u8 = head
        .metadata
        .get("writer")
        .expect("metadata")
        .parse()
        .expect("a number");
    assert_eq!(body, vec![winner; 4000]);
    assert_eq!(store.list_all(under).await.expect("list").len(), 1);
}

/// A store refuses what belongs to another one.
pub async fn uris_of_another_store_are_refused(store: &dyn ObjectStore, _under: &ObjectPrefix) {
    let foreign = "s3://not-this-store/object".parse().expect("a URI");
    let refused = store.head(&foreign).await.expect_err("head");
    assert!(
        matches!(refused, StoreError::ForeignUri { .. }),
        "{refused}"
    );
    let refused = store
        .put(&foreign, Metadata::new())
        .await
        .map(|_| ())
        .expect_err("put");
    assert!(
        matches!(refused, StoreError::ForeignUri { .. }),
        "{refused}"
    );
    let refused = store
        .list(&(&foreign).into())
        .await
        .map(|_| ())
        .expect_err("list");
    assert!(
        matches!(refused, StoreError::ForeignUri { .. }),
        "{refused}"
    );
}
