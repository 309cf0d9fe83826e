//! What a server does wrong while an object is written: the object is whole, or it is not there,
//! or it is the one that was there before.

use std::time::Duration;

use hyper::StatusCode;

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Fault, On, Proxy};
use crate::servers::{BOTH, Server};

/// An object in one request, and one in at least three parts.
const SMALL: usize = 1000;
const LARGE: usize = 18 << 20;

type MakeFault = fn() -> Fault;
type MakeRule = fn(&str) -> On;

/// Each fault that an upload's request can meet.
const FAULTS: [(&str, MakeFault); 7] = [
    ("reset before", || Fault::ResetBefore),
    ("reset after", || Fault::ResetAfter),
    ("500", || Fault::Refuse(500, "InternalError")),
    ("503", || Fault::Refuse(503, "SlowDown")),
    ("500 although done", || {
        Fault::RefuseAfter(500, "InternalError")
    }),
    ("403", || Fault::Refuse(403, "AccessDenied")),
    ("slow", || Fault::Delay(Duration::from_millis(300))),
];

/// One command to put an object while `rule` holds, once over nothing and once over an object.
fn put(bucket: &Bucket, what: &str, size: usize, rule: impl Fn(&str) -> On) -> usize {
    let proxy = Proxy::new(&bucket.server.endpoint());
    let attacked = Node::new(&proxy.endpoint(), "");
    let direct = Node::new(&bucket.server.endpoint(), "");
    let (former, new) = (bytes(1, size), bytes(2, size));
    let mut well = 0;
    for over in [false, true] {
        let key = what.replace(' ', "-") + if over { "-over" } else { "-new" };
        let uri = bucket.uri(&key);
        if over {
            direct.put(&uri, &former).succeeded();
        }
        proxy.forget();
        proxy.on(rule(&key));
        println!(
            "{what} ({:?}, {size} bytes, over another: {over})",
            bucket.server
        );
        let ran = attacked.put(&uri, &new);
        assert!(proxy.faults() > 0, "no request met it: {ran:?}");
        if ran.well() {
            well += 1;
            assert!(direct.get(&uri).unwrap() == new, "{what}: other bytes");
            bucket.remove(&key);
            continue;
        }
        ran.refused();
        if bucket.find(&key).is_some() {
            let text = direct.get(&uri).unwrap();
            // A server may have done what it said it had not.
            assert!(text == new || (over && text == former), "{what}: mixed");
        } else {
            assert!(!over, "{what}: the former object is gone");
        }
        assert!(ran.stderr.contains(&uri), "names no object: {ran:?}");
        bucket.remove(&key);
    }
    well
}

#[test]
fn one_failed_request_of_an_object_in_one_request_changes_nothing() {
    for server in BOTH {
        let bucket = Bucket::new(server, "put-once");
        for (what, fault) in FAULTS {
            let well = put(&bucket, what, SMALL, |key| {
                On::put(key).once().fault(fault())
            });
            // Retries are the SDK's; only what no retry can change may fail.
            assert_eq!(well, if what == "403" { 0 } else { 2 }, "{what}");
        }
    }
}

#[test]
fn a_server_that_always_fails_an_object_in_one_request_is_an_error() {
    let bucket = Bucket::new(Server::Strict, "put-always");
    for (what, fault) in FAULTS {
        let well = put(&bucket, what, SMALL, |key| On::put(key).fault(fault()));
        assert_eq!(well, if what == "slow" { 2 } else { 0 }, "{what}");
    }
}

#[test]
fn one_failed_request_of_an_object_in_parts_changes_nothing() {
    let bucket = Bucket::new(Server::Strict, "parts-once");
    let steps: [(&str, MakeRule); 4] = [
        ("create", On::create),
        ("part 1", |key| On::part(key, 1)),
        ("part 3", |key| On::part(key, 3)),
        ("complete", On::complete),
    ];
    for (step, rule) in steps {
        for (what, fault) in FAULTS {
            put(&bucket, &format!("{step} {what}"), LARGE, |key| {
                rule(key).once().fault(fault())
            });
        }
    }
}

#[test]
fn a_server_that_always_fails_a_step_of_an_object_in_parts_is_an_error() {
    let bucket = Bucket::new(Server::Strict, "parts-always");
    let steps: [(&str, MakeRule); 3] = [
        ("create", On::create),
        ("part 2", |key| On::part(key, 2)),
        ("complete", On::complete),
    ];
    for (step, rule) in steps {
        for (what, fault) in [FAULTS[1], FAULTS[2], FAULTS[3]] {
            let well = put(&bucket, &format!("{step} {what}"), LARGE, |key| {
                rule(key).fault(fault())
            });
            assert_eq!(well, 0, "{step} {what}");
        }
    }
    // Where the server answered that much, nothing is left that would be paid for.
    let left = bucket.uploads();
    let named = |upload: &aws_sdk_s3::types::MultipartUpload| {
        let key = upload.key().unwrap_or_default();
        key.starts_with("part-2") || key.starts_with("complete-500") || key.contains("503")
    };
    assert!(!left.iter().any(named), "{left:?}");
}

/// S3 may begin to answer, with status 200, before it knows that a completion fails.
#[test]
fn an_error_inside_the_answer_200_to_a_completion_is_an_error() {
    let bucket = Bucket::new(Server::Strict, "complete-200");
    let inside = || {
        Fault::change(|head, body| {
            head.status = StatusCode::OK;
            *body =
                b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code>\
                      <Message>said by the test</Message></Error>"
                    .to_vec();
        })
    };
    // The object is there although the answer says no: a retry finds the upload gone.
    put(&bucket, "error inside", LARGE, |key| {
        On::complete(key).fault(inside())
    });
    // It is not there, whatever the status says.
    let proxy = Proxy::new(&bucket.server.endpoint());
    let node = Node::new(&proxy.endpoint(), "");
    proxy.on(On::complete("none").fault(Fault::Refuse(200, "InternalError")));
    let ran = node.put(&bucket.uri("none"), &bytes(3, LARGE));
    ran.refused();
    assert_eq!(bucket.find("none"), None);
}

#[test]
fn an_etag_of_another_part_does_not_complete() {
    let bucket = Bucket::new(Server::Strict, "part-etag");
    put(&bucket, "etag of nothing", LARGE, |key| {
        On::part(key, 2).fault(Fault::change(|head, _| {
            let etag = "\"00000000000000000000000000000000\"";
            head.headers.insert("etag", etag.parse().unwrap());
        }))
    });
}
