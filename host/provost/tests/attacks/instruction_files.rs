//! Instruction files that are swapped, changed, or not to be read.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::bucket::{Bucket, Raw};
use crate::node::{Node, bytes};
use crate::proxy::Proxy;
use crate::servers::Server;

struct Attack {
    bucket: Bucket,
    proxy: Proxy,
    /// Writes V3 and V2 with the envelope in a file, by prefix, and V3 and V2 in metadata.
    node: Node,
    text: Vec<u8>,
}

impl Attack {
    fn new() -> Self {
        let bucket = Bucket::new(Server::Strict, "files");
        let proxy = Proxy::new(&bucket.server.endpoint());
        let mut tables = String::new();
        for (folder, format, file) in [
            ("file/V2", "V2", true),
            ("file/V3", "V3", true),
            ("meta/V2", "V2", false),
            ("meta/V3", "V3", false),
        ] {
            let prefix = bucket.uri(folder);
            write!(
                tables,
                "[[prefixes]]\nprefix = \"{prefix}/\"\nwrite.format = \"{format}\"\n"
            )
            .unwrap();
            if file {
                tables += "write.envelope = \"instruction-file\"\n\
                           read.envelope = [\"metadata\", \"instruction-file\"]\n";
            }
        }
        let node = Node::new(&proxy.endpoint(), &tables);
        let attack = Self {
            bucket,
            proxy,
            node,
            text: bytes(1, 1000),
        };
        for key in ["file/V2/x", "file/V3/x", "meta/V2/x", "meta/V3/x"] {
            let uri = attack.bucket.uri(key);
            attack.node.put(&uri, &attack.text).succeeded();
            assert!(attack.node.get(&uri).unwrap() == attack.text);
            let other = attack.bucket.uri(&key.replace("/x", "/y"));
            attack.node.put(&other, &bytes(2, 1000)).succeeded();
        }
        attack.proxy.forget();
        attack
    }

    fn refused(&self, key: &str, why: &str) {
        println!("{key}: {why}");
        let uri = self.bucket.uri(key);
        self.node.get(&uri).unwrap_err();
        self.node.get_to_pipe(&uri).unwrap_err();
    }

    /// The right bytes or an error.
    fn never_other(&self, key: &str, why: &str) {
        println!("{key}: {why}");
        if let Ok(text) = self.node.get(&self.bucket.uri(key)) {
            assert!(text == self.text, "{why}: other bytes");
        }
    }

    fn file(&self, key: &str) -> Map<String, Value> {
        let file = self.bucket.get(&format!("{key}.instruction"));
        serde_json::from_slice(&file.body).unwrap()
    }

    fn set_file(&self, key: &str, file: impl Into<Vec<u8>>) {
        let name = format!("{key}.instruction");
        let metadata = match self.bucket.find(&name) {
            Some(raw) => raw.metadata,
            None => [("x-amz-crypto-instr-file".to_owned(), String::new())].into(),
        };
        let body = file.into();
        self.bucket.put(&name, &Raw { metadata, body });
    }
}

fn json(map: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(map).unwrap()
}

#[test]
fn the_file_of_another_object_or_format_is_refused() {
    let attack = Attack::new();
    for (key, of) in [
        ("file/V3/x", "file/V2/x"),
        ("file/V2/x", "file/V3/x"),
        ("file/V3/x", "file/V3/y"),
        ("file/V2/x", "file/V2/y"),
    ] {
        let right = attack.file(key);
        attack.set_file(key, json(&attack.file(of)));
        attack.refused(key, &format!("with the file of {of}"));
        attack.set_file(key, json(&right));
        assert!(attack.node.get(&attack.bucket.uri(key)).unwrap() == attack.text);
    }
}

#[test]
fn a_file_that_says_what_only_the_object_may_say_is_refused() {
    let attack = Attack::new();
    let key = "file/V3/x";
    let object = attack.bucket.get(key).metadata;
    let right = attack.file(key);
    for names in [
        &["x-amz-c"][..],
        &["x-amz-d"],
        &["x-amz-i"],
        &["x-amz-c", "x-amz-d", "x-amz-i"],
    ] {
        let mut file = right.clone();
        for name in names {
            file.insert((*name).to_owned(), object[*name].clone().into());
        }
        attack.set_file(key, json(&file));
        attack.refused(key, &format!("with {names:?} in the file"));
    }
    // All of the envelope in the file, none on the object.
    attack.bucket.change(key, |raw| {
        for name in ["x-amz-c", "x-amz-d", "x-amz-i"] {
            raw.metadata.remove(name);
        }
    });
    attack.refused(key, "with all of it in the file");
    attack.set_file(key, json(&right));
    attack.refused(key, "with c, d, i nowhere");
}

