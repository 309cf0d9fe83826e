//! What is written, name by name. S3EC format, sections 1, 5 and 6.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_core::envelope::key_wrap::wrap;
use provost_core::envelope::{
    DataKey, INSTRUCTION_FILE_MARKER, INSTRUCTION_SUFFIX, PlaceError, SealedEnvelope, WriteFormat,
    WritePlace, seal,
};
use provost_plugin_api::MaterialsDescription;

use crate::independent::derive;
use crate::support::{Key, Seeded, aes, any_policy, as_map, description, parse, rsa};

fn envelope(key: &Key, format: WriteFormat, description: &MaterialsDescription) -> SealedEnvelope {
    let mut randomness = Seeded(11);
    let data_key = DataKey::generate(&mut randomness).unwrap();
    let materials = key.encryption(description);
    let wrapped = wrap(&materials, format, data_key, &mut randomness).unwrap();
    seal(wrapped, Some(1000), &mut randomness).unwrap().1
}

type Names = BTreeMap<String, String>;

fn placed(envelope: &SealedEnvelope, place: WritePlace) -> (Names, Option<Names>) {
    let stored = envelope.place(place, 0).unwrap();
    let file = stored.instruction_file;
    (
        as_map(&stored.object_metadata),
        file.map(|file| serde_json::from_slice(&file).unwrap()),
    )
}

fn names(map: &Names) -> Vec<&str> {
    map.keys().map(String::as_str).collect()
}

#[test]
fn v2_in_metadata_has_every_name_that_readers_want() {
    let none = MaterialsDescription::new();
    for (key, wrap, length) in [(aes(32), "AES/GCM", 60), (rsa(), "RSA-OAEP-SHA1", 256)] {
        let envelope = envelope(&key, WriteFormat::V2, &none);
        let (metadata, file) = placed(&envelope, WritePlace::Metadata);
        assert_eq!(file, None);
        assert_eq!(
            names(&metadata),
            [
                "x-amz-cek-alg",
                "x-amz-iv",
                "x-amz-key-v2",
                "x-amz-matdesc",
                "x-amz-tag-len",
                "x-amz-unencrypted-content-length",
                "x-amz-wrap-alg",
            ]
        );
        assert_eq!(metadata["x-amz-cek-alg"], "AES/GCM/NoPadding");
        assert_eq!(metadata["x-amz-wrap-alg"], wrap);
        assert_eq!(metadata["x-amz-tag-len"], "128");
        assert_eq!(metadata["x-amz-matdesc"], "{}");
        assert_eq!(metadata["x-amz-unencrypted-content-length"], "1000");
        let decoded = |name: &str| STANDARD.decode(&metadata[name]).unwrap().len();
        assert_eq!(decoded("x-amz-iv"), 12);
        assert_eq!(decoded("x-amz-key-v2"), length);
    }
}

#[test]
fn v3_in_metadata_has_its_short_names_and_no_length() {
    for (key, wrap, length) in [(aes(32), "02", 60), (rsa(), "22", 256)] {
        let envelope = envelope(&key, WriteFormat::V3, &description());
        let (metadata, file) = placed(&envelope, WritePlace::Metadata);
        assert_eq!(file, None);
        let all = [
            "x-amz-3", "x-amz-c", "x-amz-d", "x-amz-i", "x-amz-m", "x-amz-w",
        ];
        assert_eq!(names(&metadata), all);
        assert_eq!(metadata["x-amz-c"], "115");
        assert_eq!(metadata["x-amz-w"], wrap);
        let decoded = |name: &str| STANDARD.decode(&metadata[name]).unwrap().len();
        assert_eq!(decoded("x-amz-d"), 28);
        assert_eq!(decoded("x-amz-i"), 28);
        assert_eq!(decoded("x-amz-3"), length);
    }
}

#[test]
fn v3_omits_an_empty_description() {
    let envelope = envelope(&aes(32), WriteFormat::V3, &MaterialsDescription::new());
    let (metadata, _) = placed(&envelope, WritePlace::Metadata);
    let all = ["x-amz-3", "x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w"];
    assert_eq!(names(&metadata), all);
    let (_, file) = placed(&envelope, WritePlace::InstructionFile);
    assert_eq!(names(&file.unwrap()), ["x-amz-3", "x-amz-w"]);
}

#[test]
fn v3_commitment_is_the_one_of_the_data_key_and_message_id() {
    let envelope = envelope(&aes(32), WriteFormat::V3, &description());
    let mut data_key = [0; 32];
    provost_core::envelope::Randomness::fill(&mut Seeded(11), &mut data_key).unwrap();
    let metadata = envelope.metadata();
    let (commitment, _) = derive(&data_key, metadata.message_id().unwrap());
    assert_eq!(metadata.commitment().unwrap(), commitment.as_slice());
}

#[test]
fn v2_instruction_file_has_all_but_the_length() {
    let envelope = envelope(&aes(32), WriteFormat::V2, &description());
    let (metadata, file) = placed(&envelope, WritePlace::InstructionFile);
    assert_eq!(names(&metadata), ["x-amz-unencrypted-content-length"]);
    let (whole, _) = placed(&envelope, WritePlace::Metadata);
    let mut rejoined = metadata;
    rejoined.extend(file.unwrap());
    assert_eq!(rejoined, whole);
}

#[test]
fn v3_commitment_stays_on_the_object() {
    let envelope = envelope(&aes(32), WriteFormat::V3, &description());
    let (metadata, file) = placed(&envelope, WritePlace::InstructionFile);
    let file = file.unwrap();
    assert_eq!(names(&metadata), ["x-amz-c", "x-amz-d", "x-amz-i"]);
    assert_eq!(names(&file), ["x-amz-3", "x-amz-m", "x-amz-w"]);
    let (whole, _) = placed(&envelope, WritePlace::Metadata);
    let mut rejoined = metadata;
    rejoined.extend(file);
    assert_eq!(rejoined, whole);
}

