//! Ctrl-C in an upload in parts: it is given up, and nothing is left of it. A kill leaves what
//! `uploads ls` names, see `killed.rs`.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::BOTH;

/// More parts than are on their way at once: the command waits for those when the signal comes.
const SIZE: usize = 100 << 20;

/// Each request like this waits, and with the first one that does the signal comes.
fn interrupt_at(asked: fn(&Asked) -> bool, wait: fn(Duration) -> Fault) {
    for server in BOTH {
        let bucket = Bucket::new(server, "interrupted");
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        let (former, new) = (bytes(1, 3000), bytes(2, SIZE));
        fs::create_dir(node.root().join("in")).unwrap();
        let source = node.file("in/source", &new);
        let source = source.to_str().unwrap();
        let uri = bucket.uri("object");
        node.put(&uri, &former).succeeded();
        let before = bucket.keys();
        let prefix = bucket.uri("below/");
        let one: &[&str] = &["object", "put", source, &uri];
        let many: &[&str] = &["object", "put", "-r", "in", &prefix];
        for (command, signal) in [
            (one, Signal::INT),
            (one, Signal::TERM),
            (many, Signal::INT),
            (many, Signal::HUP),
        ] {
            proxy.forget();
            let pause = wait(Duration::from_secs(2));
            proxy.on(On::request(asked).fault(pause));
            let child = node.start(command);
            let deadline = Instant::now() + Duration::from_mins(1);
            while proxy.faults() == 0 {
                assert!(Instant::now() < deadline, "{:?}", proxy.record());
                std::thread::sleep(Duration::from_millis(5));
            }
            // The server has what does not wait, and the command all that it sends at once.
            std::thread::sleep(Duration::from_millis(300));
            assert_eq!(bucket.uploads().len(), 1);
            kill_process(Pid::from_child(&child), signal).unwrap();
            let ran = Node::finish(child);
            assert_eq!(ran.status.signal(), Some(signal.as_raw()), "{ran:?}");
            assert_eq!(bucket.uploads(), [], "{command:?}, {signal:?}: {ran:?}");
            assert_eq!(bucket.keys(), before);
            assert!(node.get(&uri).unwrap() == former);
        }
    }
}

#[test]
fn an_upload_that_is_interrupted_between_its_parts_is_given_up() {
    let later = |asked: &Asked| asked.part().is_some_and(|part| part.0 > 2);
    interrupt_at(later, Fault::Delay);
}

/// The server has begun it, and the command does not know its name yet.
#[test]
fn an_upload_that_is_interrupted_while_it_begins_is_given_up() {
    let begins = |asked: &Asked| asked.parameter("uploads").is_some() && asked.method == "POST";
    interrupt_at(begins, |pause| Fault::Slow(1 << 20, pause));
}
