//! Metadata that is hostile on the wire: an error, or the right plaintext.

use hyper::header::{HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Method};

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Fault, On, Proxy, UPPER};
use crate::servers::Server;

type Change = fn(&mut HeaderMap);

fn name(of: &str) -> HeaderName {
    format!("x-amz-meta-{of}").parse().unwrap()
}

fn set(headers: &mut HeaderMap, of: &str, value: &[u8]) {
    headers.insert(name(of), HeaderValue::from_bytes(value).unwrap());
}

/// The names that a format needs in the metadata of an object.
fn needed(format: &str) -> &'static [&'static str] {
    match format {
        "V2" => &[
            "x-amz-key-v2",
            "x-amz-iv",
            "x-amz-cek-alg",
            "x-amz-wrap-alg",
        ],
        _ => &["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-3", "x-amz-w"],
    }
}

fn matdesc(format: &str) -> &'static str {
    match format {
        "V2" => "x-amz-matdesc",
        _ => "x-amz-m",
    }
}

struct Attack {
    proxy: Proxy,
    node: Node,
    uri: String,
    text: Vec<u8>,
    format: &'static str,
}

impl Attack {
    fn new(format: &'static str) -> Self {
        let bucket = Bucket::new(Server::Strict, "wire");
        let tables = bucket.policy(&format!("write.format = \"{format}\""));
        let proxy = Proxy::new(&bucket.server.endpoint());
        let node = Node::new(&proxy.endpoint(), &tables);
        let (uri, text) = (bucket.uri("x"), bytes(1, 1000));
        node.put(&uri, &text).succeeded();
        Self {
            proxy,
            node,
            uri,
            text,
            format,
        }
    }

