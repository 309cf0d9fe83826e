//! After a rotation, older objects still open.

use std::fs;
use std::path::Path;

use provost::Error;
use provost::provider::{KeyError, ProviderFailure};
use provost::store::encrypted::ObjectError;
use provost_core::config::Isolation;
use provost_plugin_api::ErrorKind;

use crate::rig::{Rig, Setup, in_both_modes, private, says};

fn key_error(error: Error) -> KeyError {
    match error {
        Error::Object(ObjectError::Key { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

/// Carries an object from one host's store in memory to another's.
fn carry(from: &Rig, to: &Rig, name: &str) {
    let (head, body) = from.stored(name);
    to.store(name, head.metadata, body);
}

fn generations(class: &str, isolation: Isolation, newest: u32) -> Rig {
    Setup::new(class, isolation)
        .conf("generation", format!("\"{newest}\""))
        .build()
}

/// A folder for `provost.keys.Static`: a key list of these lines, and keys `1.key` to `4.key`.
fn key_list(root: &Path, lines: &str) {
    for number in 1..=4_u8 {
        let key: Vec<u8> = (0..32).map(|n| n * 7 + number).collect();
        private(&root.join(format!("{number}.key")), key);
    }
    private(&root.join("keys.list"), lines);
}

fn static_keys(isolation: Isolation, lines: &str) -> Rig {
    let setup = Setup::new("provost.keys.Static", isolation);
    key_list(&setup.root(), lines);
    let list = setup.root().join("keys.list");
    setup
        .conf("keys", format!("{:?}", list.display().to_string()))
        .build()
}

#[test]
fn an_object_of_an_older_generation_opens_by_its_description() {
    in_both_modes(|isolation| {
        let old = generations("Rotating", isolation, 1);
        let stored = old.put("memory://m/old", b"old").unwrap();
        assert_eq!(stored.description.get("generation"), Some("1"));
        let new = generations("Rotating", isolation, 3);
        carry(&old, &new, "memory://m/old");
        let stored = new.put("memory://m/new", b"new").unwrap();
        assert_eq!(stored.description.get("generation"), Some("3"));
        assert_eq!(new.get("memory://m/old").unwrap(), b"old");
        assert_eq!(new.get("memory://m/new").unwrap(), b"new");
        // Not the other way round: the key is one that only the new provider has.
        carry(&new, &old, "memory://m/new");
        says(
            &old.get("memory://m/new").unwrap_err(),
            &["no generation 3"],
        );
    });
}

#[test]
fn an_object_without_a_description_is_tried_with_each_candidate() {
    in_both_modes(|isolation| {
        let old = generations("NoDescription", isolation, 1);
        let stored = old.put("memory://m/old", b"old").unwrap();
        assert!(stored.description.is_empty());
        assert_eq!(
            old.inspect("memory://m/old").unwrap().envelope.description,
            None
        );

        let new = generations("NoDescription", isolation, 4);
        carry(&old, &new, "memory://m/old");
        new.put("memory://m/new", b"new").unwrap();
        assert_eq!(new.get("memory://m/old").unwrap(), b"old");
        assert_eq!(new.get("memory://m/new").unwrap(), b"new");

        let stranger = Setup::new("NoDescription", isolation)
            .conf("generation", "\"4\"")
            .conf("seed", "{ secret = \"another seed\" }")
            .build();
        stranger.put("memory://m/mine", b"mine").unwrap();
        carry(&old, &stranger, "memory://m/old");
        let error = key_error(stranger.get("memory://m/old").unwrap_err());
        assert!(
            matches!(error, KeyError::NoCandidate { count: 4, .. }),
            "{error:?}"
        );
    });
}

#[test]
fn a_key_that_was_added_is_found_by_refreshing_once() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Rotating", isolation);
        let file = setup.root().join("generation");
        fs::write(&file, "1").unwrap();
        let path = format!("{:?}", file.display().to_string());
        let reader = setup.conf("generation.file", path).build();
        reader.put("memory://m/old", b"old").unwrap();

        let writer = generations("Rotating", isolation, 2);
        writer.put("memory://m/new", b"new").unwrap();
        carry(&writer, &reader, "memory://m/new");
        // The refresh that follows does not help yet, and the provider's answer is shown.
        let error = key_error(reader.get("memory://m/new").unwrap_err());
        let KeyError::Provider(failure) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(failure.kind(), Some(ErrorKind::NotFound));
        fs::write(&file, "2").unwrap();
        assert_eq!(reader.get("memory://m/new").unwrap(), b"new");

        // A refresh that fails says so, and the keys from before it go on.
        fs::write(&file, "rubbish").unwrap();
        reader.change_value("memory://m/new", "x-amz-m", |m| m.replace('2', "9"));
        let error = key_error(reader.get("memory://m/new").unwrap_err());
        let KeyError::Provider(ProviderFailure::Answered { operation, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(*operation, "refresh");
        assert_eq!(reader.get("memory://m/old").unwrap(), b"old");
    });
}

#[test]
fn static_keys_rotate_by_a_line_in_their_list() {
    in_both_modes(|isolation| {
        let rig = static_keys(isolation, "memory://m/ 2025 1.key\n");
        rig.put("memory://m/old", b"old").unwrap();
        // Another node rotates first.
        let other = static_keys(
            isolation,
            "memory://m/ 2025 1.key\nmemory://m/ 2026 2.key\n",
        );
        let stored = other.put("memory://m/new", b"new").unwrap();
        assert_eq!(stored.description.get("provost:generation"), Some("2026"));
        carry(&other, &rig, "memory://m/new");
        assert!(rig.get("memory://m/new").is_err());
        let list = "memory://m/ 2025 1.key\nmemory://m/ 2026 2.key\n";
        private(&rig.root().join("keys.list"), list);
        assert_eq!(rig.get("memory://m/new").unwrap(), b"new");
        assert_eq!(rig.get("memory://m/old").unwrap(), b"old");
        let stored = rig.put("memory://m/newer", b"newer").unwrap();
        assert_eq!(stored.description.get("provost:generation"), Some("2026"));
    });
}

#[test]
fn keys_of_one_prefix_do_not_open_objects_of_another() {
    in_both_modes(|isolation| {
        let list = "memory://m/a/ 1 1.key\nmemory://m/ 1 2.key\nmemory://m/a-b/ 1 3.key\n";
        let rig = static_keys(isolation, list);
        let prefix = |name| {
            let stored = rig.put(name, b"text").unwrap();
            stored.description.get("provost:prefix").unwrap().to_owned()
        };
        // The longest wins, and they match at `/`.
        assert_eq!(prefix("memory://m/a/x"), "memory://m/a/");
        assert_eq!(prefix("memory://m/a-b/x"), "memory://m/a-b/");
        assert_eq!(prefix("memory://m/a-c/x"), "memory://m/");
        let (head, body) = rig.stored("memory://m/a/x");
        for elsewhere in ["memory://m/x", "memory://m/a-b/y", "memory://m/a-c/y"] {
            rig.store(elsewhere, head.metadata.clone(), body.clone());
            let error = rig.get(elsewhere).unwrap_err();
            says(
                &error,
                &["keys of one prefix do not open objects of another"],
            );
            let KeyError::Provider(failure) = key_error(error) else {
                panic!("another error")
            };
            assert_eq!(failure.kind(), Some(ErrorKind::Denied));
        }
        rig.store("memory://m/a/deeper/y", head.metadata, body);
        assert_eq!(rig.get("memory://m/a/deeper/y").unwrap(), b"text");
    });
}
