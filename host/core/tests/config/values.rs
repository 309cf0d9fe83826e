//! Names, locations, keys, digests and quantities.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use provost_core::config::{
    ByteSize, ClassName, ClassNameError, KmsKeyArn, KmsKeyArnError, Location, LocationError,
    Partition, QuantityError, Sha256Digest, UriPrefix, parse_duration,
};

#[test]
fn class_names_are_javas() {
    for good in [
        "a.b",
        "provost.keys.Static",
        "com.mycompany.MyKeyProvider.jar",
        "_a.$b",
        "a.b1$Inner",
        "com.example.A_b",
    ] {
        assert_eq!(ClassName::parse(good).unwrap().as_str(), good);
    }
    let long = format!("a.{}", "b".repeat(253));
    assert!(ClassName::parse(&long).is_ok());
    assert_eq!(
        ClassName::parse(&format!("{long}c")),
        Err(ClassNameError::TooLong { got: 256 })
    );
    for bad in [
        "", "Keys", ".a", "a.", "a..b", "a.1b", "a.b-c", "a.b c", "a.ü", "a/b", "a.b\n",
    ] {
        assert!(ClassName::parse(bad).is_err(), "{bad:?}");
    }
    assert!(ClassName::parse("a.b.Jar").unwrap().ends_in_jar());
    assert!(!ClassName::parse("a.jar.B").unwrap().ends_in_jar());
}

#[test]
fn locations_have_one_canonical_form() {
    for (text, canonical) in [
        ("/opt/lib.so", "file:///opt/lib.so"),
        ("/opt//lib.so", "file:///opt/lib.so"),
        ("file:///opt/lib.so", "file:///opt/lib.so"),
        ("file://localhost/opt/lib.so", "file:///opt/lib.so"),
        ("FILE:///opt/lib.so", "file:///opt/lib.so"),
        ("file:///opt/my%20lib.so", "file:///opt/my%20lib.so"),
        ("/opt/my lib.so", "file:///opt/my lib.so"),
        ("/opt/100%", "file:///opt/100%"),
        ("s3://bucket/a/b", "s3://bucket/a/b"),
        ("s3a://bucket/a//b", "s3://bucket/a//b"),
        ("S3N://bucket/../b", "s3://bucket/../b"),
        ("arn:aws-us-gov:s3:::bucket/a:b", "s3://bucket/a:b"),
        ("arn:aws-eusc:s3:::bucket/a", "s3://bucket/a"),
        ("memory://store/a", "memory://store/a"),
    ] {
        assert_eq!(
            Location::parse(text).unwrap().to_string(),
            canonical,
            "{text}"
        );
    }
}

