//! Conditions, new metadata, and reading one version.

use bytes::Bytes;
use futures_util::future::join_all;
use provost::store::{
    Condition, GetOptions, Metadata, NewObject, ObjectPrefix, ObjectStore, ObjectStoreExt,
    ObjectUri, StoreError,
};

use super::{metadata, object, pattern};

const LIMIT: u64 = 1 << 24;

fn new(tag: &str, condition: Condition) -> NewObject {
    NewObject {
        metadata: metadata(&[("tag", tag)]),
        condition,
        ..NewObject::default()
    }
}

async fn put(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    tag: &str,
    condition: Condition,
) -> Result<(), StoreError> {
    let body = Bytes::from(format!("body of {tag}"));
    store
        .put_bytes(uri, new(tag, condition), body)
        .await
        .map(drop)
}

async fn etag(store: &dyn ObjectStore, uri: &ObjectUri) -> String {
    let head = store.head(uri).await.expect("head");
    head.info.etag.expect("the store has no etags")
}

async fn tag(store: &dyn ObjectStore, uri: &ObjectUri) -> String {
    let (head, body) = store.get_bytes(uri, LIMIT).await.expect("get");
    let tag = head.metadata.get("tag").expect("a tag").to_owned();
    assert_eq!(body, format!("body of {tag}").into_bytes(), "a mixture");
    tag
}

fn is_unmet(error: &StoreError) -> bool {
    matches!(error, StoreError::Condition { .. })
}

/// A put that wants no object there puts one only where there is none.
pub async fn put_if_absent(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    put(store, &uri, "1", Condition::Absent)
        .await
        .expect("there is nothing");
    let refused = put(store, &uri, "2", Condition::Absent)
        .await
        .expect_err("there is an object");
    assert!(is_unmet(&refused), "{refused}");
    assert!(
        refused.to_string().contains(&uri.to_string()),
        "unnamed: {refused}"
    );
    assert_eq!(tag(store, &uri).await, "1");
    store.delete(&uri, None).await.expect("delete");
    put(store, &uri, "3", Condition::Absent)
        .await
        .expect("there is nothing any more");
}

/// A put that replaces one object replaces that object only.
pub async fn put_if_unchanged(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    put(store, &uri, "1", Condition::Always).await.expect("put");
    let first = etag(store, &uri).await;
    put(store, &uri, "2", Condition::Unchanged(first.clone()))
        .await
        .expect("it is unchanged");
    let refused = put(store, &uri, "3", Condition::Unchanged(first.clone()))
        .await
        .expect_err("it changed");
    assert!(is_unmet(&refused), "{refused}");
    assert_eq!(tag(store, &uri).await, "2");
    store.delete(&uri, None).await.expect("delete");
    let refused = put(store, &uri, "4", Condition::Unchanged(first))
        .await
        .expect_err("it is gone");
    assert!(is_unmet(&refused), "{refused}");
    let gone = store.head(&uri).await.expect_err("nothing was put");
    assert!(gone.is_not_found(), "{gone}");
}

/// A condition holds for a body that is sent in parts as for a small one, at the moment at which
/// the object becomes visible.
pub async fn conditions_hold_when_a_large_body_is_finished(
    store: &dyn ObjectStore,
    under: &ObjectPrefix,
) {
    let uri = object(under, "object");
    let mut writer = store
        .create(&uri, new("late", Condition::Absent))
        .await
        .expect("there is nothing yet");
    for _ in 0..20 {
        writer
            .write(Bytes::from(vec![1; 1 << 20]))
            .await
            .expect("write");
    }
    put(store, &uri, "first", Condition::Always)
        .await
        .expect("put");
    let refused = writer.finish().await.expect_err("there is an object now");
    assert!(is_unmet(&refused), "{refused}");
    assert_eq!(tag(store, &uri).await, "first");
    let left = store.uploads(under).await.expect("uploads");
    assert_eq!(left, [], "parts stay behind");
}

/// Of several writers that want to be the first, one is.
pub async fn one_of_many_is_first(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let writers = (0..8).map(|n| {
        let uri = uri.clone();
        async move {
            let n = n.to_string();
            match put(store, &uri, &n, Condition::Absent).await {
                Ok(()) => Some(n),
                Err(error) => {
                    assert!(is_unmet(&error), "{error}");
                    None
                }
            }
        }
    });
    let first: Vec<_> = join_all(writers).await.into_iter().flatten().collect();
    assert_eq!(first, [tag(store, &uri).await]);
}

