//! What a server does wrong while objects are listed: all of them, or an error.

use std::time::Duration;

use hyper::Method;

use crate::bucket::Bucket;
use crate::node::{Node, Ran, bytes};
use crate::proxy::{Fault, On, Proxy};
use crate::servers::{BOTH, Server};

const OBJECTS: usize = 5;

type MakeFault = fn() -> Fault;

struct Attack {
    bucket: Bucket,
    proxy: Proxy,
    node: Node,
}

fn list() -> On {
    On::request(|asked| asked.method == Method::GET && asked.parameter("list-type").is_some())
}

/// A read of any object's metadata.
fn head() -> On {
    On::request(|asked| {
        let of_object = asked.path.contains("/n") && asked.parameter("list-type").is_none();
        of_object && matches!(asked.method, Method::GET | Method::HEAD)
    })
}

impl Attack {
    fn new(server: Server) -> Self {
        let bucket = Bucket::new(server, "list");
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        for number in 0..OBJECTS {
            let uri = bucket.uri(&format!("n{number}"));
            node.put(&uri, &bytes(1, 100 + number)).succeeded();
        }
        Self {
            bucket,
            proxy,
            node,
        }
    }

    fn ls(&self, what: &str, rule: On) -> Ran {
        println!("{what} ({:?})", self.bucket.server);
        self.proxy.forget();
        self.proxy.on(rule);
        let ran = self.node.run(&["object", "ls", &self.bucket.uri("")]);
        assert!(self.proxy.faults() > 0, "no request met it: {ran:?}");
        if !ran.well() {
            ran.refused();
        }
        ran
    }

    /// Each object with its size.
    fn complete(&self, ran: &Ran) {
        ran.succeeded();
        let text = std::str::from_utf8(&ran.stdout).unwrap();
        assert_eq!(text.lines().count(), OBJECTS, "{text}");
        for number in 0..OBJECTS {
            let (uri, size) = (self.bucket.uri(&format!("n{number}")), 100 + number);
            let line = text.lines().find(|line| line.contains(&uri)).unwrap();
            assert!(line.trim_start().starts_with(&size.to_string()), "{line}");
        }
    }
}

#[test]
fn a_listing_comes_after_a_fault_that_passes_and_not_while_it_lasts() {
    for server in BOTH {
        let attack = Attack::new(server);
        let faults: [(&str, MakeFault); 5] = [
            ("reset before", || Fault::ResetBefore),
            ("reset after", || Fault::ResetAfter),
            ("500", || Fault::Refuse(500, "InternalError")),
            ("503", || Fault::Refuse(503, "SlowDown")),
            ("slow", || Fault::Slow(100, Duration::from_millis(10))),
        ];
        for (what, fault) in faults {
            let once = attack.ls(what, list().once().fault(fault()));
            attack.complete(&once);
            let always = attack.ls(what, list().fault(fault()));
            assert_eq!(always.well(), what == "slow", "{what}");
        }
    }
}

#[test]
fn a_listing_that_is_no_listing_is_an_error_and_never_a_short_one() {
    let attack = Attack::new(Server::Strict);
    let xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let cases: [(&str, Fault); 6] = [
        (
            "cut",
            Fault::change(|_, body| body.truncate(body.len() / 2)),
        ),
        ("cut on the wire", Fault::Cut(200)),
        ("empty", Fault::shorter_by(usize::MAX)),
        (
            "an error with status 200",
            Fault::Refuse(200, "InternalError"),
        ),
        (
            "another document",
            Fault::change(move |_, body| *body = [&xml[..], b"<html></html>"].concat()),
        ),
        (
            "no XML",
            Fault::change(|_, body| *body = b"\0\xff".to_vec()),
        ),
    ];
    for (what, fault) in cases {
        let ran = attack.ls(what, list().fault(fault));
        if ran.well() {
            attack.complete(&ran);
        }
    }
}

#[test]
fn a_listing_without_end_ends() {
    let attack = Attack::new(Server::Strict);
    let endless = Fault::change(|_, body| {
        let text = String::from_utf8(std::mem::take(body)).unwrap();
        let text = text.replace(
            "<IsTruncated>false</IsTruncated>",
            "<IsTruncated>true</IsTruncated>\
             <NextContinuationToken>again</NextContinuationToken>",
        );
        assert!(text.contains("again"), "{text}");
        *body = text.into_bytes();
    });
    // The server behind knows no such page.
    let without_token = Fault::change(|_, body| {
        let text = String::from_utf8(std::mem::take(body)).unwrap();
        let more = "<IsTruncated>true</IsTruncated>";
        *body = text
            .replace("<IsTruncated>false</IsTruncated>", more)
            .into_bytes();
    });
    attack.ls("a page without end", list().fault(without_token));
    attack.ls("the same page again", list().fault(endless));
}

#[test]
fn names_of_a_listing_forge_no_lines_and_lead_nowhere_else() {
    let attack = Attack::new(Server::Strict);
    for name in [
        "n/&#x1b;[31mred",
        "n/line&#10;break",
        "../up",
        "n/../../up",
        "/n",
        "",
        "n%2Fx",
        "n/&#x202e;back",
    ] {
        let fault = Fault::change(move |_, body| {
            let text = String::from_utf8(std::mem::take(body)).unwrap();
            let changed = text.replace("<Key>n0</Key>", &format!("<Key>{name}</Key>"));
            assert!(changed != text, "{text}");
            *body = changed.into_bytes();
        });
        let ran = attack.ls(name, list().fault(fault));
        let text = String::from_utf8(ran.stdout.clone()).unwrap() + &ran.stderr;
        let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(control), "{ran:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("break")),
            "{ran:?}"
        );
    }
}

#[test]
fn one_object_that_fails_does_not_hide_the_others() {
    let attack = Attack::new(Server::Strict);
    let ran = attack.ls(
        "403 of one",
        head().once().fault(Fault::Refuse(403, "AccessDenied")),
    );
    let text = String::from_utf8(ran.stdout.clone()).unwrap();
    // Either all is an error, or the one is told beside the others.
    if ran.well() {
        assert_eq!(text.lines().count(), OBJECTS, "{ran:?}");
    }
    let ran = attack.ls(
        "503 of one",
        head().once().fault(Fault::Refuse(503, "SlowDown")),
    );
    attack.complete(&ran);
}
