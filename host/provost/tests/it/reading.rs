//! What may be read is decided before anybody is asked for a key.

use provost::Error;
use provost::store::Metadata;
use provost::store::encrypted::ObjectError;
use provost_core::config::Isolation;
use provost_core::envelope::{ContentError, EnvelopePlace, Format, MetadataError};

use crate::rig::{Rig, Setup, in_both_modes, says};

/// A host that writes without being able to read: whoever asks it for a key hears a panic.
fn loud(isolation: Isolation, tables: &str) -> Rig {
    Setup::new("PanicOnDecrypt", isolation)
        .setting("proof = \"elsewhere\"")
        .tables(tables)
        .build()
}

fn refusal(rig: &Rig, name: &str) -> MetadataError {
    match rig.get(name).unwrap_err() {
        Error::Object(ObjectError::Envelope { source, uri }) => {
            assert_eq!(uri, rig.uri(name));
            source
        }
        other => panic!("{other:?}"),
    }
}

/// The control of each refusal: an object that passes does reach the provider.
fn reaches_the_provider(rig: &Rig, name: &str) {
    says(&rig.get(name).unwrap_err(), &["hostile: asked to decrypt"]);
}

fn metadata(entries: &[(&str, &str)]) -> Metadata {
    Metadata::try_from(entries.to_vec()).unwrap()
}

const BOTH_PLACES: &str = "[[prefixes]]\nprefix = \"memory://m/\"\n\
                           read.envelope = [\"metadata\", \"instruction-file\"]";

#[test]
fn an_object_that_is_not_encrypted_is_refused() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        rig.store(
            "memory://m/plain",
            Metadata::new(),
            b"in the clear".to_vec(),
        );
        let foreign = metadata(&[("author", "somebody")]);
        rig.store("memory://m/foreign", foreign, b"in the clear".to_vec());
        for name in ["memory://m/plain", "memory://m/foreign"] {
            let error = refusal(&rig, name);
            assert_eq!(error, MetadataError::NoEnvelopeInMetadata);
        }
        let rig = loud(isolation, BOTH_PLACES);
        rig.store(
            "memory://m/plain",
            Metadata::new(),
            b"in the clear".to_vec(),
        );
        assert_eq!(
            refusal(&rig, "memory://m/plain"),
            MetadataError::NotEncrypted
        );
        rig.put("memory://m/encrypted", b"text").unwrap();
        reaches_the_provider(&rig, "memory://m/encrypted");
    });
}

#[test]
fn a_plain_file_is_refused_too() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        std::fs::write(rig.root().join("plain"), "in the clear").unwrap();
        assert_eq!(refusal(&rig, "plain"), MetadataError::NoEnvelopeInMetadata);
    });
}

#[test]
fn a_format_that_the_prefix_does_not_read_is_refused() {
    let tables = "[[prefixes]]\nprefix = \"memory://m/\"\nwrite.format = \"V2\"\n\
                  [[prefixes]]\nprefix = \"memory://m/strict/\"\nread.formats = [\"V3\"]\n\
                  [[prefixes]]\nprefix = \"memory://m/old/\"\nread.formats = [\"V2\"]";
    in_both_modes(|isolation| {
        let rig = loud(isolation, tables);
        rig.put("memory://m/two", b"text").unwrap();
        rig.put("memory://m/strict/three", b"text").unwrap();
        let (two, three) = (
            rig.stored("memory://m/two"),
            rig.stored("memory://m/strict/three"),
        );
        rig.store(
            "memory://m/strict/two",
            two.0.metadata.clone(),
            two.1.clone(),
        );
        rig.store("memory://m/old/three", three.0.metadata, three.1);
        // Prefixes match at `/`: this one is under memory://m/ alone.
        rig.store("memory://m/strict-two", two.0.metadata, two.1);

        let found = |name| match refusal(&rig, name) {
            MetadataError::FormatNotAllowed { found, .. } => found,
            other => panic!("{other:?}"),
        };
        assert_eq!(found("memory://m/strict/two"), Format::V2);
        assert_eq!(found("memory://m/old/three"), Format::V3);
        for name in [
            "memory://m/two",
            "memory://m/strict/three",
            "memory://m/strict-two",
        ] {
            reaches_the_provider(&rig, name);
        }
    });
}

