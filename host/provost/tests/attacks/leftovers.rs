//! Two commands at one object: a file that an envelope moves into is never taken for a leftover of
//! an older object.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::replaced::{FILES, MOST, TO_FILE, about};
use crate::servers::Server;

const MOVE: &[&str] = &["rewrap", "--to", "instruction-file"];
/// Its envelope is there, so that it only removes what was left beside.
const TIDY: &[&str] = &["rewrap", "--to", "metadata"];
const ANEW: &[&str] = &["reencrypt", "--all"];

/// Runs the first command with the second one before each of its requests in turn, at an object with
/// its envelope in its metadata, and with a file left beside it or none.
fn run(first: &[&str], second: &[&str], lines: &str) {
    let bucket = Bucket::new(Server::Strict, "leftover");
    let endpoint = bucket.server.endpoint();
    let policy = |lines| bucket.policy(&format!("{FILES}{lines}"));
    let proxy = Proxy::new(&endpoint);
    let node = Node::new(&proxy.endpoint(), &policy(lines));
    let other = Arc::new(Node::new(&endpoint, &policy(lines)));
    let (uri, text) = (bucket.uri("x"), bytes(1, 3000));
    let writer = Node::new(&endpoint, &policy(""));
    writer.put(&uri, &text).succeeded();
    let object = bucket.get("x");
    writer
        .run(&[&["object"], MOVE, &[uri.as_str()]].concat())
        .succeeded();
    let file = bucket.get("x.instruction");
    let succeeded = Arc::new(AtomicUsize::new(0));
    for left in [None, Some(file)] {
        for nth in 1.. {
            assert!(nth < MOST, "it made more than {MOST} requests");
            bucket.remove("x.instruction");
            if let Some(file) = &left {
                bucket.put("x.instruction", file);
            }
            bucket.put("x", &object);
            proxy.forget();
            let command = [&["object"], second, &[uri.as_str()]].concat();
            let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
            let doing = (
                Arc::clone(&other),
                Arc::new(command),
                Arc::clone(&succeeded),
            );
            let meanwhile = Fault::after_doing(move || {
                let (other, command, succeeded) = doing.clone();
                async move {
                    let run = move || {
                        let command: Vec<&str> = command.iter().map(String::as_str).collect();
                        let success = other.run(&command).status.success();
                        succeeded.fetch_add(usize::from(success), Ordering::Relaxed);
                    };
                    tokio::task::spawn_blocking(run).await.unwrap();
                }
            });
            proxy.on(On::request(about).nth(nth..=nth).fault(meanwhile));
            let ran = node.run(&[&["object"], first, &[uri.as_str()]].concat());
            let reached = proxy.faults() > 0;
            proxy.forget();
            let read = node.get(&uri);
            assert!(
                read.as_ref().is_ok_and(|read| *read == text),
                "{second:?} before request {nth} of {first:?}, left: {}: {read:?}, {ran:?}",
                left.is_some()
            );
            if !reached {
                ran.succeeded();
                assert!(nth > 2);
                break;
            }
        }
    }
    assert!(
        succeeded.load(Ordering::Relaxed) > 1,
        "{second:?} never did"
    );
}

#[test]
fn a_file_that_an_envelope_moves_into_is_not_removed() {
    run(TIDY, MOVE, "");
    run(&["reencrypt"], MOVE, "");
}

#[test]
fn a_file_that_was_removed_while_an_envelope_moved_is_put_again() {
    run(MOVE, TIDY, "");
    run(MOVE, MOVE, "");
    run(MOVE, &["reencrypt"], "");
}

#[test]
fn a_file_that_was_removed_before_its_body_was_there_is_put_again() {
    run(ANEW, TIDY, TO_FILE);
}

#[test]
fn an_envelope_moves_while_the_object_is_encrypted_anew() {
    run(MOVE, ANEW, TO_FILE);
    run(ANEW, MOVE, TO_FILE);
}

/// The copy gives the body another mark, as AWS does with one that was sent in parts, and its answer
/// is lost: it is sent again, and refused. The servers here keep the mark, so the object is put again
/// as the copy left it, in one part.
#[test]
fn a_lost_answer_to_a_move_leaves_the_envelope_where_it_moved() {
    let bucket = Bucket::new(Server::Strict, "moved");
    let proxy = Proxy::new(&bucket.server.endpoint());
    let node = Node::new(&proxy.endpoint(), &bucket.policy(FILES));
    let (uri, text) = (bucket.uri("x"), bytes(1, (9 << 20) + 3));
    node.put(&uri, &text).succeeded();
    let parts = bucket.mark("x");
    let copy = |asked: &Asked| asked.headers.contains_key("x-amz-copy-source");
    proxy.on(On::request(copy).once().fault(Fault::ResetAfter));
    let again = bucket.clone();
    let put_again = Fault::after_doing(move || {
        let again = again.clone();
        async move {
            let put = move || again.change("x", |_| {});
            tokio::task::spawn_blocking(put).await.unwrap();
        }
    });
    proxy.on(On::request(copy).nth(2..=2).fault(put_again));
    let moved = [&["object"], MOVE, &[uri.as_str()]].concat();
    node.run(&moved).succeeded();
    assert_eq!(proxy.faults(), 2);
    assert_ne!(bucket.mark("x"), parts);
    assert!(node.get(&uri).unwrap() == text);
}
