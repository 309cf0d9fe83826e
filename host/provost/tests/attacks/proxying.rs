//! The proxy does what its rules say: otherwise the attacks would prove nothing.

use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;

use crate::bucket::{Bucket, Raw, client};
use crate::proxy::{Fault, On, Proxy, runtime};
use crate::servers::BOTH;

/// What comes through, or everything that the SDK says.
fn get(client: &Client, bucket: &Bucket, key: &str) -> Result<Vec<u8>, String> {
    let get = client.get_object().bucket(&bucket.name).key(key).send();
    runtime().block_on(async {
        let got = get.await.map_err(|error| format!("{error:?}"))?;
        let body = got.body.collect().await;
        Ok(body.map_err(|error| format!("{error:?}"))?.to_vec())
    })
}

fn put(client: &Client, bucket: &Bucket, key: &str, body: &[u8]) -> Result<(), String> {
    let put = client.put_object().bucket(&bucket.name).key(key);
    let sent = put.body(ByteStream::from(body.to_vec())).send();
    let sent = runtime().block_on(sent);
    sent.map(drop).map_err(|error| format!("{error:?}"))
}

#[test]
fn without_rules_all_comes_through_and_signatures_hold() {
    for server in BOTH {
        let bucket = Bucket::new(server, "through");
        let proxy = Proxy::new(&server.endpoint());
        let client = client(&proxy.endpoint());
        let body = vec![7; 300_000];
        put(&client, &bucket, "a b/ü", &body).unwrap();
        assert_eq!(bucket.get("a b/ü").body, body);
        assert_eq!(get(&client, &bucket, "a b/ü").unwrap(), body);
        let record = proxy.record();
        assert_eq!(record.len(), 2);
        assert_eq!((record[0].length, record[0].status), (300_000, Some(200)));
        let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
        assert_eq!(record[0].digest, expected.as_ref());
    }
}

#[test]
fn each_fault_of_an_answer_is_what_it_says() {
    let server = BOTH[1];
    let bucket = Bucket::new(server, "faults");
    let body: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let raw = Raw {
        metadata: [("colour".to_owned(), "red".to_owned())].into(),
        body: body.clone(),
    };
    bucket.put("x", &raw);
    let proxy = Proxy::new(&server.endpoint());
    let client = client(&proxy.endpoint());
    let met = |fault: Fault| {
        proxy.forget();
        proxy.on(On::get("x").once().fault(fault));
        let got = get(&client, &bucket, "x");
        assert_eq!(proxy.faults(), 1);
        assert_eq!(get(&client, &bucket, "x").unwrap(), body, "only once");
        got
    };
    for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::Cut(100_000)] {
        let error = met(fault).unwrap_err();
        assert!(error.contains("ConnectionReset"), "{error}");
    }
    let refused = met(Fault::Refuse(503, "SlowDown")).unwrap_err();
    assert!(refused.contains("SlowDown"), "{refused}");
    let refused = met(Fault::RefuseAfter(500, "InternalError")).unwrap_err();
    assert!(refused.contains("InternalError"), "{refused}");
    let began = Instant::now();
    assert_eq!(
        met(Fault::Slow(50_000, Duration::from_millis(50))).unwrap(),
        body
    );
    assert!(began.elapsed() >= Duration::from_millis(200));
    let mut hooked = raw.clone();
    hooked.body = b"another".to_vec();
    let (to, back) = (bucket.clone(), raw.clone());
    let other = Fault::after_doing(move || {
        let (to, hooked) = (to.clone(), hooked.clone());
        async move { to.put_later("x", hooked).await }
    });
    proxy.forget();
    proxy.on(On::get("x").once().fault(other));
    assert_eq!(get(&client, &bucket, "x").unwrap(), b"another");
    bucket.put("x", &back);
}

#[test]
fn a_reset_before_or_after_a_request_is_on_that_side_of_the_server() {
    for server in BOTH {
        let bucket = Bucket::new(server, "sides");
        let proxy = Proxy::new(&server.endpoint());
        let client = client(&proxy.endpoint());
        proxy.on(On::put("before").fault(Fault::ResetBefore));
        proxy.on(On::put("after").fault(Fault::ResetAfter));
        put(&client, &bucket, "before", b"text").unwrap_err();
        put(&client, &bucket, "after", b"text").unwrap_err();
        assert_eq!(bucket.keys(), ["after"]);
    }
}
