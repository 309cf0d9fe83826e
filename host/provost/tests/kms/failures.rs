//! KMS is busy, away, or refuses.

use std::time::{Duration, Instant};

use crate::faults::{Fault, Proxy};
use crate::keys::provost_words;
use crate::rig::Setup;
use crate::server::{counted, new_key};

const BODY: &[u8] = b"a body";

#[test]
fn throttling_and_failures_that_pass_are_not_seen() {
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let rig = Setup::cse_kms(&key).endpoint(&proxy.url).build();
    proxy.fail([
        Fault::Answer(400, "ThrottlingException"),
        Fault::Answer(500, "KMSInternalException"),
        Fault::Close,
        Fault::Answer(503, "DependencyTimeoutException"),
    ]);
    rig.put("a", BODY).unwrap();
    assert_eq!(proxy.count("GenerateDataKey"), 5);
    assert_eq!(
        counted(&key)["GenerateDataKey"],
        1,
        "what failed never reached KMS"
    );
    proxy.fail([Fault::Answer(400, "ThrottlingException"); 2]);
    assert_eq!(rig.get("a").unwrap(), BODY);
}

#[test]
fn throttling_that_goes_on_is_an_error_with_a_way_out() {
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let rig = Setup::cse_kms(&key).endpoint(&proxy.url).build();
    proxy.always(Some(Fault::Answer(400, "ThrottlingException")));
    let begun = Instant::now();
    let error = rig.put("a", BODY).unwrap_err();
    let words = provost_words(&error);
    for part in ["GenerateDataKey", &key, &proxy.url, "ThrottlingException"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    assert!(error.hint().unwrap().contains("data_key_reuse"));
    assert!(begun.elapsed() < Duration::from_secs(30), "the deadline");
    assert!(proxy.count("GenerateDataKey") > 3, "it was tried again");
    proxy.always(None);
    rig.put("a", BODY).unwrap();
}

#[test]
fn an_outage_ends_at_the_deadline_with_what_became_of_the_last_attempt() {
    let key = new_key("us-east-1");
    let rig = Setup::cse_kms(&key)
        .endpoint("http://127.0.0.1:1")
        .kms("deadline = \"1500ms\"")
        .build();
    let begun = Instant::now();
    let error = rig.put("a", BODY).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let words = provost_words(&error);
    assert!(
        words.contains("Connection refused") && words.contains(&key),
        "{words}"
    );
    assert!(error.hint().unwrap().contains("reaches http://127.0.0.1:1"));
}

#[test]
fn a_slow_kms_ends_at_the_deadline() {
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let rig = Setup::cse_kms(&key)
        .endpoint(&proxy.url)
        .kms("deadline = \"1s\"")
        .build();
    proxy.always(Some(Fault::Slow(Duration::from_secs(20))));
    let begun = Instant::now();
    let words = provost_words(&rig.put("a", BODY).unwrap_err());
    assert!(begun.elapsed() < Duration::from_secs(10), "{words}");
}

#[test]
fn identical_decryptions_at_the_same_time_are_one_call() {
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let rig = Setup::cse_kms(&key).endpoint(&proxy.url).build();
    rig.put("a", BODY).unwrap();
    let before = proxy.count("Decrypt");
    proxy.fail([Fault::Slow(Duration::from_millis(500))]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(rig.get("a").unwrap(), BODY));
        }
    });
    assert_eq!(proxy.count("Decrypt"), before + 1);
    rig.get("a").unwrap();
    assert_eq!(proxy.count("Decrypt"), before + 2, "an answer is not kept");
    // Each object has a data key of its own, however many are written at the same time.
    let before = proxy.count("GenerateDataKey");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let rig = &rig;
            scope.spawn(move || rig.put(&format!("b{number}"), BODY).unwrap());
        }
    });
    assert_eq!(proxy.count("GenerateDataKey"), before + 8);
}

#[test]
fn a_key_that_is_disabled_or_about_to_go_is_named_with_what_brings_it_back() {
    // KMS's own codes, from the proxy: moto goes on decrypting with such keys.
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let rig = Setup::cse_kms(&key).endpoint(&proxy.url).build();
    rig.put("a", BODY).unwrap();
    for (code, advice) in [
        ("DisabledException", "enable-key"),
        ("KMSInvalidStateException", "cancel-key-deletion"),
    ] {
        let before = proxy.seen().len();
        proxy.fail([Fault::Answer(400, code), Fault::Answer(400, code)]);
        let errors = [rig.get("a").unwrap_err(), rig.put("b", BODY).unwrap_err()];
        for error in errors {
            let words = provost_words(&error);
            assert!(words.contains(code) && words.contains(&key), "{words}");
            assert!(error.hint().unwrap().contains(advice));
        }
        assert_eq!(proxy.seen().len(), before + 2, "neither is tried again");
    }
}

#[test]
fn a_key_that_is_not_there_is_named_with_its_region() {
    let key = format!("arn:aws:kms:eu-west-3:{}:key/none", crate::server::ACCOUNT);
    let rig = Setup::cse_kms(&key).build();
    let error = rig.put("a", BODY).unwrap_err();
    assert!(
        provost_words(&error).contains("NotFoundException"),
        "{}",
        provost_words(&error)
    );
    assert!(error.hint().unwrap().contains("eu-west-3"));
}

#[test]
fn a_node_that_may_not_decrypt_writes_only_when_it_says_so() {
    let (key, proxy) = (new_key("us-east-1"), Proxy::start());
    let denied = || {
        // After GenerateDataKey, which is not.
        proxy.fail([
            Fault::Slow(Duration::ZERO),
            Fault::Answer(400, "AccessDeniedException"),
        ]);
    };
    let rig = Setup::cse_kms(&key).endpoint(&proxy.url).build();
    denied();
    let error = rig.put("a", BODY).unwrap_err();
    assert!(
        error.hint().unwrap().contains("proof = \"elsewhere\""),
        "{error}"
    );
    let rig = Setup::cse_kms(&key)
        .endpoint(&proxy.url)
        .kms("proof = \"elsewhere\"")
        .build();
    rig.put("a", BODY).unwrap();
}
