//! An object that names a KMS key which is not configured: refused before KMS is asked.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::bucket::{Bucket, Raw};
use crate::node::{Keys, Node, WAYS, bytes};
use crate::proxy::runtime;
use crate::servers::{Server, kms_calls, kms_endpoint, variable};

/// A KMS without retries.
pub(crate) struct Kms(Client);

impl Kms {
    pub(crate) fn new() -> Self {
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID"),
            variable("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "test",
        );
        let configuration = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials)
            .region(Region::new(variable("AWS_REGION")))
            .endpoint_url(kms_endpoint())
            .build();
        Self(Client::from_conf(configuration))
    }

    /// The ARN of a new key.
    pub(crate) fn key(&self) -> String {
        let made = runtime().block_on(self.0.create_key().send()).unwrap();
        made.key_metadata().unwrap().arn().unwrap().to_owned()
    }

    /// An object as clients of format V1 write it with KMS: `kms` wrap, CBC.
    pub(crate) fn legacy_object(&self, arn: &str, text: &[u8]) -> Raw {
        self.legacy(arn, "AES/CBC/PKCS5Padding", text.len(), |key| {
            let (iv, body) = cbc(key, text);
            (iv.to_vec(), body)
        })
    }

    /// The same with authenticated content.
    pub(crate) fn legacy_gcm_object(&self, arn: &str, text: &[u8]) -> Raw {
        let mut raw = self.legacy(arn, "AES/GCM/NoPadding", text.len(), |key| gcm(key, text));
        let length = ("x-amz-tag-len".to_owned(), "128".to_owned());
        raw.metadata.extend([length]);
        raw
    }

    fn legacy(
        &self,
        arn: &str,
        cipher: &str,
        length: usize,
        encrypt: impl Fn(&[u8]) -> (Vec<u8>, Vec<u8>),
    ) -> Raw {
        let generate = self
            .0
            .generate_data_key()
            .key_id(arn)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("kms_cmk_id", arn);
        let made = runtime().block_on(generate.send()).unwrap();
        let (iv, body) = encrypt(made.plaintext().unwrap().as_ref());
        let metadata = [
            (
                "x-amz-key-v2",
                BASE64.encode(made.ciphertext_blob().unwrap()),
            ),
            ("x-amz-iv", BASE64.encode(iv)),
            ("x-amz-matdesc", format!("{{\"kms_cmk_id\":\"{arn}\"}}")),
            ("x-amz-wrap-alg", "kms".to_owned()),
            ("x-amz-cek-alg", cipher.to_owned()),
            ("x-amz-unencrypted-content-length", length.to_string()),
        ];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value));
        Raw {
            metadata: metadata.into(),
            body,
        }
    }
}

/// AES-CBC with PKCS#7 padding, by aws-lc: the IV and the ciphertext.
pub(crate) fn cbc(key: &[u8], text: &[u8]) -> ([u8; 16], Vec<u8>) {
    let key = UnboundCipherKey::new(&AES_256, key).unwrap();
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).unwrap();
    let mut body = text.to_vec();
    let context = key.encrypt(&mut body).unwrap();
    let iv: &[u8] = (&context).try_into().unwrap();
    (iv.try_into().unwrap(), body)
}

/// AES-GCM, by aws-lc: the IV, and the ciphertext with its tag.
fn gcm(key: &[u8], text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut iv = [0; 12];
    aws_lc_rs::rand::fill(&mut iv).unwrap();
    let mut body = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(iv);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut body)
        .unwrap();
    (iv.to_vec(), body)
}

const LEGACY: &str = "read.legacy = \"decrypt\"\nread.unauthenticated = \"accept\"";

/// How often KMS was asked about any of these keys or this wrapped key.
fn calls(keys: &[&str], wrapped: &str) -> usize {
    let calls = kms_calls();
    let about = calls.iter().filter(|call| {
        let id = call.key_id.as_deref().unwrap_or_default();
        let named = keys.iter().any(|arn| !id.is_empty() && arn.ends_with(id));
        named || call.ciphertext.as_deref() == Some(wrapped)
    });
    about.count()
}

struct Attack {
    bucket: Bucket,
    kms: Kms,
    own: String,
    foreign: String,
}

