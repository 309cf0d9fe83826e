//! What a server does wrong while an object is read: the right bytes, or an error and nothing.

use std::time::Duration;

use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};

use crate::bucket::Bucket;
use crate::node::{Node, WAYS, Way, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::{BOTH, Server};

const SMALL: usize = 1000;
/// Fetched in ranges.
const LARGE: usize = 18 << 20;

type MakeFault = fn() -> Fault;

/// Faults after which the right bytes can still come, when they happen once.
const PASSING: [(&str, MakeFault); 5] = [
    ("reset before", || Fault::ResetBefore),
    ("reset after", || Fault::ResetAfter),
    ("500", || Fault::Refuse(500, "InternalError")),
    ("503", || Fault::Refuse(503, "SlowDown")),
    ("slow", || Fault::Slow(200, Duration::from_millis(20))),
];

/// Faults in the body and in what is said of it.
const WRONG: [(&str, MakeFault); 14] = [
    ("cut at the start", || Fault::Cut(0)),
    ("cut in the middle", || Fault::Cut(500)),
    ("cut before the last byte", || Fault::Cut(1015)),
    ("one byte less", || Fault::shorter_by(1)),
    ("a tag less", || Fault::shorter_by(16)),
    ("nothing", || Fault::shorter_by(usize::MAX)),
    ("more", || Fault::change(|_, body| body.extend([0; 16]))),
    ("first bit", || Fault::flip(0)),
    ("a bit of the tag", || {
        Fault::change(|_, body| {
            if let Some(last) = body.last_mut() {
                *last ^= 1;
            }
        })
    }),
    ("zeros", || Fault::change(|_, body| body.fill(0))),
    ("other etag", || {
        Fault::change(|head, _| {
            head.headers.insert("etag", "\"0123\"".parse().unwrap());
        })
    }),
    ("range of another part", || {
        Fault::change(|head, body| {
            let length = body.len();
            let range = format!("bytes 16-{}/{}", length + 15, length + 16);
            head.status = StatusCode::PARTIAL_CONTENT;
            head.headers.insert("content-range", range.parse().unwrap());
        })
    }),
    ("range of nothing", || {
        Fault::change(|head, _| {
            head.headers
                .insert("content-range", "bytes */0".parse().unwrap());
        })
    }),
    ("range that is none", || {
        Fault::change(|head, _| {
            head.headers
                .insert("content-range", "bytes 9-1/x".parse().unwrap());
        })
    }),
];

/// Gets the object in all three ways while the rule holds.
struct Attack {
    bucket: Bucket,
    proxy: Proxy,
    node: Node,
    text: Vec<u8>,
}

impl Attack {
    fn new(server: Server, name: &str, size: usize) -> Self {
        let bucket = Bucket::new(server, name);
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        let text = bytes(5, size);
        node.put(&bucket.uri("x"), &text).succeeded();
        node.put(&bucket.uri("other"), &bytes(6, size)).succeeded();
        Self {
            bucket,
            proxy,
            node,
            text,
        }
    }

    /// Whether the right bytes came in each way.
    fn met(&self, what: &str, rule: impl Fn() -> On) -> Came {
        self.met_by(&WAYS, what, rule)
    }

    /// The same with some of the ways.
    fn met_by(&self, ways: &[(&str, Way)], what: &str, rule: impl Fn() -> On) -> Came {
        let uri = self.bucket.uri("x");
        let mut well = 0;
        for (way, get) in ways {
            self.proxy.forget();
            self.proxy.on(rule());
            println!("{what}, {way} ({:?})", self.bucket.server);
            let got = get(&self.node, &uri);
            assert!(self.proxy.faults() > 0, "no request met it: {got:?}");
            match got {
                Ok(text) => {
                    assert!(text == self.text, "{what}: other bytes");
                    well += 1;
                }
                Err(ran) => assert!(ran.stderr.contains(&uri), "names no object: {ran:?}"),
            }
        }
        match well {
            0 => Came::Never,
            all if all == ways.len() => Came::Always,
            _ => Came::Sometimes,
        }
    }
}

/// In how many of the ways the right bytes came.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Never,
    Sometimes,
    Always,
}

/// A read of the body of `x`.
fn read() -> On {
    On::get("x")
}

/// A read of a range of it that does not begin at its start.
fn later_range() -> On {
    On::request(|asked| {
        asked.method == Method::GET && asked.path.ends_with("/x") && starts_later(asked)
    })
}

fn starts_later(asked: &Asked) -> bool {
    let range = asked.headers.get("range").map(HeaderValue::as_bytes);
    range.is_some_and(|range| !range.starts_with(b"bytes=0-"))
}

#[test]
fn a_small_object_comes_after_a_fault_that_passes() {
    for server in BOTH {
        let attack = Attack::new(server, "get-passing", SMALL);
        for (what, fault) in PASSING {
            let well = attack.met(what, || read().once().fault(fault()));
            assert_eq!(well, Came::Always, "{what}");
        }
    }
}

#[test]
fn a_small_object_does_not_come_while_a_fault_lasts() {
    let attack = Attack::new(Server::Strict, "get-lasting", SMALL);
    for (what, fault) in PASSING {
        let well = attack.met(what, || read().fault(fault()));
        let expected = if what == "slow" {
            Came::Always
        } else {
            Came::Never
        };
        assert_eq!(well, expected, "{what}");
    }
}

#[test]
fn a_small_object_with_a_wrong_body_never_comes_wrong() {
    for server in BOTH {
        let attack = Attack::new(server, "get-wrong", SMALL);
        for (what, fault) in WRONG {
            attack.met(&format!("{what}, once"), || read().once().fault(fault()));
            let well = attack.met(&format!("{what}, always"), || read().fault(fault()));
            let only_said = what.starts_with("range") || what.ends_with("etag");
            assert!(only_said || well == Came::Never, "{what}");
        }
    }
}