#[test]
fn instruction_file_is_named_and_marked_as_amazons() {
    assert_eq!(INSTRUCTION_SUFFIX, ".instruction");
    assert_eq!(INSTRUCTION_FILE_MARKER, "x-amz-crypto-instr-file");
}

#[test]
fn description_is_json_in_ascii_that_any_parser_restores() {
    let description = MaterialsDescription::new()
        .with("plain", "a/b c")
        .with("quotes", r#""\"#)
        .with("ünïcode", "鍵 \u{1f511} \u{2028}");
    for (format, name) in [
        (WriteFormat::V2, "x-amz-matdesc"),
        (WriteFormat::V3, "x-amz-m"),
    ] {
        let envelope = envelope(&aes(32), format, &description);
        for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
            let (metadata, file) = placed(&envelope, place);
            let json = &file.unwrap_or(metadata)[name];
            assert!(json.bytes().all(|b| (b' '..=b'~').contains(&b)), "{json}");
            let parsed: BTreeMap<String, String> = serde_json::from_str(json).unwrap();
            let parsed: MaterialsDescription = parsed.into_iter().collect();
            assert_eq!(parsed, description);
        }
        let json = &placed(&envelope, WritePlace::Metadata).0[name];
        let escaped = r#""\u00fcn\u00efcode":"\u9375 \ud83d\udd11 \u2028""#;
        assert!(json.contains(escaped), "{json}");
        assert!(
            json.contains(r#""plain":"a/b c","quotes":"\"\\""#),
            "{json}"
        );
    }
}

#[test]
fn what_is_written_parses_to_what_was_sealed() {
    for format in [WriteFormat::V2, WriteFormat::V3] {
        for key in [aes(16), rsa()] {
            let envelope = envelope(&key, format, &description());
            for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
                let stored = envelope.place(place, 0).unwrap();
                let file = stored.instruction_file.as_deref();
                let parsed = parse(&stored.object_metadata, file, &any_policy()).unwrap();
                let sealed = envelope.metadata();
                assert_eq!(parsed.description(), Some(&description()));
                assert_eq!(parsed.encrypted_data_key(), sealed.encrypted_data_key());
                assert_eq!(parsed.recorded_length(), sealed.recorded_length());
                assert_eq!(parsed.iv(), sealed.iv());
                assert_eq!(parsed.message_id(), sealed.message_id());
                assert_eq!(parsed.commitment(), sealed.commitment());
            }
        }
    }
}

/// A description that makes the whole envelope this many bytes.
fn filled(format: WriteFormat, bytes: usize) -> SealedEnvelope {
    let with = |length| MaterialsDescription::new().with("n", "v".repeat(length));
    let least = envelope(&aes(32), format, &with(0)).metadata_bytes();
    let envelope = envelope(&aes(32), format, &with(bytes - least));
    assert_eq!(envelope.metadata_bytes(), bytes);
    envelope
}

#[test]
fn envelope_up_to_2048_bytes_goes_into_metadata_and_then_by_policy() {
    for format in [WriteFormat::V2, WriteFormat::V3] {
        let fits = filled(format, 2048);
        let stored = fits.place(WritePlace::Overflow, 0).unwrap();
        assert_eq!(stored.instruction_file, None);
        let sum: usize = stored
            .object_metadata
            .iter()
            .map(|(n, v)| n.len() + v.len())
            .sum();
        assert_eq!(sum, 2048);
        assert!(fits.place(WritePlace::Metadata, 0).is_ok());

        let large = filled(format, 2049);
        let (max, got) = (2048, 2049);
        let error = large.place(WritePlace::Metadata, 0).unwrap_err();
        assert_eq!(error, PlaceError::Metadata { max, got });
        let stored = large.place(WritePlace::Overflow, 0).unwrap();
        assert!(stored.instruction_file.is_some());
        assert!(large.place(WritePlace::InstructionFile, 0).is_ok());
    }
}

#[test]
fn the_objects_own_metadata_counts() {
    for format in [WriteFormat::V2, WriteFormat::V3] {
        let envelope = filled(format, 1000);
        assert!(envelope.place(WritePlace::Metadata, 1048).is_ok());
        let (max, got) = (999, 1000);
        let error = envelope.place(WritePlace::Metadata, 1049).unwrap_err();
        assert_eq!(error, PlaceError::Metadata { max, got });
        let stored = envelope.place(WritePlace::Overflow, 1049).unwrap();
        assert!(stored.instruction_file.is_some());
        let error = envelope.place(WritePlace::Overflow, 2048).unwrap_err();
        assert!(
            matches!(error, PlaceError::Metadata { max: 0, .. }),
            "{error}"
        );
        let error = envelope.place(WritePlace::Overflow, usize::MAX);
        assert!(error.is_err());
    }
}

#[test]
fn the_largest_description_fits_an_instruction_file() {
    for value in ["\"", "\\", "é", "鍵", "🔑"] {
        let value = value.repeat((8192 - 1) / value.len());
        let description = MaterialsDescription::new().with("n", value);
        for format in [WriteFormat::V2, WriteFormat::V3] {
            let envelope = envelope(&rsa(), format, &description);
            let stored = envelope.place(WritePlace::Overflow, 0).unwrap();
            let file = stored.instruction_file.as_deref();
            let parsed = parse(&stored.object_metadata, file, &any_policy()).unwrap();
            assert_eq!(parsed.description(), Some(&description));
        }
    }
}
