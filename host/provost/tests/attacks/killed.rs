//! A put that is killed: no readable object, or the former one, and no upload that cannot be
//! found and removed.

use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Fault, On, Proxy};
use crate::servers::{BOTH, Server};

const SIZE: usize = 20 << 20;
/// On each of the two servers.
const MOMENTS: u32 = 25;

/// Every request waits a little, so that moments are spread over all of them.
fn slow(server: Server) -> Proxy {
    let proxy = Proxy::new(&server.endpoint());
    let pause = Duration::from_millis(60);
    proxy.on(On::request(|_| true).fault(Fault::Delay(pause)));
    proxy
}

/// A moment in each of equal spans of `whole`, at random within it.
fn moments(whole: Duration) -> Vec<Duration> {
    let span = whole / MOMENTS;
    (0..MOMENTS)
        .map(|number| {
            let mut random = [0; 1];
            aws_lc_rs::rand::fill(&mut random).unwrap();
            span * number + span * u32::from(random[0]) / 256
        })
        .collect()
}

#[test]
fn a_put_killed_at_any_of_fifty_moments_leaves_nothing_readable_and_nothing_unnamed() {
    for server in BOTH {
        let bucket = Bucket::new(server, "killed");
        let proxy = slow(server);
        let node = Node::new(&proxy.endpoint(), "");
        let direct = Node::new(&server.endpoint(), "");
        let (former, new) = (bytes(1, 3000), bytes(2, SIZE));
        let source = node.file("source", &new);
        let source = source.to_str().unwrap();
        // The shortest of three: the machine may be busy.
        let whole = (0..3).map(|_| {
            let began = Instant::now();
            node.run(&["object", "put", source, &bucket.uri("whole")])
                .succeeded();
            began.elapsed()
        });
        let whole = whole.min().unwrap();
        direct.put(&bucket.uri("over"), &former).succeeded();

        let (mut orphans, mut killed, mut tries) = (0, 0, 0);
        let mut left_to_try: VecDeque<_> = moments(whole).into();
        while let Some(moment) = left_to_try.pop_front() {
            let number = tries;
            tries += 1;
            assert!(
                tries < 4 * MOMENTS,
                "killed {killed} times in {tries} tries"
            );
            let key = if number % 2 == 0 { "new" } else { "over" };
            let uri = bucket.uri(key);
            let mut child = node.start(&["object", "put", source, &uri]);
            std::thread::sleep(moment);
            child.kill().unwrap();
            let ran = Node::finish(child);
            let by_us = ran.status.signal() == Some(9);
            assert!(by_us || ran.well(), "{ran:?}");
            if by_us {
                killed += 1;
            } else {
                // It was done before.
                left_to_try.push_back(moment * 3 / 4);
            }
            println!(
                "{server:?}, after {moment:?} of {whole:?}: {:?}",
                ran.status
            );
            // What was on its way arrives.
            std::thread::sleep(Duration::from_millis(150));
            if bucket.find(key).is_some() {
                let text = direct.get(&uri).unwrap();
                let whole = text == new;
                let as_before = key == "over" && text == former;
                assert!(whole || as_before, "{} bytes", text.len());
            } else {
                assert_eq!(key, "new", "the former object is gone");
            }
            if ran.well() {
                assert!(direct.get(&uri).unwrap() == new);
            }
            let left = bucket.uploads().len();
            println!("{left} uploads are left");
            orphans = orphans.max(left);
            if key == "new" && bucket.find(key).is_some() {
                direct.run(&["object", "rm", &uri]).succeeded();
            } else if key == "over" {
                direct.put(&uri, &former).succeeded();
            }
        }
        assert_eq!(killed, MOMENTS);
        assert!(
            orphans > 2,
            "only {orphans} uploads were left: no test of what follows"
        );
        every_upload_is_named_and_removed(&bucket, &direct);
    }
}

/// The command finds all that was left, one by its id and the rest by age.
fn every_upload_is_named_and_removed(bucket: &Bucket, node: &Node) {
    let prefix = bucket.uri("");
    let listed = node.run(&["object", "uploads", "ls", &prefix]);
    listed.succeeded();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for upload in bucket.uploads() {
        let (key, id) = (upload.key().unwrap(), upload.upload_id().unwrap());
        assert!(
            listed
                .lines()
                .any(|line| line.contains(&bucket.uri(key)) && line.contains(id)),
            "{key} {id} is not named in: {listed}"
        );
    }
    let left = bucket.uploads();
    let (key, id) = (left[0].key().unwrap(), left[0].upload_id().unwrap());
    let one = bucket.uri(key);
    node.run(&["object", "uploads", "rm", &one, id]).succeeded();
    assert_eq!(bucket.uploads().len(), left.len() - 1);
    node.run(&["object", "uploads", "rm", "--older-than", "0s", &prefix])
        .succeeded();
    assert_eq!(bucket.uploads(), []);
}
