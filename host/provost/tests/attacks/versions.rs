//! A bucket that keeps versions: whatever a read takes, it takes from one of them.

use std::collections::BTreeSet;

use hyper::Method;

use crate::bucket::Bucket;
use crate::node::{Node, WAYS, bytes};
use crate::proxy::{Fault, On, Proxy};
use crate::servers::BOTH;

const LARGE: usize = 18 << 20;

#[test]
fn a_read_of_an_object_that_is_replaced_meanwhile_stays_with_its_version() {
    for server in BOTH {
        let bucket = Bucket::new(server, "versions");
        bucket.keep_versions();
        let direct = Node::new(&server.endpoint(), "");
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), "");
        let (uri, text) = (bucket.uri("x"), bytes(1, LARGE));
        // Shorter: its tag is not where that of the first one is.
        direct
            .put(&bucket.uri("y"), &bytes(2, LARGE - 100_000))
            .succeeded();
        let (first, second) = {
            direct.put(&uri, &text).succeeded();
            (bucket.get("x"), bucket.get("y"))
        };
        for (way, get) in WAYS {
            bucket.put("x", &first);
            proxy.forget();
            let (to, raw) = (bucket.clone(), second.clone());
            let read =
                On::request(|asked| asked.path.ends_with("/x") && asked.method == Method::GET);
            proxy.on(read.nth(2..=2).fault(Fault::after_doing(move || {
                let (to, raw) = (to.clone(), raw.clone());
                async move { to.put_later("x", raw).await }
            })));
            let got = get(&node, &uri).unwrap();
            assert!(got == text, "{way}: bytes of the other version");
            assert_eq!(proxy.faults(), 1, "{way}: one request is no test");
            let record = proxy.record();
            let named: BTreeSet<_> = record
                .iter()
                .filter(|asked| asked.path.ends_with("/x"))
                .skip(1)
                .map(|asked| asked.parameter("versionId"))
                .collect();
            assert_eq!(named.len(), 1, "{way}: {named:?}");
            assert!(!named.contains(&None), "{way}: no version is named");
        }
    }
}
