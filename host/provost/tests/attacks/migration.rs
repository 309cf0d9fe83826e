//! A prefix of all formats that is encrypted anew, by a command that is killed again and again.

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, UnboundCipherKey};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::StorageClass;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::bucket::{Bucket, Raw};
use crate::foreign_key::{Kms, cbc};
use crate::java::Java4;
use crate::node::{AES_KEY, Keys, Node, bytes};
use crate::proxy::{Fault, On, Proxy, runtime};
use crate::servers::Server;

/// Objects of each kind.
const EACH: usize = 8;
/// How often each of the two nodes is killed.
const KILLS: u32 = 10;

const LEGACY: &str = "read.formats = [\"V1\", \"V2\", \"V3\"]\nread.legacy = \"decrypt\"\n\
                      read.unauthenticated = \"accept\"\n";

/// An object as clients of format V1 write it with an AES key.
fn v1_object(text: &[u8]) -> Raw {
    let mut data_key = [0; 32];
    aws_lc_rs::rand::fill(&mut data_key).unwrap();
    let (iv, body) = cbc(&data_key, text);
    // PKCS#7: a block of padding after 32 bytes.
    let mut wrapped = [&data_key[..], &[16; 16]].concat();
    let key = UnboundCipherKey::new(&AES_256, &AES_KEY).unwrap();
    let key = EncryptingKey::ecb(key).unwrap();
    key.encrypt(&mut wrapped).unwrap();
    let metadata = [
        ("x-amz-key", BASE64.encode(wrapped)),
        ("x-amz-iv", BASE64.encode(iv)),
        ("x-amz-matdesc", "{}".to_owned()),
        ("x-amz-unencrypted-content-length", text.len().to_string()),
    ];
    Raw {
        metadata: metadata
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        body,
    }
}

/// Stores an object with all that must survive.
fn put(bucket: &Bucket, key: &str, raw: Raw) {
    let mut metadata = raw.metadata;
    metadata.insert("owner".to_owned(), format!("of-{}", key.replace('/', "-")));
    let put = bucket
        .client
        .put_object()
        .bucket(&bucket.name)
        .key(key)
        .set_metadata(Some(metadata))
        .content_type("text/x-test")
        .cache_control("max-age=60")
        .content_disposition("attachment; filename=\"a.txt\"")
        .content_language("de")
        .storage_class(StorageClass::StandardIa)
        .tagging("colour=red&of=a%20test")
        .body(ByteStream::from(raw.body));
    runtime().block_on(put.send()).unwrap();
}

fn text(key: &str) -> Vec<u8> {
    let seed: u64 = key.bytes().map(u64::from).sum();
    bytes(seed, 1000 + usize::try_from(seed).unwrap() % 100)
}

struct Migration {
    bucket: Bucket,
    /// Each key, and whether it takes KMS to read it at first.
    keys: Vec<(String, bool)>,
    aes: Node,
    kms: Node,
    by_kms: Keys,
}

impl Migration {
    fn new(proxy: &Proxy) -> Self {
        let bucket = Bucket::new(Server::Lenient, "migration");
        let kms = Kms::new();
        let arn = kms.key();
        let endpoint = bucket.server.endpoint();
        let v2 = bucket.policy(&format!("{LEGACY}write.format = \"V2\""));
        let legacy = bucket.policy(LEGACY);
        let by_kms = Keys::Kms(arn.clone());
        let writers = [
            Node::new(&endpoint, &v2),
            Node::with_keys(&endpoint, &by_kms, &v2),
        ];
        let mut keys = Vec::new();
        for kind in ["v1", "kms", "v2", "v2-kms", "plain"] {
            for number in 0..EACH {
                let key = format!("all/{kind}-{number}");
                let text = text(&key);
                let raw = match kind {
                    "v1" => v1_object(&text),
                    "kms" => kms.legacy_object(&arn, &text),
                    "plain" => Raw {
                        metadata: HashMap::new(),
                        body: text,
                    },
                    v2 => {
                        let writer = &writers[usize::from(v2 == "v2-kms")];
                        writer.put(&bucket.uri(&key), &text).succeeded();
                        bucket.get(&key)
                    }
                };
                put(&bucket, &key, raw);
                keys.push((key, kind.ends_with("kms")));
            }
        }
        let migrate = |keys| Node::with_keys(&proxy.endpoint(), keys, &legacy);
        Self {
            bucket,
            keys,
            aes: migrate(&Keys::Aes),
            kms: migrate(&by_kms),
            by_kms,
        }
    }

