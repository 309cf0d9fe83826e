use super::*;

fn object(text: &str) -> ObjectUri {
    text.parse().unwrap()
}

fn prefix(text: &str) -> ObjectPrefix {
    text.parse().unwrap()
}

#[test]
fn the_three_schemes_are_told_apart() {
    let file = object("file:///data/a b%20.txt");
    assert_eq!(
        (file.scheme(), file.bucket(), file.key()),
        (Scheme::File, "", "data/a b%20.txt")
    );
    let memory = object("memory://m/k");
    assert_eq!(
        (memory.scheme(), memory.bucket(), memory.key()),
        (Scheme::Memory, "m", "k")
    );
    let s3 = object("s3://bucket/a/b?versionId=1#x");
    assert_eq!(
        (s3.scheme(), s3.bucket(), s3.key()),
        (Scheme::S3, "bucket", "a/b?versionId=1#x")
    );
    assert_eq!(s3.name(), "b?versionId=1#x");
    assert_eq!(s3.to_string(), "s3://bucket/a/b?versionId=1#x");
}

#[test]
fn names_that_are_not_objects_are_refused_with_what_would_be_right() {
    for (text, words) in [
        ("", "no scheme"),
        ("/data/a", "no scheme"),
        ("gs://b/k", "expected file, memory or s3"),
        ("FILE:///a", "expected file, memory or s3"),
        ("file://host/a", "three slashes"),
        ("file://", "three slashes"),
        ("file:///", "whole store"),
        ("s3://bucket", "whole store"),
        ("s3://bucket/", "whole store"),
        ("s3:///key", "bucket is missing"),
        ("memory:///key", "bucket is missing"),
        ("file:///a/../b", "segment \"..\""),
        ("file:///./b", "segment \".\""),
        ("file:///a//b", "empty segment"),
        ("file:///a/", "empty segment"),
        ("file:////a", "empty segment"),
        ("file:///a\0b", "control character '\\0'"),
        ("file:///a\nb", "control character '\\n'"),
        ("file:///a\u{9b}b", "control character"),
    ] {
        let error = text.parse::<ObjectUri>().unwrap_err();
        assert!(error.to_string().contains(words), "{text:?} gave {error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_prefix_matches_at_slashes_only() {
    for text in ["file:///data/logs", "file:///data/logs/"] {
        let logs = prefix(text);
        assert!(logs.covers(&object("file:///data/logs/a")));
        assert!(logs.covers(&object("file:///data/logs/a/b")));
        assert!(logs.covers(&object("file:///data/logs")));
        assert!(!logs.covers(&object("file:///data/logs-old/a")));
        assert!(!logs.covers(&object("file:///data/log")));
        assert!(!logs.covers(&object("memory://data/logs/a")));
    }
}

#[test]
fn a_prefix_of_one_bucket_does_not_cover_another() {
    assert!(prefix("s3://logs").covers(&object("s3://logs/a")));
    assert!(!prefix("s3://logs").covers(&object("s3://logs-old/a")));
    assert!(prefix("file:///").covers(&object("file:///a")));
}

#[test]
fn joining_checks_the_whole_name() {
    assert_eq!(prefix("s3://b").join("k").unwrap(), object("s3://b/k"));
    assert_eq!(prefix("s3://b/p/").join("k").unwrap(), object("s3://b/p/k"));
    assert!(prefix("s3://b/p").join("../k").is_err());
    assert!(prefix("s3://b/p").join("").is_err());
}

#[test]
fn uris_order_as_stores_list_them() {
    let mut keys = ["s3://b/a/b", "s3://b/a", "s3://b/a.x", "s3://b/a0"].map(object);
    keys.sort();
    assert_eq!(
        keys,
        ["s3://b/a", "s3://b/a.x", "s3://b/a/b", "s3://b/a0"].map(object)
    );
}
