//! What is written, by the policy of its prefix.

use std::io::{self, Cursor, Read};

use provost::Error;
use provost::store::StoreError;
use provost::store::encrypted::{ObjectError, delete};
use provost_core::config::Isolation;
use provost_core::envelope::{ContentError, EnvelopePlace, Format, PlaceError};

use crate::rig::{Rig, Setup, in_both_modes, names_in, rig};

fn names(rig: &Rig, name: &str) -> Vec<String> {
    let (head, _) = rig.stored(name);
    head.metadata.iter().map(|(n, _)| n.to_owned()).collect()
}

fn with_policy(class: &str, isolation: Isolation, policy: &str) -> Setup {
    let tables = format!(
        "[[prefixes]]\nprefix = \"memory://m/\"\n{policy}\n\
         read.envelope = [\"metadata\", \"instruction-file\"]"
    );
    Setup::new(class, isolation).tables(&tables)
}

#[test]
fn v3_is_written_by_default_and_v2_by_choice() {
    in_both_modes(|isolation| {
        let rig = with_policy("Good", isolation, "write.format = \"V2\"").build();
        let stored = rig.put("memory://other/x", b"text").unwrap();
        assert_eq!(stored.format, Format::V3);
        assert_eq!((stored.plaintext, stored.body), (4, 20));
        let v3 = [
            "x-amz-3", "x-amz-c", "x-amz-d", "x-amz-i", "x-amz-m", "x-amz-w",
        ];
        assert_eq!(names(&rig, "memory://other/x"), v3);

        let stored = rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.format, Format::V2);
        let v2 = [
            "x-amz-cek-alg",
            "x-amz-iv",
            "x-amz-key-v2",
            "x-amz-matdesc",
            "x-amz-tag-len",
            "x-amz-unencrypted-content-length",
            "x-amz-wrap-alg",
        ];
        let found = names(&rig, "memory://m/x");
        for name in v2 {
            let optional = name == "x-amz-unencrypted-content-length";
            assert!(optional || found.iter().any(|n| n == name), "{found:?}");
        }
        assert!(found.iter().all(|n| v2.contains(&n.as_str())), "{found:?}");
        for name in ["memory://other/x", "memory://m/x"] {
            assert_eq!(rig.get(name).unwrap(), b"text");
        }
    });
}

/// A (key, IV, offset) is used for one byte string: nothing of a first put is used in a second.
#[test]
fn two_puts_of_one_plaintext_share_neither_key_nor_iv_nor_ciphertext() {
    in_both_modes(|isolation| {
        let rig = with_policy("Good", isolation, "write.format = \"V2\"").build();
        let v2 = ("memory://m/x", ["x-amz-key-v2", "x-amz-iv"]);
        let v3 = ("memory://other/x", ["x-amz-3", "x-amz-i"]);
        for (name, unique) in [v2, v3] {
            rig.put(name, &[7; 64]).unwrap();
            let (first_head, first) = rig.stored(name);
            rig.put(name, &[7; 64]).unwrap();
            let (second_head, second) = rig.stored(name);
            for entry in unique {
                let value = first_head.metadata.get(entry).unwrap();
                assert_ne!(Some(value), second_head.metadata.get(entry), "{entry}");
            }
            let shared = first.iter().zip(&second).filter(|(a, b)| a == b).count();
            assert!(
                shared < 16,
                "{shared} of {} bytes are the same",
                first.len()
            );
        }
    });
}

#[test]
fn the_empty_object_and_odd_sizes_round_trip() {
    in_both_modes(|isolation| {
        let rig = with_policy("Good", isolation, "write.format = \"V2\"").build();
        // Around the size of a piece, and around that of what is verified in memory.
        for size in [
            0,
            1,
            15,
            16,
            (1 << 20) - 1,
            1 << 20,
            (1 << 20) + 1,
            (8 << 20) - 15,
            8 << 20,
            (8 << 20) + 17,
        ] {
            let text: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[0] ^ 0x5a).collect();
            for name in ["memory://m/x", "memory://other/x"] {
                let stored = rig.put(name, &text).unwrap();
                assert_eq!(stored.body, u64::from(size) + 16);
                assert!(rig.get(name).unwrap() == text, "{size} bytes in {name}");
            }
        }
    });
}

#[test]
fn names_of_instruction_files_are_refused() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        for name in ["memory://m/x.instruction", "x.instruction"] {
            let error = rig.put(name, b"text").unwrap_err();
            let Error::Object(ObjectError::ReservedName { uri }) = &error else {
                panic!("{error:?}")
            };
            assert_eq!(*uri, rig.uri(name));
            assert!(!rig.exists(name));
        }
    });
}

