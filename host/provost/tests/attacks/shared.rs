//! An object that its owner shares with the holder of another RSA key, as Amazon's client for Java
//! does it: with a second instruction file.

use crate::bucket::Bucket;
use crate::java::Java4;
use crate::node::{Keys, Node, Rsa, WAYS, bytes};
use crate::servers::Server;

const FILES: &str = "read.envelope = [\"metadata\", \"instruction-file\"]";
const SHARED: &str = "read.instruction_suffix = \".shared\"";

#[test]
fn what_java_shares_with_another_key_is_read_with_that_key() {
    let bucket = Bucket::new(Server::Strict, "shared");
    let endpoint = bucket.server.endpoint();
    let (owner, other) = (Keys::Rsa(Rsa::new("k1")), Keys::Rsa(Rsa::new("k2")));
    let files = bucket.policy(FILES);
    let shared = bucket.policy(&format!("{FILES}\n{SHARED}"));
    let of_owner = Node::with_keys(&endpoint, &owner, &files);
    let of_other = Node::with_keys(&endpoint, &other, &shared);
    let text = bytes(1, 5000);
    let source = of_owner.file("source", &text);
    let mut java = Java4::start(&endpoint);
    let uri = bucket.uri("all/x");
    java.put_with_file(&bucket, "all/x", &owner, &source);
    of_other.run(&["object", "verify", &uri]).refused();
    java.share(&bucket, "all/x", &owner, &other, "shared");
    let mut there = bucket.keys();
    there.sort();
    assert_eq!(there, ["all/x", "all/x.instruction", "all/x.shared"]);

    for (_, get) in WAYS {
        assert!(get(&of_owner, &uri).unwrap() == text);
        assert!(get(&of_other, &uri).unwrap() == text);
    }
    let range = ["object", "cat", "--range", "5-9", "--unauthenticated", &uri];
    assert_eq!(of_other.run(&range).stdout, text[5..10]);
    let seen = of_other.json(&["object", "inspect", &uri]);
    assert_eq!(seen["description"]["rsa_name"], "k2", "{seen}");
    // The file is no object of its own.
    let verified = of_other.json(&["object", "verify", "-r", &bucket.uri("all/")]);
    assert_eq!(verified["summary"]["done"], 1, "{verified}");

    // Neither key is good for the other file.
    for (keys, policy) in [(&other, &files), (&owner, &shared)] {
        let node = Node::with_keys(&endpoint, keys, policy);
        node.get(&uri).unwrap_err();
    }
    // Nothing is written that would not be read there.
    for command in [
        &["object", "rewrap", &uri][..],
        &["object", "reencrypt", "--all", &uri],
    ] {
        let ran = of_other.run(command);
        ran.refused();
        assert!(ran.stderr.contains("`.shared`"), "{ran:?}");
    }
    of_other.put(&uri, &text).refused();
    assert!(of_owner.get(&uri).unwrap() == text);
}

/// The suffix is the operator's word, so a file that belongs to another body or format opens nothing.
#[test]
fn a_shared_file_of_another_object_is_refused() {
    let bucket = Bucket::new(Server::Strict, "shared-swap");
    let endpoint = bucket.server.endpoint();
    let (owner, other) = (Keys::Rsa(Rsa::new("k1")), Keys::Rsa(Rsa::new("k2")));
    let shared = bucket.policy(&format!("{FILES}\n{SHARED}"));
    let of_other = Node::with_keys(&endpoint, &other, &shared);
    let mut java = Java4::start(&endpoint);
    for (key, seed) in [("x", 1), ("y", 2)] {
        let source = of_other.file("source", &bytes(seed, 100));
        java.put_with_file(&bucket, key, &owner, &source);
        java.share(&bucket, key, &owner, &other, "shared");
    }
    assert!(of_other.get(&bucket.uri("x")).unwrap() == bytes(1, 100));
    bucket.put("x.shared", &bucket.get("y.shared"));
    for (_, get) in WAYS {
        get(&of_other, &bucket.uri("x")).unwrap_err();
    }
}