/// New metadata takes the place of all the old, and the body stays.
pub async fn metadata_is_replaced_alone(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let body = pattern(100_000);
    let old = metadata(&[("kept", "old"), ("dropped", "old")]);
    store
        .put_bytes(&uri, old, body.clone().into())
        .await
        .expect("put");
    let before = etag(store, &uri).await;
    let new = metadata(&[("kept", "new"), ("added", "new")]);
    let info = store
        .replace_metadata(&uri, new.clone(), Condition::Unchanged(before.clone()))
        .await
        .expect("replace_metadata");
    assert_eq!((&info.uri, info.size), (&uri, 100_000));
    let (head, now) = store.get_bytes(&uri, LIMIT).await.expect("get");
    assert_eq!(head.metadata, new);
    assert!(now == body, "the body changed");
    assert_eq!(info.etag, head.info.etag, "what replace_metadata says");

    let refused = store
        .replace_metadata(&uri, Metadata::new(), Condition::Unchanged(before.clone()))
        .await;
    // On S3 the etag stands for the body alone.
    match refused {
        Err(error) => assert!(is_unmet(&error), "{error}"),
        Ok(_) => assert_eq!(head.info.etag.as_deref(), Some(before.as_str())),
    }
    store
        .replace_metadata(&uri, Metadata::new(), Condition::Always)
        .await
        .expect("replace_metadata");
    let head = store.head(&uri).await.expect("head");
    assert!(head.metadata.is_empty(), "{head:?}");

    let missing = store
        .replace_metadata(
            &object(under, "missing"),
            Metadata::new(),
            Condition::Always,
        )
        .await
        .expect_err("there is nothing");
    assert!(missing.is_not_found(), "{missing}");
    store.delete(&uri, None).await.expect("delete");
}

/// An object is read only if it is the one that was asked for.
pub async fn get_if_match(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    put(store, &uri, "1", Condition::Always).await.expect("put");
    let first = etag(store, &uri).await;
    let asked = |range| GetOptions {
        range,
        if_match: Some(first.clone()),
        ..GetOptions::default()
    };
    for range in [None, Some(0..4)] {
        let length = range.clone().map_or(9, |_| 4);
        let mut opened = store.open(&uri, asked(range)).await.expect("open");
        let (body, got) = opened.body.read(vec![0; 100]).await.expect("read");
        assert_eq!(body[..got], b"body of 1"[..length]);
    }
    put(store, &uri, "2", Condition::Always).await.expect("put");
    for range in [None, Some(0..4)] {
        let opened = store.open(&uri, asked(range)).await;
        let refused = opened.map(drop).expect_err("it changed");
        assert!(is_unmet(&refused), "{refused}");
    }
}

/// An object is removed only if it is the one that was asked for; one that is gone is no error.
pub async fn delete_if_match(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    put(store, &uri, "1", Condition::Always).await.expect("put");
    let first = etag(store, &uri).await;
    put(store, &uri, "2", Condition::Always).await.expect("put");
    let refused = store
        .delete(&uri, Some(&first))
        .await
        .expect_err("it changed");
    assert!(is_unmet(&refused), "{refused}");
    assert_eq!(tag(store, &uri).await, "2");
    let second = etag(store, &uri).await;
    for left in ["it is unchanged", "it is gone"] {
        store.delete(&uri, Some(&second)).await.expect(left);
        let gone = store.head(&uri).await.expect_err("it was removed");
        assert!(gone.is_not_found(), "{gone}");
    }
}

/// A version is one that the store has, or an error.
pub async fn unknown_versions_are_refused(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    put(store, &uri, "1", Condition::Always).await.expect("put");
    let version = || Some("no-such-version".to_owned());
    let options = GetOptions {
        version: version(),
        ..GetOptions::default()
    };
    let opened = store.open(&uri, options).await;
    opened.map(drop).expect_err("open of another version");
    let looked = store.look(&uri, version().as_deref()).await;
    looked.expect_err("look at another version");
}