    /// Runs the migration on a node, killed at random moments, and then to its end.
    fn run(&self, node: &Node, proxy: &Proxy) -> crate::node::Ran {
        let all = self.bucket.uri("all/");
        let command = ["object", "reencrypt", "-r", "--plaintext", "encrypt", &all];
        let (mut kills, mut span) = (0, 5);
        while kills < KILLS {
            let mut random = [0; 1];
            aws_lc_rs::rand::fill(&mut random).unwrap();
            let moment = Duration::from_millis(200 + span * u64::from(random[0]));
            let mut child = node.start(&command);
            std::thread::sleep(moment);
            child.kill().unwrap();
            let ran = Node::finish(child);
            let asked = proxy.record().len();
            println!(
                "kill {} after {moment:?}: {}, {asked} requests",
                kills + 1,
                ran.status
            );
            let killed = ran.status.signal() == Some(9);
            assert!(killed || ran.status.code().is_some(), "{ran:?}");
            kills += u32::from(killed);
            if !killed {
                // It was faster: less is left to do.
                span = (span / 2).max(1);
            }
            // What was on its way arrives.
            std::thread::sleep(Duration::from_millis(200));
            self.nothing_is_lost();
        }
        node.run(&command)
    }

    /// Each object is what it was, or opens to what it was.
    fn nothing_is_lost(&self) {
        for (key, _) in &self.keys {
            let raw = self.bucket.get(key);
            let envelope = raw.metadata.keys().any(|name| name.starts_with("x-amz-"));
            if !envelope {
                assert!(raw.body == text(key), "{key} is lost");
            }
        }
        let mut found = HashMap::new();
        for node in [&self.aes, &self.kms] {
            let folder = node.root().join("all");
            let _ = std::fs::remove_dir_all(&folder);
            // What the other node's keys protect is a failure here.
            let prefix = self.bucket.uri("all/");
            let ran = node.run(&["object", "get", "-r", &prefix, folder.to_str().unwrap()]);
            assert!(folder.exists(), "{ran:?}");
            for name in crate::node::names_in(&folder) {
                let key = format!("all/{name}");
                let got = std::fs::read(folder.join(name)).unwrap();
                found.insert(key, got);
            }
        }
        for (key, _) in &self.keys {
            match found.get(key) {
                Some(got) => assert!(*got == text(key), "{key} has other bytes"),
                None => assert!(key.contains("plain"), "{key} does not open"),
            }
        }
    }
}

#[test]
fn a_migration_killed_twenty_times_loses_nothing_and_ends_in_v3() {
    let proxy = Proxy::new(&Server::Lenient.endpoint());
    let migration = Migration::new(&proxy);
    let pause = Duration::from_millis(25);
    proxy.on(On::request(|_| true).fault(Fault::Delay(pause)));
    // Those of KMS are failures of the node without it, and the others go on.
    migration.run(&migration.aes, &proxy).refused();
    migration.run(&migration.kms, &proxy).succeeded();
    proxy.forget();
    migration.nothing_is_lost();

    let bucket = &migration.bucket;
    for (key, _) in &migration.keys {
        let uri = bucket.uri(key);
        let facts = migration.aes.json(&["object", "inspect", &uri]);
        assert_eq!(facts["format"], "V3", "{facts}");
        let head = bucket.client.head_object().bucket(&bucket.name).key(key);
        let head = runtime().block_on(head.send()).unwrap();
        assert_eq!(head.content_type(), Some("text/x-test"), "{key}");
        assert_eq!(head.cache_control(), Some("max-age=60"), "{key}");
        assert_eq!(
            head.content_disposition(),
            Some("attachment; filename=\"a.txt\""),
            "{key}"
        );
        assert_eq!(head.content_language(), Some("de"), "{key}");
        assert_eq!(
            head.storage_class(),
            Some(&StorageClass::StandardIa),
            "{key}"
        );
        let metadata = head.metadata().unwrap();
        let owner = format!("of-{}", key.replace('/', "-"));
        assert_eq!(metadata.get("owner"), Some(&owner), "{key}");
        let of_before = ["x-amz-key", "x-amz-key-v2", "x-amz-iv", "x-amz-matdesc"];
        let left = of_before.iter().find(|name| metadata.contains_key(**name));
        assert_eq!(left, None, "{key}: {metadata:?}");
        let tags = [("colour", "red"), ("of", "a test")];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(bucket.tags(key), tags, "{key}");
    }
    let mut java = Java4::start(&bucket.server.endpoint());
    for (key, of_kms) in &migration.keys {
        let keys = if *of_kms {
            &migration.by_kms
        } else {
            &Keys::Aes
        };
        let read = java.get(bucket, key, keys, migration.aes.root());
        assert!(read == text(key), "{key}: Java reads other bytes");
    }
    // Nothing is beside them, and no upload: each of these objects is one request.
    assert_eq!(bucket.keys().len(), migration.keys.len());
    assert_eq!(bucket.uploads(), []);
}
