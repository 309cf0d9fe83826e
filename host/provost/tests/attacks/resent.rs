//! A part that is sent again while its source changes: a key, IV and offset meet one byte string.

use std::collections::HashMap;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use hyper::Method;

use crate::bucket::Bucket;
use crate::node::{Node, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::{BOTH, Server};

const SIZE: usize = 18 << 20;

/// Whatever was sent for a part of an upload is the same each time, and two uploads have two data
/// keys. How often a part was sent more than once.
fn one_ciphertext_for_a_place(record: &[Asked], wrapped_key: &str) -> usize {
    let mut sent: HashMap<(u32, &str), (&[u8], usize)> = HashMap::new();
    let mut again = 0;
    for asked in record {
        let Some((number, upload)) = asked.part() else {
            continue;
        };
        let (digest, times) = sent.entry((number, upload)).or_insert((&asked.digest, 0));
        assert_eq!(*digest, asked.digest, "part {number} of {upload}");
        *times += 1;
        again += usize::from(*times > 1);
    }
    let mut keys: Vec<_> = record
        .iter()
        .filter(|asked| asked.method == Method::POST && asked.parameter("uploads").is_some())
        .map(|asked| asked.headers.get(wrapped_key).unwrap().as_bytes())
        .collect();
    let uploads = keys.len();
    keys.sort_unstable();
    keys.dedup();
    // An upload that is begun anew has another key. A lost answer to the first may repeat it with
    // the same one, which then has no part of its own.
    assert!(keys.len() == uploads, "two uploads with one data key");
    again
}

/// Rewrites all of the source but its first MiB, in place.
fn rewrite(path: &PathBuf, with: &[u8]) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.write_all_at(&with[1 << 20..], 1 << 20).unwrap();
}

fn attack(server: Server, what: &str, fault: fn() -> Fault, change: fn(&PathBuf, &[u8])) {
    for format in ["V2", "V3"] {
        println!("{what}, {format}, {server:?}");
        let bucket = Bucket::new(server, "resent");
        let tables = bucket.policy(&format!("write.format = \"{format}\""));
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), &tables);
        let (old, new) = (bytes(1, SIZE), bytes(2, SIZE));
        let source = node.file("source", &old);
        let (path, other) = (source.clone(), new.clone());
        proxy.on(On::part("x", 2).once().fault(Fault::after_doing(move || {
            let (path, other) = (path.clone(), other.clone());
            async move { change(&path, &other) }
        })));
        proxy.on(On::part("x", 2).once().fault(fault()));
        let uri = bucket.uri("x");
        let ran = node.run(&["object", "put", source.to_str().unwrap(), &uri]);
        assert!(proxy.faults() > 0, "part 2 was not sent: {ran:?}");
        let wrapped = match format {
            "V2" => "x-amz-meta-x-amz-key-v2",
            _ => "x-amz-meta-x-amz-3",
        };
        let again = one_ciphertext_for_a_place(&proxy.record(), wrapped);
        println!("sent again: {again}, {}", ran.status);
        if !ran.well() {
            ran.refused();
            assert_eq!(bucket.find("x"), None);
            continue;
        }
        // What came back is what was read, each byte before or after the change.
        let got = node.get(&uri).unwrap();
        assert_eq!(got.len(), SIZE);
        let both = old.iter().zip(&new);
        let strange = got
            .iter()
            .zip(both)
            .position(|(got, (old, new))| got != old && got != new);
        assert_eq!(strange, None, "a byte that was never in the source");
        // Part 2 had been read before the change.
        let part_1 = proxy.record().iter().find_map(|asked| {
            asked
                .part()
                .filter(|part| part.0 == 1)
                .map(|_| asked.length)
        });
        let start = part_1.unwrap();
        assert!(got[start..start + 1000] == old[start..start + 1000]);
    }
}

#[test]
fn part_2_fails_while_its_source_changes() {
    for server in BOTH {
        attack(
            server,
            "500",
            || Fault::Refuse(500, "InternalError"),
            rewrite,
        );
        attack(server, "reset after sending", || Fault::ResetAfter, rewrite);
    }
}

#[test]
fn part_2_fails_while_its_source_is_cut_or_grows() {
    attack(
        Server::Strict,
        "500, cut",
        || Fault::Refuse(500, "InternalError"),
        |path, _| {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_len(1 << 20).unwrap();
        },
    );
    attack(
        Server::Strict,
        "reset, grown",
        || Fault::ResetAfter,
        |path, more| {
            let mut file = std::fs::File::options().write(true).open(path).unwrap();
            file.seek(SeekFrom::End(0)).unwrap();
            file.write_all(&more[..1 << 20]).unwrap();
        },
    );
}

#[test]
fn part_2_fails_on_every_try_but_the_last() {
    let server = Server::Strict;
    let bucket = Bucket::new(server, "resent-often");
    let proxy = Proxy::new(&server.endpoint());
    let node = Node::new(&proxy.endpoint(), "");
    proxy.on(On::part("x", 2).nth(1..=1).fault(Fault::ResetAfter));
    proxy.on(On::part("x", 2)
        .nth(2..=2)
        .fault(Fault::Refuse(503, "SlowDown")));
    let text = bytes(1, SIZE);
    node.put(&bucket.uri("x"), &text).succeeded();
    let again = one_ciphertext_for_a_place(&proxy.record(), "x-amz-meta-x-amz-3");
    assert!(again >= 2, "{again}");
    assert!(node.get(&bucket.uri("x")).unwrap() == text);
}