#[test]
fn the_body_of_another_object_is_refused() {
    let attack = Attack::new(Server::Strict, "get-other", SMALL);
    let other = attack.bucket.get("other").body;
    let fault = || {
        let other = other.clone();
        Fault::change(move |_, body| body.clone_from(&other))
    };
    assert_eq!(
        attack.met("other body", || read().fault(fault())),
        Came::Never
    );
}

#[test]
fn a_large_object_comes_after_a_fault_that_passes() {
    let attack = Attack::new(Server::Strict, "ranges-passing", LARGE);
    for (what, fault) in &PASSING[..4] {
        let first = attack.met(what, || read().once().fault(fault()));
        let later = attack.met(what, || later_range().once().fault(fault()));
        assert_eq!((first, later), (Came::Always, Came::Always), "{what}");
    }
    for kept in [0, 1, 1 << 20] {
        attack.met("cut once", || later_range().once().fault(Fault::Cut(kept)));
    }
}

#[test]
fn a_large_object_with_wrong_parts_never_comes_wrong() {
    let attack = Attack::new(Server::Strict, "ranges-wrong", LARGE);
    // Each fault that lasts costs all tries, and `cat` reads as the pipe does.
    let ways = &WAYS[..2];
    for (what, fault) in WRONG {
        let came = attack.met_by(ways, what, || later_range().fault(fault()));
        // What is more than was asked for may be left unread.
        let harmless = what.starts_with("range") || what.ends_with("etag") || what == "more";
        assert!(harmless || came == Came::Never, "{what}");
    }
    let whole = attack.bucket.get("x").body;
    let fault = move || {
        let whole = whole.clone();
        Fault::change(move |head, body| {
            // The whole object, as a server that knows no ranges answers.
            head.status = StatusCode::OK;
            head.headers.remove("content-range");
            body.clone_from(&whole);
        })
    };
    attack.met_by(ways, "whole instead of a range", || {
        later_range().fault(fault())
    });
    let swapped = attack.bucket.get("other").body;
    let fault = move || {
        let swapped = swapped.clone();
        Fault::change(move |_, body| {
            let length = body.len();
            body.copy_from_slice(&swapped[..length]);
        })
    };
    let came = attack.met_by(ways, "a part of another", || later_range().fault(fault()));
    assert_eq!(came, Came::Never);
}

#[test]
fn parts_in_another_order_are_refused() {
    let attack = Attack::new(Server::Strict, "ranges-order", LARGE);
    let whole = attack.bucket.get("x").body;
    let fault = move || {
        let whole = whole.clone();
        // What it says is what was asked; what it holds is what lies a block later.
        Fault::change(move |_, body| {
            let length = body.len().min(whole.len() - 16);
            body[..length].copy_from_slice(&whole[16..16 + length]);
        })
    };
    assert_eq!(
        attack.met("shifted", || later_range().fault(fault())),
        Came::Never
    );
}

#[test]
fn a_body_that_stalls_is_given_up_or_asked_for_again() {
    let stalled = |size| {
        let mut attack = Attack::new(Server::Strict, "get-stalled", size);
        attack.node = attack.node.impatient();
        // One way, since each waits until the SDK gives up.
        let way = &WAYS[..1];
        attack.met_by(way, "stalled once", || read().once().fault(Fault::Stall(0)));
        let lasting = || read().fault(Fault::Stall(500));
        assert_eq!(attack.met_by(way, "stalled always", lasting), Came::Never);
    };
    std::thread::scope(|scope| {
        for size in [SMALL, LARGE] {
            scope.spawn(move || stalled(size));
        }
    });
}

/// Nothing authenticates a range, so what the server says of it is all there is.
#[test]
fn a_range_that_is_not_the_one_that_was_asked_for_is_refused() {
    for server in BOTH {
        let attack = Attack::new(server, "get-range", SMALL);
        let whole = attack.bucket.get("x").body;
        let total = whole.len();
        let of = move |start: usize, length: usize| {
            let body = whole[start..start + length].to_vec();
            Fault::change(move |head, old| {
                old.clone_from(&body);
                let range = format!("bytes {start}-{}/{total}", start + length - 1);
                head.status = StatusCode::PARTIAL_CONTENT;
                head.headers.insert("content-range", range.parse().unwrap());
            })
        };
        let faults = [
            of(0, 100),
            of(96, 16),
            of(112, 200),
            of(0, 1),
            of(500, 300),
            Fault::shorter_by(1),
            Fault::shorter_by(usize::MAX),
            Fault::Cut(50),
            Fault::change(|head, _| {
                head.headers.remove("content-range");
            }),
            Fault::change(|head, _| head.status = StatusCode::OK),
        ];
        let uri = attack.bucket.uri("x");
        let range = ["object", "cat", "--range", "100-299", "--unauthenticated"];
        let cat = || attack.node.run(&[&range[..], &[&uri]].concat());
        let right = &attack.text[100..300];
        assert_eq!(cat().stdout, right);
        for (number, fault) in faults.into_iter().enumerate() {
            println!("fault {number} ({server:?})");
            attack.proxy.forget();
            attack.proxy.on(read().fault(fault));
            let ran = cat();
            assert!(attack.proxy.faults() > 0, "no request met it: {ran:?}");
            if ran.well() {
                assert_eq!(ran.stdout, right);
            } else {
                ran.refused();
                // Bytes that are right may have come before the connection broke.
                assert!(right.starts_with(&ran.stdout), "{ran:?}");
            }
        }
    }
}
