//! Calls of KMS for many objects, with and without data keys that are reused; from the server's log.

use std::collections::BTreeSet;
use std::io::Cursor;

use crate::rig::{Rig, Setup};
use crate::server::{counted, new_key, requests};

fn put_many(rig: &Rig, count: usize) -> BTreeSet<Vec<u8>> {
    let root = rig.folder.path().canonicalize().unwrap();
    let uri = |number: usize| rig.uri(&number.to_string());
    let objects = rig.host.objects(&uri(0)).unwrap();
    let mut bodies = BTreeSet::new();
    rig.runtime.block_on(async {
        for number in 0..count {
            let uri = uri(number);
            let stored = objects.put(&uri, Cursor::new(b"1234"), Some(4), None);
            stored.await.unwrap();
        }
    });
    for number in [0, count / 2, count - 1] {
        bodies.insert(std::fs::read(root.join(format!("store/{number}"))).unwrap());
    }
    bodies
}

fn rig(key: &str, reuse: &str) -> Rig {
    let prefix = "[[prefixes]]\nprefix = \"file://{root}/store/\"\n";
    Setup::cse_kms(key)
        .tables(&format!("{prefix}{reuse}"))
        .build()
}

#[test]
fn a_data_key_serves_as_many_objects_as_it_may() {
    let key = new_key("us-east-1");
    let reuse = "write.data_key_reuse = { objects = 10, bytes = \"1MiB\", age = \"1h\" }";
    let rig = rig(&key, reuse);
    let bodies = put_many(&rig, 35);
    assert_eq!(bodies.len(), 3, "one plaintext, each time another body");
    let calls = counted(&key);
    assert_eq!(
        (calls["GenerateDataKey"], calls["Decrypt"]),
        (4, 1),
        "{calls:?}"
    );
}

#[test]
fn bytes_are_a_bound_too() {
    let key = new_key("us-east-1");
    let reuse = "write.data_key_reuse = { objects = 1000, bytes = \"12B\", age = \"1h\" }";
    put_many(&rig(&key, reuse), 9);
    assert_eq!(counted(&key)["GenerateDataKey"], 3);
}

/// Populated contexts name the object, so no two of them are identical.
#[test]
fn objects_of_different_contexts_share_no_key() {
    let key = new_key("us-east-1");
    let reuse = "write.data_key_reuse = { objects = 10, bytes = \"1MiB\", age = \"1h\" }\n\
                 [description]\npopulate = true";
    put_many(&rig(&key, reuse), 5);
    put_many(&rig(&key, reuse), 5);
    let contexts: Vec<_> = requests(&[&key])
        .into_iter()
        .filter(|request| request.operation == "GenerateDataKey")
        .map(|request| request.context.unwrap())
        .collect();
    assert_eq!(contexts.len(), 10);
    let different: BTreeSet<_> = contexts.iter().collect();
    assert_eq!(different.len(), 10, "{contexts:?}");
}

#[test]
fn by_default_each_object_has_its_own() {
    let key = new_key("us-east-1");
    put_many(&rig(&key, ""), 9);
    assert_eq!(counted(&key)["GenerateDataKey"], 9);
}

/// The figures of docs: `PROVOST_TEST_KMS_OBJECTS=10000`; a hundredth of that otherwise.
#[test]
fn calls_for_ten_thousand_objects() {
    let count = std::env::var("PROVOST_TEST_KMS_OBJECTS").map_or(100, |n| n.parse().unwrap());
    let reuse = "write.data_key_reuse = { objects = 100, bytes = \"64GiB\", age = \"1h\" }";
    for (reuse, expected) in [("", count), (reuse, count / 100)] {
        let key = new_key("us-east-1");
        let begun = std::time::Instant::now();
        put_many(&rig(&key, reuse), count);
        let calls = counted(&key);
        println!(
            "{count} objects, {reuse:?}: {calls:?} in {:?}",
            begun.elapsed()
        );
        assert_eq!((calls["GenerateDataKey"], calls["Decrypt"]), (expected, 1));
    }
}