#[test]
fn a_downgrade_of_a_v3_object_is_refused() {
    let attack = Attack::new();
    for key in ["file/V3/x", "meta/V3/x"] {
        let object = attack.bucket.get(key).metadata;
        let wrapped = match object.get("x-amz-3") {
            Some(wrapped) => wrapped.clone(),
            None => attack.file(key)["x-amz-3"].as_str().unwrap().to_owned(),
        };
        let v2: Map<String, Value> = [
            ("x-amz-key-v2", wrapped.as_str()),
            ("x-amz-iv", "AQEBAQEBAQEBAQEB"),
            ("x-amz-cek-alg", "AES/GCM/NoPadding"),
            ("x-amz-wrap-alg", "AES/GCM"),
            ("x-amz-tag-len", "128"),
            ("x-amz-matdesc", "{}"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
        attack.set_file(key, json(&v2));
        if key.starts_with("file") {
            attack.refused(key, "V3 on the object, V2 in the file");
        }
        attack.bucket.change(key, |raw| raw.metadata.clear());
        attack.refused(key, "nothing on the object, V2 in the file");
        attack.bucket.change(key, |raw| {
            raw.metadata = v2
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect();
        });
        attack.refused(key, "V2 on the object");
    }
}

#[test]
fn an_envelope_moved_into_a_file_is_read_only_where_the_policy_allows_it() {
    let attack = Attack::new();
    for (key, moved_to) in [
        ("meta/V2/x", "file/V2/moved"),
        ("meta/V3/x", "file/V3/moved"),
    ] {
        let mut raw = attack.bucket.get(key);
        let whole = raw.clone();
        let file: Map<String, Value> = std::mem::take(&mut raw.metadata)
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        attack.bucket.put(key, &raw);
        attack.set_file(key, json(&file));
        attack.proxy.forget();
        attack.refused(key, "moved, where only metadata is allowed");
        // It is not even looked for.
        let asked = attack.proxy.record();
        let looked = asked
            .iter()
            .find(|asked| asked.path.ends_with(".instruction"));
        assert!(looked.is_none(), "{looked:?}");
        attack.bucket.put(moved_to, &raw);
        attack.set_file(moved_to, json(&file));
        if key.contains("V3") {
            attack.refused(moved_to, "c, d, i moved along");
        } else {
            attack.never_other(moved_to, "moved, where files are allowed");
        }
        attack.bucket.put(key, &whole);
        assert!(attack.node.get(&attack.bucket.uri(key)).unwrap() == attack.text);
    }
}

#[test]
fn a_file_that_is_none_is_refused() {
    let attack = Attack::new();
    for key in ["file/V2/x", "file/V3/x"] {
        let right = json(&attack.file(key));
        let mut twice = right.clone();
        twice.pop();
        twice.extend(b",\"x-amz-matdesc\":\"{}\",\"x-amz-matdesc\":\"{}\"}");
        let mut nul = right.clone();
        nul.push(0);
        let cases: [(&str, Vec<u8>); 9] = [
            ("empty", Vec::new()),
            ("a list", b"[]".to_vec()),
            ("an empty object", b"{}".to_vec()),
            ("cut", right[..right.len() - 1].to_vec()),
            ("followed by a NUL", nul),
            ("a name twice", twice),
            (
                "a million spaces",
                [vec![b' '; 1 << 20], right.clone()].concat(),
            ),
            ("deep", b"[".repeat(100_000)),
            ("not UTF-8", b"{\"x-amz-iv\":\"\xff\"}".to_vec()),
        ];
        for (what, file) in cases {
            attack.set_file(key, file);
            if what == "a million spaces" {
                attack.never_other(key, what);
            } else {
                attack.refused(key, what);
            }
        }
        attack.set_file(key, right);
        assert!(attack.node.get(&attack.bucket.uri(key)).unwrap() == attack.text);
    }
}
