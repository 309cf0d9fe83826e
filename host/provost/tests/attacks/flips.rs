//! Every flipped bit and every truncation of what a server holds: an error, or the same plaintext.

use crate::bucket::{Bucket, Raw};
use crate::foreign_key::Kms;
use crate::node::{Keys, Node, names_in};
use crate::servers::Server;

const TEXT: &[u8] = b"twenty-one bytes, yes";

/// What was done to an object, and whether it must not open.
struct Variant {
    what: String,
    raw: Raw,
    refused: bool,
}

fn variants(whole: &Raw) -> Vec<Variant> {
    let mut all = Vec::new();
    for bit in 0..whole.body.len() * 8 {
        let mut raw = whole.clone();
        raw.body[bit / 8] ^= 1 << (bit % 8);
        all.push(Variant {
            what: format!("bit {bit} of the body"),
            raw,
            refused: true,
        });
    }
    for length in 0..whole.body.len() {
        let mut raw = whole.clone();
        raw.body.truncate(length);
        all.push(Variant {
            what: format!("{length} bytes of the body"),
            raw,
            refused: true,
        });
    }
    for (name, value) in &whole.metadata {
        for bit in 0..value.len() * 8 {
            let mut value = value.clone().into_bytes();
            value[bit / 8] ^= 1 << (bit % 8);
            // A header holds visible ASCII.
            if let Ok(value) = String::from_utf8(value)
                && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
            {
                all.push(with_value(
                    whole,
                    name,
                    value,
                    format!("bit {bit} of {name}"),
                ));
            }
        }
        for length in 0..value.len() {
            let what = format!("{length} bytes of {name}");
            all.push(with_value(whole, name, value[..length].to_owned(), what));
        }
        let mut raw = whole.clone();
        raw.metadata.remove(name);
        all.push(Variant {
            what: format!("no {name}"),
            raw,
            refused: false,
        });
    }
    all
}

fn with_value(whole: &Raw, name: &str, value: String, what: String) -> Variant {
    let mut raw = whole.clone();
    raw.metadata.insert(name.to_owned(), value);
    let refused = false;
    Variant { what, raw, refused }
}

fn attack(node: &Node, bucket: &Bucket, format: &str) {
    let uri = bucket.uri("x");
    node.put(&uri, TEXT).succeeded();
    let whole = bucket.get("x");
    assert_eq!(whole.body.len(), TEXT.len() + 16);
    let variants = variants(&whole);
    println!("{format}: {} variants", variants.len());
    for (number, variant) in variants.iter().enumerate() {
        bucket.put(&format!("all/{number:05}"), &variant.raw);
    }
    // The unchanged one, so that something must come.
    bucket.put("all/whole", &whole);
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

#[test]
fn no_flipped_bit_and_no_truncation_gives_other_bytes() {
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips");
        let tables = bucket.policy(&format!("write.format = \"{format}\""));
        let node = Node::new(&bucket.server.endpoint(), &tables);
        attack(&node, &bucket, format);
    }
}

#[test]
fn no_flipped_bit_and_no_truncation_under_kms_gives_other_bytes() {
    let arn = Kms::new().key();
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips-kms");
        let policy = bucket.policy(&format!("write.format = \"{format}\""));
        let tables = format!("[kms]\nallow_moved = true\n{policy}");
        let node = Node::with_keys(&bucket.server.endpoint(), &Keys::Kms(arn.clone()), &tables);
        attack(&node, &bucket, format);
    }
}