#[test]
fn an_instruction_file_is_written_where_the_policy_says_so() {
    in_both_modes(|isolation| {
        let rig = with_policy("Good", isolation, "write.envelope = \"instruction-file\"").build();
        let stored = rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.place, EnvelopePlace::InstructionFile);
        // The commitment stays with the object, where no replaced file can replace it.
        assert_eq!(
            names(&rig, "memory://m/x"),
            ["x-amz-c", "x-amz-d", "x-amz-i"]
        );
        let (head, file) = rig.stored("memory://m/x.instruction");
        assert_eq!(head.metadata.get("x-amz-crypto-instr-file"), Some(""));
        let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
        let entries: Vec<_> = file.as_object().unwrap().keys().collect();
        assert_eq!(entries, ["x-amz-3", "x-amz-m", "x-amz-w"]);
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn an_envelope_that_is_too_large_for_metadata_is_an_error() {
    in_both_modes(|isolation| {
        let rig = Setup::new("HugeDescription", isolation)
            .conf("bytes", "\"3000\"")
            .build();
        let error = rig.put("memory://m/x", b"text").unwrap_err();
        let Error::Object(ObjectError::Place { source, .. }) = &error else {
            panic!("{error:?}")
        };
        assert!(matches!(source, PlaceError::Metadata { max: 2048, got } if *got > 3000));
        assert!(
            error
                .hint()
                .unwrap()
                .contains("write.envelope = \"overflow\"")
        );
        assert!(!rig.exists("memory://m/x"));
        assert!(!rig.exists("memory://m/x.instruction"));
    });
}

#[test]
fn an_envelope_overflows_into_an_instruction_file_where_the_policy_says_so() {
    in_both_modes(|isolation| {
        let policy = "write.envelope = \"overflow\"";
        let small = with_policy("Good", isolation, policy).build();
        let stored = small.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.place, EnvelopePlace::Metadata);
        assert!(!small.exists("memory://m/x.instruction"));

        let large = with_policy("HugeDescription", isolation, policy)
            .conf("bytes", "\"3000\"")
            .build();
        let stored = large.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.place, EnvelopePlace::InstructionFile);
        assert_eq!(large.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn an_object_that_needs_no_instruction_file_removes_the_one_of_its_earlier_version() {
    in_both_modes(|isolation| {
        let old = with_policy("Good", isolation, "write.envelope = \"instruction-file\"").build();
        old.put("memory://m/x", b"old").unwrap();
        let (object, file) = (
            old.stored("memory://m/x"),
            old.stored("memory://m/x.instruction"),
        );
        let new = with_policy("Good", isolation, "").build();
        new.store("memory://m/x", object.0.metadata, object.1);
        new.store("memory://m/x.instruction", file.0.metadata, file.1);
        assert_eq!(new.get("memory://m/x").unwrap(), b"old");
        new.put("memory://m/x", b"new").unwrap();
        assert!(!new.exists("memory://m/x.instruction"));
        assert_eq!(new.get("memory://m/x").unwrap(), b"new");
    });
}

/// A policy for objects in files, and the longest name of one, which leaves no room for more.
fn with_long_name(class: &str, isolation: Isolation, write: &str) -> (Rig, String) {
    let setup = Setup::new(class, isolation);
    let prefix = setup.root();
    let tables = format!(
        "[[prefixes]]\nprefix = \"file://{}/\"\nwrite.envelope = \"{write}\"\n\
         read.envelope = [\"metadata\", \"instruction-file\"]",
        prefix.display()
    );
    (setup.tables(&tables).build(), "x".repeat(241))
}

#[test]
fn a_name_without_room_for_an_instruction_file_is_put_read_and_removed() {
    let (rig, name) = with_long_name("Good", Isolation::InProcess, "metadata");
    for text in [b"old", b"new"] {
        rig.put(&name, text).unwrap();
        assert_eq!(rig.get(&name).unwrap(), text);
    }
    let uri = rig.uri(&name);
    rig.wait(delete(rig.host.stores(), &uri)).unwrap();
    assert!(!rig.exists(&name));
}

#[test]
fn a_name_without_room_for_its_instruction_file_is_refused_before_anybody_is_asked() {
    in_both_modes(|isolation| {
        for write in ["instruction-file", "overflow"] {
            // Whoever asks this provider gets another error.
            let (rig, name) = with_long_name("WrongAlgorithm", isolation, write);
            let error = rig.put(&name, b"text").unwrap_err();
            let Error::Object(ObjectError::Store(StoreError::Name { uri, .. })) = &error else {
                panic!("{error:?}")
            };
            assert_eq!(*uri, rig.uri(&format!("{name}.instruction")));
            assert!(names_in(&rig.root()).is_empty());
        }
    });
}

/// Gives a few bytes, then fails.
struct Failing(usize);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.min(buffer.len());
        self.0 -= length;
        match length {
            0 => Err(io::Error::other("the disk is gone")),
            length => Ok(length),
        }
    }
}

#[test]
fn a_source_that_fails_or_has_another_size_leaves_the_old_object() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        for name in ["memory://m/x", "x"] {
            rig.put(name, b"old").unwrap();
            let uri = rig.uri(name);
            let objects = rig.objects(name).unwrap();
            for length in [3, 3 << 20] {
                let put = objects.put(&uri, Failing(length), None, None);
                let error = rig.wait(put).unwrap_err();
                assert!(matches!(error, ObjectError::Source(_)), "{error:?}");
            }
            for announced in [2, 4] {
                let put = objects.put(&uri, Cursor::new(b"new"), Some(announced), None);
                let error = rig.wait(put).unwrap_err();
                let ObjectError::Content { source, .. } = &error else {
                    panic!("{error:?}")
                };
                assert!(
                    matches!(source, ContentError::Length { expected, got: 3 } if *expected == announced),
                    "{source:?}"
                );
            }
            assert_eq!(rig.get(name).unwrap(), b"old");
        }
        assert_eq!(names_in(&rig.root()), ["x", "x.metadata.json"]);
    });
}

#[test]
fn a_size_beyond_what_one_key_may_encrypt_is_refused_before_the_first_byte() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        let uri = rig.uri("memory://m/x");
        let objects = rig.objects("memory://m/x").unwrap();
        let most = (1_u64 << 36) - 32;
        // A source that fails when it is read.
        let put = objects.put(&uri, Failing(0), Some(most + 1), None);
        let error = rig.wait(put).unwrap_err();
        let ObjectError::Content { source, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            *source,
            ContentError::TooLong {
                max: most,
                got: most + 1
            }
        );
        let put = objects.put(&uri, Failing(0), Some(most), None);
        let error = rig.wait(put).unwrap_err();
        assert!(matches!(error, ObjectError::Source(_)), "{error:?}");
    });
}