impl Attack {
    fn new() -> Self {
        let kms = Kms::new();
        let (own, foreign) = (kms.key(), kms.key());
        Self {
            bucket: Bucket::new(Server::Lenient, "foreign"),
            kms,
            own,
            foreign,
        }
    }

    fn node(&self, tables: &str) -> Node {
        let keys = Keys::Kms(self.own.clone());
        Node::with_keys(&self.bucket.server.endpoint(), &keys, tables)
    }

    /// The object opens; after `change` it is refused, in each way, and KMS is not asked.
    fn met(
        &self,
        node: &Node,
        text: &[u8],
        what: &str,
        wrapped: &str,
        change: impl FnOnce(&mut Raw),
    ) {
        println!("{what}");
        let uri = self.bucket.uri("x");
        let wrapped = self.bucket.get("x").metadata[wrapped].clone();
        let keys = [self.own.as_str(), self.foreign.as_str()];
        let before = calls(&keys, &wrapped);
        assert!(node.get(&uri).unwrap() == text);
        let after = calls(&keys, &wrapped);
        assert!(after > before, "the log does not see a call: no test of it");
        self.bucket.change("x", change);
        for (_, get) in WAYS {
            get(node, &uri).unwrap_err();
        }
        node.run(&["object", "verify", &uri]).refused();
        assert_eq!(calls(&keys, &wrapped), after, "{what}: KMS was asked");
    }
}

fn replace(raw: &mut Raw, name: &str, from: &str, to: &str) {
    let value = raw.metadata.get_mut(name).unwrap();
    assert!(value.contains(from), "{value}");
    *value = value.replace(from, to);
}

#[test]
fn a_foreign_key_in_a_legacy_object_costs_no_call() {
    let attack = Attack::new();
    let node = attack.node(&attack.bucket.policy(LEGACY));
    let text = bytes(1, 1000);
    let (own, foreign) = (attack.own.clone(), attack.foreign.clone());
    let raw = attack.kms.legacy_object(&own, &text);
    attack.bucket.put("x", &raw);
    attack.met(&node, &text, "kms, another key", "x-amz-key-v2", |raw| {
        replace(raw, "x-amz-matdesc", &own, &foreign);
    });
    // All of it made with the foreign key, to which the credentials have a right.
    attack.bucket.put("x", &raw);
    let made = attack.kms.legacy_object(&foreign, &text);
    attack.met(&node, &text, "kms, made by it", "x-amz-key-v2", |raw| {
        *raw = made;
    });
    attack.bucket.put("x", &raw);
    attack.met(&node, &text, "kms, no key", "x-amz-key-v2", |raw| {
        raw.metadata.insert("x-amz-matdesc".into(), "{}".into());
    });
}

#[test]
fn a_foreign_key_in_an_encryption_context_costs_no_call() {
    for (format, name, wrapped) in [
        ("V2", "x-amz-matdesc", "x-amz-key-v2"),
        ("V3", "x-amz-t", "x-amz-3"),
    ] {
        let attack = Attack::new();
        let tables = attack
            .bucket
            .policy(&format!("write.format = \"{format}\""));
        let node = attack.node(&tables);
        let text = bytes(1, 1000);
        node.put(&attack.bucket.uri("x"), &text).succeeded();
        let whole = attack.bucket.get("x");
        let foreign = attack.foreign.clone();
        let added = move |raw: &mut Raw| {
            let entry = format!("{{\"kms_cmk_id\":\"{foreign}\",");
            replace(raw, name, "{", &entry);
        };
        attack.met(&node, &text, "kms+context, a key added", wrapped, added);
        attack.bucket.put("x", &whole);
        attack.met(&node, &text, "kms+context, another suite", wrapped, |raw| {
            let (from, to) = match format {
                "V2" => ("AES/GCM/NoPadding", "115"),
                _ => ("115", "AES/GCM/NoPadding"),
            };
            replace(raw, name, from, to);
        });
        attack.bucket.put("x", &whole);
        attack.met(
            &node,
            &text,
            "kms+context, an entry added",
            wrapped,
            |raw| {
                replace(raw, name, "{", "{\"more\":\"text\",");
            },
        );
    }
}
