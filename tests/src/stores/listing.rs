//! Listings and names.

use bytes::Bytes;
use provost::store::{Metadata, ObjectPrefix, ObjectStore, ObjectStoreExt};

use super::{folder, object};

async fn put_empty(store: &dyn ObjectStore, under: &ObjectPrefix, key: &str) {
    let uri = object(under, key);
    let put = store
        .put_bytes(&uri, Metadata::new(), Bytes::from_static(b"body"))
        .await;
    put.expect("put");
}

async fn keys(store: &dyn ObjectStore, prefix: &ObjectPrefix) -> Vec<String> {
    let listed = store.list_all(prefix).await.expect("list");
    listed
        .into_iter()
        .map(|info| info.uri.to_string())
        .collect()
}

/// A listing is in the order of the keys' bytes, and a prefix ends at a `/`.
pub async fn list_is_sorted_and_prefix_bound_at_slash(
    store: &dyn ObjectStore,
    under: &ObjectPrefix,
) {
    // '-' and '.' sort before '/', '0' after it.
    let sorted = [
        "B", "a-b", "a.c", "a/b", "a/b.c/d", "a/bc", "a0", "a0/a", "b", "é",
    ];
    let sorted = sorted.map(|key| if key == "a0" { "a00" } else { key });
    for key in sorted.iter().rev() {
        put_empty(store, under, key).await;
    }
    let mut expected: Vec<_> = sorted.map(|key| object(under, key).to_string()).into();
    expected.sort();
    assert_eq!(keys(store, under).await, expected);

    let below = ["a/b", "a/b.c/d", "a/bc"].map(|key| object(under, key).to_string());
    assert_eq!(keys(store, &folder(under, "a")).await, below);
    let with_slash = format!("{}/", object(under, "a"))
        .parse()
        .expect("a prefix");
    assert_eq!(keys(store, &with_slash).await, below);
    let one = object(under, "b").to_string();
    assert_eq!(
        keys(store, &folder(under, "b")).await,
        [one],
        "a prefix that is one object"
    );
    assert_eq!(store.list_all(under).await.expect("list")[0].size, 4);
}

/// Listing where nothing is gives nothing, and is no error.
pub async fn list_of_nothing_is_empty(store: &dyn ObjectStore, under: &ObjectPrefix) {
    assert_eq!(keys(store, under).await, [""; 0]);
    let mut lister = store.list(under).await.expect("list");
    for _ in 0..3 {
        assert_eq!(
            lister.next_page().await.expect("a page"),
            [],
            "pages after the last"
        );
    }
}

/// More objects than any page holds are all listed, each once.
pub async fn many_objects_are_all_listed(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let names: Vec<_> = (0..1050).map(|n| format!("{:02}/{n:05}", n % 7)).collect();
    for name in &names {
        put_empty(store, under, name).await;
    }
    let mut expected: Vec<_> = names.iter().map(|n| object(under, n).to_string()).collect();
    expected.sort();
    assert_eq!(keys(store, under).await, expected);
}

/// Names with characters that other places would escape come back as they were given.
pub async fn names_survive(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let mut names = [
        "with space",
        "per%20cent",
        "que?ry",
        "ha#sh",
        "plus+",
        "ä/ö",
        "日本",
        "~tilde",
        "a=b&c",
        "star*",
        "back\\slash",
        "quote\"s'",
        ".hidden",
        "...",
        "{brace}",
        "[bracket]",
    ];
    names.sort_unstable();
    for name in names {
        put_empty(store, under, name).await;
        store.head(&object(under, name)).await.expect("head");
    }
    let expected = names.map(|name| object(under, name).to_string());
    assert_eq!(keys(store, under).await, expected);
}
