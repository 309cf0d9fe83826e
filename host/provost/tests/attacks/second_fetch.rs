//! What is fetched a second time differs from the first: whole bytes of one object, or nothing.

use hyper::Method;

use crate::bucket::{Bucket, Raw};
use crate::node::{Node, WAYS, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::{BOTH, Server};

/// Three parts.
const LARGE: usize = 18 << 20;

fn about(asked: &Asked) -> bool {
    asked.path.ends_with("/x") && matches!(asked.method, Method::GET | Method::HEAD)
}

/// Another object, and its text if it has one.
type MakeOther = fn(&Bucket, &Node, usize) -> (Raw, Option<Vec<u8>>);

/// Replaces the object before its `nth` request, and gets it in each way.
fn attack(server: Server, size: usize, other: MakeOther) {
    let bucket = Bucket::new(server, "second");
    let direct = Node::new(&server.endpoint(), "");
    let proxy = Proxy::new(&server.endpoint());
    let node = Node::new(&proxy.endpoint(), "");
    let (uri, text) = (bucket.uri("x"), bytes(1, size));
    direct.put(&uri, &text).succeeded();
    let first = bucket.get("x");
    let (second, second_text) = other(&bucket, &direct, size);
    for nth in 1..=4 {
        for (way, get) in WAYS {
            bucket.put("x", &first);
            proxy.forget();
            let (to, raw) = (bucket.clone(), second.clone());
            let replace = Fault::after_doing(move || {
                let (to, raw) = (to.clone(), raw.clone());
                async move { to.put_later("x", raw).await }
            });
            proxy.on(On::request(about).nth(nth..=nth).fault(replace));
            let got = get(&node, &uri);
            let replaced = proxy.faults();
            println!("{server:?}, {size} bytes, request {nth}, {way}: replaced {replaced}");
            match got {
                Ok(got) => assert!(
                    got == text || second_text.as_ref() == Some(&got),
                    "bytes of neither"
                ),
                Err(ran) => assert!(replaced > 0, "{ran:?}"),
            }
        }
    }
}

fn another_object(bucket: &Bucket, node: &Node, size: usize) -> (Raw, Option<Vec<u8>>) {
    let text = bytes(2, size);
    node.put(&bucket.uri("y"), &text).succeeded();
    (bucket.get("y"), Some(text))
}

fn a_longer_object(bucket: &Bucket, node: &Node, size: usize) -> (Raw, Option<Vec<u8>>) {
    another_object(bucket, node, size + 100_000)
}

fn another_body(bucket: &Bucket, node: &Node, size: usize) -> (Raw, Option<Vec<u8>>) {
    let (other, _) = another_object(bucket, node, size);
    let mut raw = bucket.get("x");
    raw.body = other.body;
    (raw, None)
}

fn another_envelope(bucket: &Bucket, node: &Node, size: usize) -> (Raw, Option<Vec<u8>>) {
    let (other, _) = another_object(bucket, node, size);
    let mut raw = bucket.get("x");
    raw.metadata = other.metadata;
    (raw, None)
}

#[test]
fn a_small_object_replaced_between_two_requests() {
    for server in BOTH {
        for other in [
            another_object,
            a_longer_object,
            another_body,
            another_envelope,
        ] {
            attack(server, 5000, other);
        }
    }
}

#[test]
fn a_large_object_replaced_between_two_requests() {
    attack(Server::Strict, LARGE, another_object);
    attack(Server::Lenient, LARGE, another_envelope);
}

/// The server answers the second read of the same bytes differently, with the same mark.
#[test]
fn a_second_read_of_the_same_bytes_that_differs() {
    for size in [5000, LARGE] {
        let bucket = Bucket::new(Server::Strict, "again");
        let proxy = Proxy::new(&bucket.server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        let (uri, text) = (bucket.uri("x"), bytes(1, size));
        node.put(&uri, &text).succeeded();
        for nth in 1..=6 {
            for (_, get) in WAYS {
                proxy.forget();
                let get_x = On::request(|asked| about(asked) && asked.method == Method::GET);
                proxy.on(get_x.nth(nth..=nth).fault(Fault::flip(77)));
                match get(&node, &uri) {
                    Ok(got) => assert!(got == text, "other bytes"),
                    Err(ran) => assert!(proxy.faults() > 0, "{ran:?}"),
                }
            }
        }
    }
}
