//! Bits that change on their way: the server is told what it should get, and tells what it sends.

use hyper::HeaderMap;

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::Server;

const SMALL: usize = 5000;
/// At least three parts.
const LARGE: usize = 18 << 20;

/// Nothing of Provost's own would find a change in these: the store encrypts.
const BY_THE_STORE: &str = r#"{ "EncryptionMode": "SSE-S3" }"#;

/// A checksum of the body that was sent, by name: in the head, or announced for behind it.
fn checksum(headers: &HeaderMap) -> Option<String> {
    let in_head = headers
        .keys()
        .find(|name| name.as_str().starts_with("x-amz-checksum-crc"));
    let behind = headers.get("x-amz-trailer");
    in_head
        .map(ToString::to_string)
        .or_else(|| Some(behind?.to_str().unwrap().to_owned()))
}

fn is_upload(asked: &Asked) -> bool {
    asked.path.ends_with("/x") && asked.method == "PUT"
}

struct Attack {
    bucket: Bucket,
    proxy: Proxy,
    node: Node,
    uri: String,
}

impl Attack {
    fn new(encryption: Option<&str>) -> Self {
        let bucket = Bucket::new(Server::Strict, "checksums");
        let proxy = Proxy::new(&bucket.server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        if let Some(s3) = encryption {
            let security = format!(
                r#"{{ "EncryptionConfiguration": {{ "EnableInTransitEncryption": false,
                "EnableAtRestEncryption": true,
                "AtRestEncryptionConfiguration": {{ "S3EncryptionConfiguration": {s3} }} }} }}"#
            );
            node.file("security.json", security.as_bytes());
        }
        let uri = bucket.uri("x");
        Self {
            bucket,
            proxy,
            node,
            uri,
        }
    }
}

/// With an envelope and without: the checksum is of what is sent.
const BOTH: [Option<&str>; 2] = [None, Some(BY_THE_STORE)];

#[test]
fn each_upload_says_what_the_server_should_get() {
    for (encryption, size) in BOTH.into_iter().flat_map(|e| [(e, SMALL), (e, LARGE)]) {
        let attack = Attack::new(encryption);
        attack.node.put(&attack.uri, &bytes(1, size)).succeeded();
        let uploads: Vec<_> = attack
            .proxy
            .record()
            .into_iter()
            .filter(is_upload)
            .collect();
        assert!(uploads.len() >= if size == LARGE { 3 } else { 1 });
        for upload in uploads {
            let named = checksum(&upload.headers).unwrap_or_else(|| panic!("none: {upload:?}"));
            assert!(named.starts_with("x-amz-checksum-crc"), "{named}");
        }
    }
}

#[test]
fn what_arrives_otherwise_than_it_was_sent_is_refused_by_the_server() {
    for (encryption, size) in BOTH.into_iter().flat_map(|e| [(e, SMALL), (e, LARGE)]) {
        let attack = Attack::new(encryption);
        // Behind what frames the body, if anything does.
        let sent = On::request(is_upload)
            .once()
            .fault(Fault::Sent(8 * 1000 + 3));
        attack.proxy.on(sent);
        let text = bytes(1, size);
        let ran = attack.node.put(&attack.uri, &text);
        assert_eq!(attack.proxy.faults(), 1);
        if ran.well() {
            // It was sent again.
            assert!(attack.node.get(&attack.uri).unwrap() == text);
        } else {
            ran.refused();
            assert!(attack.bucket.keys().is_empty(), "{ran:?}");
            assert_eq!(attack.bucket.uploads(), []);
        }
    }
}

/// An envelope finds a change by itself; what the store alone encrypts has the checksum only.
#[test]
fn what_comes_otherwise_than_the_store_says_is_refused() {
    let attack = Attack::new(Some(BY_THE_STORE));
    let text = bytes(1, SMALL);
    attack.node.put(&attack.uri, &text).succeeded();
    assert!(attack.node.get(&attack.uri).is_ok_and(|got| got == text));
    attack.proxy.forget();
    attack.proxy.on(On::get("x").fault(Fault::flip(77)));
    let refused = attack.node.get(&attack.uri).unwrap_err();
    assert!(refused.stderr.contains("checksum"), "{refused:?}");
    // Once is made good by asking again.
    attack.proxy.forget();
    attack.proxy.on(On::get("x").once().fault(Fault::flip(77)));
    assert!(attack.node.get(&attack.uri).unwrap() == text);
    assert_eq!(attack.proxy.faults(), 1);
}
