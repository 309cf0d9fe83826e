//! What `refresh` and `status` do.

use std::sync::{Arc, Mutex};

use provost_plugin_api::{Attributes, ClassContext, ErrorKind, Level, Provider};
use provost_static_keys::StaticKeys;

use crate::{Folder, bytes, call, decrypt, description, encrypt, key};

#[test]
fn a_rotation_is_seen_after_refresh_and_older_objects_still_open() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1), ("b", 2)]);
    let provider = folder.provider().unwrap();
    let before = encrypt(&provider, Some("s3://b/x")).unwrap();
    assert_eq!(bytes(&before), key(1));

    folder.list("s3://b/ 1 a\ns3://b/ 2 b\n");
    assert_eq!(
        encrypt(&provider, Some("s3://b/x")).unwrap().generation,
        "1"
    );
    let error = decrypt(
        &provider,
        Some("s3://b/x"),
        Some(description("s3://b/", "2")),
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);

    provider.refresh(&call(None)).unwrap();
    let after = encrypt(&provider, Some("s3://b/x")).unwrap();
    assert_eq!(
        (bytes(&after), after.generation.as_str()),
        (&key(2)[..], "2")
    );
    let found = decrypt(&provider, Some("s3://b/x"), Some(before.description)).unwrap();
    assert_eq!(bytes(&found[0]), key(1));
}

#[test]
fn a_refresh_that_fails_changes_nothing_and_says_so() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1), ("b", 2)]);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let context = ClassContext::new(
        "provost.keys.Static",
        folder.conf(),
        Attributes::new(),
        move |level, line: &str| log.lock().unwrap().push((level, line.to_owned())),
    );
    let provider = StaticKeys::new(&context).unwrap();

    // The first line is good and new, the second is not good: neither counts.
    folder.list("s3://b/ 2 b\ns3://b/ 3 missing\n");
    let error = provider.refresh(&call(None)).unwrap_err();
    assert_eq!(
        (error.kind(), error.conf_key()),
        (ErrorKind::Configuration, Some("keys"))
    );
    assert!(error.message().contains("keys.list:2"), "{error}");
    assert_eq!(
        bytes(&encrypt(&provider, Some("s3://b/x")).unwrap()),
        key(1)
    );
    assert!(
        decrypt(
            &provider,
            Some("s3://b/x"),
            Some(description("s3://b/", "2"))
        )
        .is_err()
    );

    let status = provider.status(&call(None)).unwrap();
    assert!(
        status.healthy && status.message.contains("refresh failed"),
        "{status}"
    );
    let lines = lines.lock().unwrap();
    assert!(matches!(lines.as_slice(), [(Level::Warn, line)] if line.contains("missing")));

    folder.list("s3://b/ 1 a\ns3://b/ 2 b\n");
    provider.refresh(&call(None)).unwrap();
    let status = provider.status(&call(None)).unwrap();
    assert_eq!(status.message, "keys: 2, prefixes: 1");
}

#[test]
fn the_status_shows_the_newest_generation_of_each_prefix_and_no_key() {
    let list = "s3://b/ 1 a\ns3://b/ 2 b\nfile:///d 7 a\n";
    let folder = Folder::with(list, &[("a", 1), ("b", 2)]);
    let status = folder.provider().unwrap().status(&call(None)).unwrap();
    assert!(status.healthy);
    assert_eq!(status.generation, "s3://b/ 2, file:///d/ 7");

    let lines: Vec<String> = (0..20).map(|n| format!("s3://b{n}/ 1 a\n")).collect();
    folder.list(&lines.concat());
    let status = folder.provider().unwrap().status(&call(None)).unwrap();
    assert!(
        status.generation.ends_with("s3://b7/ 1, and 12 more"),
        "{status}"
    );
}

#[test]
fn requests_are_answered_while_keys_are_reloaded() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1)]);
    let provider = folder.provider().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let materials = encrypt(&provider, Some("s3://b/x")).unwrap();
                    assert_eq!(bytes(&materials), key(1));
                }
            });
        }
        for _ in 0..50 {
            provider.refresh(&call(None)).unwrap();
        }
    });
}