#[test]
fn what_is_no_location_is_refused() {
    for text in [
        "",
        "lib.so",
        "./lib.so",
        "../lib.so",
        "opt/lib.so",
        "file://host/lib.so",
        "file://",
        "file:///opt/../lib.so",
        "/opt/./lib.so",
        "gs://bucket/a",
        "https://example.com/lib.so",
        "s3://bucket",
        "s3://bucket/",
        "s3://b/a",
        "s3://buck et/a",
        "s3:///a",
        "memory://",
        "arn:aws:s3:::bucket",
        "arn:aws:s3",
        "arn:azure:s3:::bucket/a",
        "arn:aws:kms:us-east-1:123456789012:key/1",
        "arn:aws:s3:us-east-1:123456789012:accesspoint/mine/object/a",
        "/opt/li\nb.so",
    ] {
        assert!(Location::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_relative_location_starts_at_an_absolute_folder() {
    let folder = Path::new("/etc/provost");
    let file = |path: &str| Ok(Location::File(path.into()));
    assert_eq!(
        Location::parse_in("lib.so", folder),
        file("/etc/provost/lib.so")
    );
    assert_eq!(
        Location::parse_in("./lib.so", folder),
        file("/etc/provost/lib.so")
    );
    assert_eq!(
        Location::parse_in("../lib.so", folder),
        file("/etc/provost/../lib.so")
    );
    assert_eq!(Location::parse_in("/lib.so", folder), file("/lib.so"));
    let relative = Location::parse_in("lib.so", Path::new("etc"));
    assert!(matches!(relative, Err(LocationError::Relative { .. })));
}

#[test]
fn a_jar_is_told_by_its_ending() {
    for (text, jar) in [
        ("s3://bucket/a.jar", true),
        ("arn:aws:s3:::bucket/a/b.JAR", true),
        ("/opt/a.jar", true),
        ("s3://bucket/a.jar/b", false),
        ("s3://bucket/jar", false),
        ("/opt/a.so", false),
    ] {
        assert_eq!(Location::parse(text).unwrap().is_jar(), jar, "{text}");
    }
}

#[test]
fn kms_keys_are_told_by_their_arn() {
    let text = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let key = KmsKeyArn::parse(text).unwrap();
    assert_eq!(key.as_str(), text);
    assert_eq!(key.region(), "cn-north-1");
    assert_eq!(key.account(), "123456789012");
    assert_eq!(key.partition(), Partition::China);
    assert_eq!(key.key_id(), Some("mrk-1234abcd12ab34cd56ef1234567890ab"));
    let alias = KmsKeyArn::parse("arn:aws:kms:us-east-1:123456789012:alias/a/b_c-d").unwrap();
    assert!(alias.is_alias() && alias.key_id().is_none());
}

#[test]
fn what_is_no_kms_key_is_refused_by_its_part() {
    type Check = fn(&KmsKeyArnError) -> bool;
    let cases: [(&str, Check); 11] = [
        ("", |e| matches!(e, KmsKeyArnError::BareId)),
        ("12345678-1234", |e| matches!(e, KmsKeyArnError::BareId)),
        ("alias/a", |e| matches!(e, KmsKeyArnError::BareAlias)),
        ("arn:aws:kms", |e| matches!(e, KmsKeyArnError::Arn(_))),
        ("arn:aws:s3:::b/k", |e| matches!(e, KmsKeyArnError::Arn(_))),
        ("arn:gov:kms:a-b-1:123456789012:key/1", |e| {
            matches!(e, KmsKeyArnError::Arn(_))
        }),
        ("arn:aws:kms::123456789012:key/1", |e| {
            matches!(e, KmsKeyArnError::Region { .. })
        }),
        ("arn:aws:kms:cn-north-1:123456789012:key/1", |e| {
            matches!(e, KmsKeyArnError::PartitionOfRegion { .. })
        }),
        ("arn:aws:kms:us-east-1:12345678901:key/1", |e| {
            matches!(e, KmsKeyArnError::Account { .. })
        }),
        ("arn:aws:kms:us-east-1:123456789012:grant/1", |e| {
            matches!(e, KmsKeyArnError::Resource { .. })
        }),
        ("arn:aws:kms:us-east-1:123456789012:key/", |e| {
            matches!(e, KmsKeyArnError::Resource { .. })
        }),
    ];
    for (text, expected) in cases {
        let error = KmsKeyArn::parse(text).unwrap_err();
        assert!(expected(&error), "{text:?}: {error:?}");
    }
}

#[test]
fn digests_have_64_hexadecimal_digits() {
    let text = "00ff".repeat(16);
    let digest = Sha256Digest::parse(&text).unwrap();
    assert_eq!(digest.as_bytes()[..4], [0x00, 0xff, 0x00, 0xff]);
    assert_eq!(digest.to_string(), text);
    assert_eq!(Sha256Digest::parse(&text.to_uppercase()).unwrap(), digest);
    for bad in [
        &text[1..],
        &format!("{text}0"),
        &text.replace('f', "g"),
        &"é".repeat(64),
    ] {
        assert!(Sha256Digest::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn sizes_have_a_unit() {
    for (text, bytes) in [
        ("0B", 0),
        ("1B", 1),
        ("1KiB", 1024),
        ("1 MiB", 1 << 20),
        ("3GiB", 3 << 30),
        ("2TiB", 2 << 40),
        ("5GB", 5_000_000_000),
    ] {
        assert_eq!(ByteSize::parse(text).unwrap().bytes(), bytes, "{text}");
    }
    for bad in [
        "",
        "1",
        "GiB",
        "1.5GiB",
        "-1B",
        "1gib",
        "1 GiB GiB",
        "１GiB",
    ] {
        assert_eq!(ByteSize::parse(bad), Err(QuantityError::ByteSize), "{bad}");
    }
    for large in ["18446744073709551616B", "18446744073709551615KiB"] {
        assert_eq!(ByteSize::parse(large), Err(QuantityError::TooLarge));
    }
    assert_eq!(ByteSize::from_bytes(1 << 30).to_string(), "1GiB");
    assert_eq!(ByteSize::from_bytes(1_500_000_000).to_string(), "1500MB");
    assert_eq!(ByteSize::from_bytes(0).to_string(), "0B");
}

#[test]
fn durations_have_a_unit() {
    assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
    assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(parse_duration("1m 30s"), Ok(Duration::from_secs(90)));
    for bad in ["", "10", "s", "-1s", "1 parsec"] {
        assert_eq!(parse_duration(bad), Err(QuantityError::Duration), "{bad}");
    }
    assert_eq!(
        parse_duration("99999999999999999999s"),
        Err(QuantityError::TooLarge)
    );
}

proptest! {
    #[test]
    fn a_canonical_location_parses_to_itself(text in "(/|file:///|s3://abc/|memory://)[ -~é]{1,40}") {
        if let Ok(location) = Location::parse(&text) {
            prop_assert_eq!(Location::parse(&location.to_string()), Ok(location));
        }
    }

    #[test]
    fn parsers_do_not_panic(text in any::<String>()) {
        let _ = ClassName::parse(&text);
        let _ = Location::parse(&text);
        let _ = UriPrefix::parse(&text);
        let _ = KmsKeyArn::parse(&text);
        let _ = Sha256Digest::parse(&text);
        let _ = ByteSize::parse(&text);
        let _ = parse_duration(&text);
    }

    #[test]
    fn a_size_parses_to_itself(bytes in any::<u64>()) {
        let size = ByteSize::from_bytes(bytes);
        prop_assert_eq!(ByteSize::parse(&size.to_string()), Ok(size));
    }
}