#[test]
fn a_legacy_object_is_refused_unless_its_prefix_names_it() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        let v1 = metadata(&[
            ("x-amz-key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("x-amz-iv", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("x-amz-matdesc", "{}"),
        ]);
        rig.store("memory://m/one", v1, vec![0; 32]);
        let error = refusal(&rig, "memory://m/one");
        let MetadataError::FormatNotAllowed { found, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(found, Format::V1);
    });
}

#[test]
fn an_envelope_in_an_instruction_file_is_read_by_policy_alone() {
    for format in ["V2", "V3"] {
        let write = format!("write.envelope = \"instruction-file\"\nwrite.format = \"{format}\"");
        let writes = format!("[[prefixes]]\nprefix = \"memory://m/\"\n{write}");
        let reads = format!("{BOTH_PLACES}\n{write}");
        in_both_modes(|isolation| {
            let strict = loud(isolation, &writes);
            let stored = strict.put("memory://m/x", b"text").unwrap();
            assert_eq!(stored.place, EnvelopePlace::InstructionFile);
            let error = refusal(&strict, "memory://m/x");
            let expected = match format {
                "V2" => MetadataError::NoEnvelopeInMetadata,
                _ => MetadataError::PlaceNotAllowed {
                    found: EnvelopePlace::InstructionFile,
                },
            };
            assert_eq!(error, expected);

            let open = Setup::new("Good", isolation).tables(&reads).build();
            open.put("memory://m/x", b"text").unwrap();
            assert_eq!(open.get("memory://m/x").unwrap(), b"text");
            // Without its file, the object does not open.
            let file = open.uri("memory://m/x.instruction");
            let store = open.host.stores().open(&file).unwrap();
            open.wait(store.delete(&file, None)).unwrap();
            let error = refusal(&open, "memory://m/x");
            let expected = match format {
                "V2" => MetadataError::NotEncrypted,
                _ => MetadataError::InstructionFileMissing { format: Format::V3 },
            };
            assert_eq!(error, expected);
        });
    }
}

#[test]
fn an_instruction_file_is_no_object() {
    in_both_modes(|isolation| {
        let tables = format!("{BOTH_PLACES}\nwrite.envelope = \"instruction-file\"");
        let rig = loud(isolation, &tables);
        rig.put("memory://m/x", b"text").unwrap();
        let error = refusal(&rig, "memory://m/x.instruction");
        assert_eq!(error, MetadataError::IsInstructionFile);
    });
}

#[test]
fn a_malformed_envelope_is_refused_whole() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        rig.put("memory://m/x", b"text").unwrap();
        let (head, body) = rig.stored("memory://m/x");
        // Another format's key beside its own: whose word would count?
        let mut both = head.metadata.clone();
        both.insert("x-amz-key-v2", "AAAA").unwrap();
        rig.store("memory://m/both", both, body.clone());
        let error = refusal(&rig, "memory://m/both");
        assert!(
            matches!(error, MetadataError::ExclusiveNames { .. }),
            "{error:?}"
        );
        // A part that is not base64, though the key could be asked for without it.
        rig.store("memory://m/damaged", head.metadata, body);
        rig.change_value("memory://m/damaged", "x-amz-d", |_| "!".to_owned());
        let error = refusal(&rig, "memory://m/damaged");
        assert!(
            matches!(
                error,
                MetadataError::Base64 {
                    name: "x-amz-d",
                    ..
                }
            ),
            "{error:?}"
        );
        reaches_the_provider(&rig, "memory://m/x");
    });
}

#[test]
fn a_body_without_room_for_a_tag_is_refused() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        rig.put("memory://m/x", b"text").unwrap();
        let (head, body) = rig.stored("memory://m/x");
        rig.store("memory://m/x", head.metadata, body[..15].to_vec());
        let error = rig.get("memory://m/x").unwrap_err();
        let Error::Object(ObjectError::Content { source, .. }) = error else {
            panic!("{error:?}")
        };
        assert_eq!(source, ContentError::ShorterThanTag { tag: 16, got: 15 });
    });
}

#[test]
fn a_name_without_an_object_is_an_error_of_the_store() {
    in_both_modes(|isolation| {
        let rig = loud(isolation, "");
        for name in ["memory://m/nothing", "nothing"] {
            let error = rig.get(name).unwrap_err();
            assert!(
                matches!(error, Error::Object(ObjectError::Store(_))),
                "{error:?}"
            );
        }
    });
}
