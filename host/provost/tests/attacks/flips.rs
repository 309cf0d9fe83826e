//! A sample of flipped bits and of truncations of what a server holds. All of them, through other
//! stores, are in `tests/it/flips.rs`.

use crate::bucket::Bucket;
use crate::node::Node;
use crate::servers::Server;

const TEXT: &[u8] = b"twenty-one bytes, yes";

#[test]
fn flipped_bits_and_cut_bodies_are_refused_and_metadata_gives_no_other_bytes() {
    for format in ["V2", "V3"] {
        let bucket = Bucket::new(Server::Strict, "flips");
        let tables = bucket.policy(&format!("write.format = \"{format}\""));
        let node = Node::new(&bucket.server.endpoint(), &tables);
        let uri = bucket.uri("x");
        node.put(&uri, TEXT).succeeded();
        let whole = bucket.get("x");
        assert_eq!(whole.body.len(), TEXT.len() + 16);
        for bit in (0..whole.body.len() * 8).step_by(7) {
            let mut raw = whole.clone();
            raw.body[bit / 8] ^= 1 << (bit % 8);
            bucket.put("x", &raw);
            println!("{format}: bit {bit} of the body");
            node.get(&uri).unwrap_err();
        }
        for length in 0..whole.body.len() {
            let mut raw = whole.clone();
            raw.body.truncate(length);
            bucket.put("x", &raw);
            println!("{format}: {length} bytes of the body");
            node.get(&uri).unwrap_err();
        }
        for name in whole.metadata.keys() {
            let bits = whole.metadata[name].len() * 8;
            for bit in (0..bits).step_by(bits / 9 + 1) {
                let mut raw = whole.clone();
                let mut value = raw.metadata[name].clone().into_bytes();
                value[bit / 8] ^= 1 << (bit % 8);
                // A header holds visible ASCII.
                if !value.iter().all(|byte| (0x20..0x7f).contains(byte)) {
                    continue;
                }
                raw.metadata
                    .insert(name.clone(), String::from_utf8(value).unwrap());
                bucket.put("x", &raw);
                println!("{format}: bit {bit} of {name}");
                if let Ok(text) = node.get(&uri) {
                    assert_eq!(text, TEXT);
                }
            }
        }
        bucket.put("x", &whole);
        assert_eq!(node.get(&uri).unwrap(), TEXT);
    }
}