    /// Whether the right bytes came with this change of each answer that has the metadata.
    fn met(&self, what: &str, change: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> bool {
        println!("{}: {what}", self.format);
        self.proxy.forget();
        let answers = On::request(|asked| {
            asked.path.ends_with("/x") && matches!(asked.method, Method::GET | Method::HEAD)
        });
        let fault = Fault::change(move |head: &mut Parts, _| change(&mut head.headers));
        self.proxy.on(answers.fault(fault));
        let inspected = self.node.run(&["object", "inspect", &self.uri]);
        if !inspected.well() {
            inspected.refused();
        }
        let got = self.node.get_to_pipe(&self.uri);
        assert!(self.proxy.faults() > 0);
        match got {
            Ok(got) => {
                assert!(got == self.text, "{what}: other bytes");
                true
            }
            Err(_) => false,
        }
    }
}

fn with_both(test: impl Fn(&Attack)) {
    for format in ["V2", "V3"] {
        let attack = Attack::new(format);
        assert!(attack.met("nothing", |_| ()));
        test(&attack);
    }
}

#[test]
fn a_needed_name_that_is_absent_or_empty_is_refused() {
    with_both(|attack| {
        for of in needed(attack.format) {
            assert!(!attack.met(&format!("{of} absent"), move |headers| {
                headers.remove(name(of));
            }));
            for value in ["", " ", "=?UTF-8?B??=", "=?UTF-8?Q?=20?="] {
                let what = format!("{of} = {value:?}");
                assert!(
                    !attack.met(&what, move |headers| set(headers, of, value.as_bytes())),
                    "{what}"
                );
            }
        }
    });
}

#[test]
fn a_name_that_comes_twice_gives_no_other_bytes() {
    with_both(|attack| {
        for of in needed(attack.format) {
            for (which, first) in [("before", true), ("after", false)] {
                for case in ["same", "other"] {
                    let what = format!("another {of} {which}, in the {case} case");
                    attack.met(&what, move |headers| {
                        let right = headers.remove(name(of)).unwrap();
                        // Of the right form, and wrong.
                        let mut wrong = right.as_bytes().to_vec();
                        wrong[0] = if wrong[0] == b'A' { b'B' } else { b'A' };
                        let wrong = HeaderValue::from_bytes(&wrong).unwrap();
                        let upper = format!("{UPPER}{}", &name(of).as_str()[UPPER.len()..]);
                        let other: HeaderName = match case {
                            "same" => name(of),
                            _ => upper.parse().unwrap(),
                        };
                        let values = if first {
                            [wrong, right]
                        } else {
                            [right, wrong]
                        };
                        for (name, value) in [name(of), other].into_iter().zip(values) {
                            headers.append(name, value);
                        }
                    });
                }
            }
        }
    });
}

#[test]
fn a_description_of_any_bytes_gives_no_other_bytes() {
    let cases: [(&str, Vec<u8>); 12] = [
        ("raw UTF-8", "{\"a\":\"é\"}".into()),
        ("Latin-1", b"{\"a\":\"\xe9\"}".to_vec()),
        (
            "bytes that are no text",
            b"{\"a\":\"\xff\xfe\xc0\x80\"}".to_vec(),
        ),
        ("a word", b"=?UTF-8?B?eyJhIjoiYiJ9?=".to_vec()),
        ("a word without end", b"=?UTF-8?B?eyJhIjoiYiJ9".to_vec()),
        ("a word of no alphabet", b"=?X?B?eyJhIjoiYiJ9?=".to_vec()),
        (
            "a quoted word",
            b"=?UTF-8?Q?=7B=22a=22:=22=C3=83=C2=A9=22=7D?=".to_vec(),
        ),
        (
            "words in words",
            b"=?UTF-8?B?PT9VVEYtOD9CP2UzMD0/PQ==?=".to_vec(),
        ),
        ("half a character", b"=?UTF-8?Q?=C3?=".to_vec()),
        ("a tab", b"{\t}".to_vec()),
        ("nested", [b"[".repeat(4000), b"]".repeat(4000)].concat()),
        (
            "twice the same entry",
            b"{\"a\":\"1\",\"a\":\"2\"}".to_vec(),
        ),
    ];
    with_both(|attack| {
        for (what, value) in cases.clone() {
            let of = matdesc(attack.format);
            attack.met(what, move |headers| set(headers, of, &value));
            // The same in a name that must be base64.
            let (of, value) = (needed(attack.format)[0], cases[0].1.clone());
            assert!(!attack.met(what, move |headers| set(headers, of, &value)));
        }
    });
}

#[test]
fn metadata_beyond_its_bounds_is_refused() {
    let cases: [(&str, Change); 4] = [
        ("a value of 100 KiB", |headers| {
            set(headers, "x-amz-matdesc", &b"a".repeat(100 << 10));
        }),
        ("90 more names", |headers| {
            for number in 0..90 {
                set(headers, &format!("n{number}"), &b"v".repeat(200));
            }
        }),
        ("300 more names", |headers| {
            for number in 0..300 {
                set(headers, &format!("n{number}"), b"v");
            }
        }),
        ("500 KiB in all", |headers| {
            for number in 0..50 {
                set(headers, &format!("n{number}"), &b"v".repeat(10 << 10));
            }
        }),
    ];
    with_both(|attack| {
        for (what, change) in cases {
            attack.met(what, change);
        }
    });
}

#[test]
fn names_of_two_formats_are_refused() {
    with_both(|attack| {
        let others = match attack.format {
            "V2" => ["x-amz-c", "x-amz-d", "x-amz-i", "x-amz-3", "x-amz-key"],
            _ => [
                "x-amz-key-v2",
                "x-amz-key",
                "x-amz-iv",
                "x-amz-cek-alg",
                "x-amz-wrap-alg",
            ],
        };
        for of in others {
            let refused = !attack.met(of, move |headers| set(headers, of, b"AAAA"));
            let exclusive = matches!(of, "x-amz-c" | "x-amz-d" | "x-amz-i" | "x-amz-3")
                || of.starts_with("x-amz-key");
            assert!(refused || !exclusive, "{of}");
        }
    });
}
