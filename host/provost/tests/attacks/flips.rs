//! Every flipped bit and every truncation of what a server holds: an error, or the same plaintext.

use crate::bucket::{Bucket, Raw};
use crate::foreign_key::Kms;
use crate::node::{Keys, Node, names_in};
use crate::servers::Server;

const TEXT: &[u8] = b"twenty-one bytes, yes";

/// An object and its instruction file, if it has one.
#[derive(Clone)]
struct Whole {
    raw: Raw,
    file: Option<Raw>,
}

/// What was done to an object, and whether it must not open.
struct Variant {
    what: String,
    whole: Whole,
    refused: bool,
}

/// Of an object with an instruction file those of the file alone: what is left in the object is
/// varied where it has no file.
fn variants(whole: &Whole) -> Vec<Variant> {
    let mut all = Vec::new();
    if let Some(file) = &whole.file {
        for (what, body) in changed(&file.body) {
            let mut whole = whole.clone();
            whole.file = Some(Raw {
                body,
                ..file.clone()
            });
            all.push(Variant {
                what: format!("{what} of the instruction file"),
                whole,
                refused: false,
            });
        }
        return all;
    }
    for (what, body) in changed(&whole.raw.body) {
        let mut whole = whole.clone();
        whole.raw.body = body;
        all.push(Variant {
            what: format!("{what} of the body"),
            whole,
            refused: true,
        });
    }
    for (name, value) in &whole.raw.metadata {
        for (what, value) in changed(value.as_bytes()) {
            // A header holds visible ASCII.
            if let Ok(value) = String::from_utf8(value)
                && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
            {
                all.push(with_value(whole, name, value, format!("{what} of {name}")));
            }
        }
        let mut whole = whole.clone();
        whole.raw.metadata.remove(name);
        all.push(Variant {
            what: format!("no {name}"),
            whole,
            refused: false,
        });
    }
    all
}

/// Every flipped bit, and every truncation.
fn changed(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let flips = (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit}"), bytes)
    });
    let cuts = (0..bytes.len()).map(|length| (format!("{length} bytes"), bytes[..length].to_vec()));
    flips.chain(cuts).collect()
}

fn with_value(whole: &Whole, name: &str, value: String, what: String) -> Variant {
    let mut whole = whole.clone();
    whole.raw.metadata.insert(name.to_owned(), value);
    let refused = false;
    Variant {
        what,
        whole,
        refused,
    }
}

fn attack(node: &Node, bucket: &Bucket, format: &str) {
    let uri = bucket.uri("x");
    node.put(&uri, TEXT).succeeded();
    let whole = Whole {
        raw: bucket.get("x"),
        file: bucket.find("x.instruction"),
    };
    assert_eq!(whole.raw.body.len(), TEXT.len() + 16);
    attack_object(node, bucket, format, &whole);
}

fn attack_object(node: &Node, bucket: &Bucket, format: &str, whole: &Whole) {
    let variants = variants(whole);
    println!("{format}: {} variants", variants.len());
    for (number, variant) in variants.iter().enumerate() {
        put(bucket, &format!("all/{number:05}"), &variant.whole);
    }
    // The unchanged one, so that something must come.
    put(bucket, "all/whole", whole);
    let folder = node.root().join("all");
    let ran = node.run(&[
        "object",
        "get",
        "-r",
        &bucket.uri("all/"),
        folder.to_str().unwrap(),
    ]);
    ran.refused();
    let came = names_in(&folder);
    assert!(came.iter().any(|name| name == "whole"), "{format}: {ran:?}");
    for name in &came {
        let number = name.parse().unwrap_or(usize::MAX);
        let what = variants.get(number).map_or("nothing", |v| &v.what);
        assert!(
            std::fs::read(folder.join(name)).unwrap() == TEXT,
            "{format}: {what}: other bytes"
        );
        let refused = variants.get(number).is_some_and(|v| v.refused);
        assert!(!refused, "{format}: {what}: it was not refused");
    }
    // What may be changed is few: how a name's value is spelled, and what no format authenticates.
    println!("{format}: {} of them open", came.len());
    assert!(came.len() * 4 < variants.len(), "{format}: too many open");
}

fn put(bucket: &Bucket, key: &str, whole: &Whole) {
    bucket.put(key, &whole.raw);
    if let Some(file) = &whole.file {
        bucket.put(&format!("{key}.instruction"), file);
    }
}

#[test]
fn no_flipped_bit_and_no_truncation_gives_other_bytes() {
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips");
        let tables = bucket.policy(&format!("write.format = \"{format}\""));
        let node = Node::new(&bucket.server.endpoint(), &tables);
        attack(&node, &bucket, format);
    }
}

/// A node with a new key in KMS, and the key.
fn by_kms(bucket: &Bucket, lines: &str) -> (Node, String) {
    let arn = Kms::new().key();
    let tables = format!("[kms]\nallow_moved = true\n{}", bucket.policy(lines));
    let node = Node::with_keys(&bucket.server.endpoint(), &Keys::Kms(arn.clone()), &tables);
    (node, arn)
}

#[test]
fn no_flipped_bit_and_no_truncation_under_kms_gives_other_bytes() {
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips-kms");
        let (node, _) = by_kms(&bucket, &format!("write.format = \"{format}\""));
        attack(&node, &bucket, format);
    }
}

#[test]
fn no_flipped_bit_and_no_truncation_of_an_instruction_file_under_kms_gives_other_bytes() {
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips-kms-file");
        let lines = format!(
            "write.format = \"{format}\"\nwrite.envelope = \"instruction-file\"\n\
             read.envelope = [\"metadata\", \"instruction-file\"]"
        );
        let (node, _) = by_kms(&bucket, &lines);
        attack(&node, &bucket, format);
    }
}

/// What clients of format V2 wrote before `kms+context`. The context is the whole description, and
/// says nothing of the content's cipher.
#[test]
fn no_flipped_bit_and_no_truncation_under_legacy_kms_gives_other_bytes() {
    let bucket = Bucket::new(Server::Strict, "flips-legacy");
    let (node, arn) = by_kms(&bucket, "read.legacy = \"decrypt\"");
    let whole = Whole {
        raw: Kms::new().legacy_gcm_object(&arn, TEXT),
        file: None,
    };
    attack_object(&node, &bucket, "kms", &whole);
}
