//! The read policy is checked before any key is used: `locate` has no key to use.

use std::collections::BTreeMap;

use provost_core::envelope::{
    EnvelopePlace, Format, MetadataError, ReadPolicy, WriteFormat, WritePlace,
};

use crate::support::{Stored, aes, any_policy, description, parse, seal_object};

fn stored(format: WriteFormat, place: WritePlace) -> Stored {
    seal_object(&aes(32), format, place, &description(), b"data", 16)
}

fn read(stored: &Stored, policy: &ReadPolicy) -> Result<(Format, EnvelopePlace), MetadataError> {
    parse(&stored.metadata, stored.file.as_deref(), policy)
        .map(|metadata| (metadata.format(), metadata.place()))
}

#[test]
fn default_policy_is_v3_and_v2_in_metadata() {
    let policy = ReadPolicy::default();
    let place = EnvelopePlace::Metadata;
    let read = |format| read(&stored(format, WritePlace::Metadata), &policy);
    assert_eq!(read(WriteFormat::V2), Ok((Format::V2, place)));
    assert_eq!(read(WriteFormat::V3), Ok((Format::V3, place)));
    assert!(!policy.allows_format(Format::V1));
    assert!(!policy.allows_place(EnvelopePlace::InstructionFile));
}

#[test]
fn format_that_is_not_accepted_is_refused() {
    for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
        for (written, found, accepted) in [
            (WriteFormat::V2, Format::V2, Format::V3),
            (WriteFormat::V3, Format::V3, Format::V2),
        ] {
            let places = [EnvelopePlace::Metadata, EnvelopePlace::InstructionFile];
            let policy = ReadPolicy::new([accepted], places);
            let expected = MetadataError::FormatNotAllowed {
                found,
                accepted: accepted.to_string(),
            };
            assert_eq!(read(&stored(written, place), &policy), Err(expected));
        }
    }
}

#[test]
fn instruction_file_is_not_even_asked_for_unless_accepted() {
    let policy = ReadPolicy::default();
    let v2 = stored(WriteFormat::V2, WritePlace::InstructionFile);
    assert_eq!(read(&v2, &policy), Err(MetadataError::NoEnvelopeInMetadata));
    let v3 = stored(WriteFormat::V3, WritePlace::InstructionFile);
    let found = EnvelopePlace::InstructionFile;
    let expected = MetadataError::PlaceNotAllowed { found };
    assert_eq!(read(&v3, &policy), Err(expected));
}

#[test]
fn metadata_is_refused_where_only_instruction_files_are_accepted() {
    let policy = ReadPolicy::new([Format::V2, Format::V3], [EnvelopePlace::InstructionFile]);
    for format in [WriteFormat::V2, WriteFormat::V3] {
        let found = EnvelopePlace::Metadata;
        let expected = MetadataError::PlaceNotAllowed { found };
        let read = |place| read(&stored(format, place), &policy);
        assert_eq!(read(WritePlace::Metadata), Err(expected));
        let place = EnvelopePlace::InstructionFile;
        assert_eq!(
            read(WritePlace::InstructionFile),
            Ok((format.into(), place))
        );
    }
}

#[test]
fn object_without_an_envelope_is_not_encrypted() {
    let metadata = [("content-type".to_owned(), "text/plain".to_owned())];
    for metadata in [&metadata[..], &[]] {
        let refused = |policy| parse(metadata, None, &policy).unwrap_err();
        assert_eq!(refused(any_policy()), MetadataError::NotEncrypted);
        let default = refused(ReadPolicy::default());
        assert_eq!(default, MetadataError::NoEnvelopeInMetadata);
    }
}

#[test]
fn v3_object_without_its_instruction_file_says_so() {
    let v3 = stored(WriteFormat::V3, WritePlace::InstructionFile);
    let error = parse(&v3.metadata, None, &any_policy()).unwrap_err();
    let format = Format::V3;
    assert_eq!(error, MetadataError::InstructionFileMissing { format });
}

/// The part of an envelope in metadata that a second instruction file would have.
fn second_file(stored: &Stored, names: &[&str]) -> Vec<u8> {
    let entries = stored.metadata.iter();
    let moved = entries.filter(|(name, _)| names.contains(&name.as_str()));
    let moved: BTreeMap<_, _> = moved.cloned().collect();
    assert!(!moved.is_empty());
    serde_json::to_vec(&moved).unwrap()
}

const V2_FILE: [&str; 6] = [
    "x-amz-key-v2",
    "x-amz-iv",
    "x-amz-matdesc",
    "x-amz-wrap-alg",
    "x-amz-cek-alg",
    "x-amz-tag-len",
];
const V3_FILE: [&str; 3] = ["x-amz-3", "x-amz-w", "x-amz-m"];

#[test]
fn a_second_instruction_file_wins_over_whatever_else_there_is() {
    let shared = any_policy().with_instruction_suffix(Some(".shared"));
    for (format, found, names) in [
        (WriteFormat::V2, Format::V2, &V2_FILE[..]),
        (WriteFormat::V3, Format::V3, &V3_FILE),
    ] {
        let in_metadata = stored(format, WritePlace::Metadata);
        let file = second_file(&in_metadata, names);
        let in_file = stored(format, WritePlace::InstructionFile);
        for (metadata, file) in [
            (&in_metadata.metadata, &file),
            (&in_file.metadata, in_file.file.as_ref().unwrap()),
        ] {
            let parsed = parse(metadata, Some(file), &shared).unwrap();
            let place = EnvelopePlace::InstructionFile;
            assert_eq!((parsed.format(), parsed.place()), (found, place));
        }
        // What is in the metadata is not read in its place.
        let missing = parse(&in_metadata.metadata, None, &shared).unwrap_err();
        let format = found;
        assert_eq!(missing, MetadataError::InstructionFileMissing { format });
        // No other object's, and no older format's.
        let other = match found {
            Format::V3 => second_file(&stored(WriteFormat::V2, WritePlace::Metadata), &V2_FILE),
            _ => second_file(&stored(WriteFormat::V3, WritePlace::Metadata), &V3_FILE),
        };
        parse(&in_metadata.metadata, Some(&other), &shared).unwrap_err();
        // Where files are not read, no suffix changes that.
        let policy = ReadPolicy::default().with_instruction_suffix(Some(".shared"));
        let refused = parse(&in_metadata.metadata, Some(&file), &policy).unwrap_err();
        let found = EnvelopePlace::InstructionFile;
        assert_eq!(refused, MetadataError::PlaceNotAllowed { found });
    }
}
