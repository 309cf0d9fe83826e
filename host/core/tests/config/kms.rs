//! `[kms]`, the region, and `write.data_key_reuse`.

use std::time::Duration;

use provost_core::config::{DataKeyReuse, Origin, Proof, RegionRule};

use crate::{assert_has, clean, host, host_with, one_error};

#[test]
fn kms_is_all_defaults_unless_it_is_set() {
    let kms = clean(host("")).kms;
    assert!(kms.endpoint.is_none() && kms.region.is_none() && kms.profile.is_none());
    assert_eq!(*kms.deadline.get(), Duration::from_secs(30));
    assert!(kms.decrypt_keys.is_empty());
    assert_eq!(*kms.proof.get(), Proof::Required);
    assert_eq!(*kms.region_rule.get(), RegionRule::Enforce);
    let text = r#"
[kms]
endpoint = "https://vpce-1.kms.eu-central-1.vpce.amazonaws.com"
region = "cn-north-1"
profile = "writer"
deadline = "5s"
decrypt_keys = [
  "arn:aws-cn:kms:cn-north-1:111122223333:key/a",
  "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/b",
]
proof = "elsewhere"
allow_moved = true
region_rule = "warn"
"#;
    let kms = clean(host(text)).kms;
    assert_eq!(kms.region.unwrap().as_str(), "cn-north-1");
    assert_eq!(kms.profile.unwrap().as_str(), "writer");
    assert_eq!(*kms.deadline.get(), Duration::from_secs(5));
    assert_eq!(kms.decrypt_keys.len(), 2);
    assert!(*kms.allow_moved.get());
}

#[test]
fn an_endpoint_gets_no_data_keys_unencrypted_over_a_network() {
    for endpoint in [
        "https://kms.example.com:8443/path",
        "http://127.0.0.1:5000",
        "http://localhost",
        "http://[::1]:80/",
    ] {
        let host = clean(host(&format!("[kms]\nendpoint = \"{endpoint}\"\n")));
        assert_eq!(host.kms.endpoint.unwrap().as_str(), endpoint);
    }
    for (endpoint, words) in [
        ("http://kms.example.com", "would send data keys unencrypted"),
        (
            "http://127.0.0.1.example.com",
            "would send data keys unencrypted",
        ),
        ("http://localhost:x", "would send data keys unencrypted"),
        ("http://127.0.0.1@example.com", "is not https://HOST"),
        ("https://", "is not https://HOST"),
        ("https://kms?x=1", "is not https://HOST"),
        ("kms.example.com", "neither https:// nor http://"),
        ("https://a b", "is not a URL"),
    ] {
        let text = format!("[kms]\nendpoint = \"{endpoint}\"\n");
        assert_has(one_error(host(&text)).message(), words);
    }
}

#[test]
fn what_cannot_be_right_in_kms_is_refused() {
    let keys: Vec<_> = (0..8)
        .map(|n| format!("\"arn:aws:kms:us-east-1:111122223333:key/{n}\""))
        .collect();
    for (text, words) in [
        ("region = \"Frankfurt\"".to_owned(), "is not a region"),
        ("profile = \"\"".to_owned(), "visible ASCII"),
        ("deadline = \"2h\"".to_owned(), "not between 10ms and 1h"),
        (
            "decrypt_keys = [\"1234abcd\"]".to_owned(),
            "region and account",
        ),
        (
            "decrypt_keys = [\"arn:aws:kms:cn-north-1:111122223333:key/a\"]".to_owned(),
            "is in partition aws-cn",
        ),
        (
            format!("decrypt_keys = [{0}, {0}]", keys.first().unwrap()),
            "for the second time",
        ),
        (
            format!("decrypt_keys = [{}]", keys.join(", ")),
            "names 8 keys",
        ),
        ("region_rule = \"off\"".to_owned(), "region_rule"),
    ] {
        let error = one_error(host(&format!("[kms]\n{text}\n")));
        assert_has(error.message(), words);
    }
}

#[test]
fn the_region_is_the_files_or_the_environments() {
    let both = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-2"),
    ];
    let file = clean(host_with("region = \"us-east-1\"\n", &both))
        .region
        .unwrap();
    assert_eq!(
        (file.as_str(), file.origin()),
        ("us-east-1", &Origin::File { line: 1 })
    );
    let environment = clean(host_with("", &both)).region.unwrap();
    assert_eq!(environment.as_str(), "eu-west-1");
    let other = clean(host_with("", &[("AWS_DEFAULT_REGION", "eu-west-2")]));
    assert_eq!(other.region.unwrap().as_str(), "eu-west-2");
}

fn reuse(text: &str) -> String {
    format!("[[prefixes]]\nprefix = \"s3://bucket/\"\nwrite.data_key_reuse = {{ {text} }}\n")
}

#[test]
fn a_data_key_is_shared_only_within_three_bounds() {
    let text = reuse("objects = 100, bytes = \"64 GiB\", age = \"5m\"");
    let host = clean(host(&text));
    let policy = host.policy_for("s3://bucket/k");
    let Some(DataKeyReuse {
        objects,
        bytes,
        age,
        ..
    }) = *policy.write.data_key_reuse.get()
    else {
        panic!("{policy:?}");
    };
    assert_eq!(
        (objects, bytes.bytes(), age),
        (100, 64 << 30, Duration::from_mins(5))
    );
    let elsewhere = host.policy_for("s3://other/k");
    assert!(elsewhere.write.data_key_reuse.is_none(), "off by default");
}

#[test]
fn bounds_of_a_shared_data_key_are_themselves_bounded() {
    for (text, words) in [
        ("objects = 100, bytes = \"1GiB\"", "needs `age`"),
        (
            "objects = 1, bytes = \"1GiB\", age = \"5m\"",
            "`objects` is 1",
        ),
        (
            "objects = 10001, bytes = \"1GiB\", age = \"5m\"",
            "`objects` is 10001",
        ),
        (
            "objects = 9, bytes = \"2TiB\", age = \"5m\"",
            "more than 1TiB",
        ),
        (
            "objects = 9, bytes = \"1GiB\", age = \"2h\"",
            "not between 1s and 1h",
        ),
        (
            "objects = 9, bytes = \"1GiB\", age = \"5m\", x = 1",
            "unknown field `x`",
        ),
    ] {
        assert_has(one_error(host(&reuse(text))).message(), words);
    }
    let v2 = reuse("objects = 9, bytes = \"1GiB\", age = \"5m\"") + "write.format = \"V2\"\n";
    assert_has(one_error(host(&v2)).message(), "`write.format` is V2");
}
