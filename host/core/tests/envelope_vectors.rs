//! Stored objects from `tests/vectors/envelope/`, one file for each behaviour: the header says what
//! a reader must make of the object. They were made by another implementation.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;

use provost_core::envelope::key_wrap::unwrap;
use provost_core::envelope::{ContentMetadata, EnvelopePlace, Format, Located, ReadPolicy, open};
use provost_core::materials::DecryptionMaterials;
use provost_plugin_api::{RawMaterials, SecretBytes};
use serde::Deserialize;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");

/// Every way in which a stored object can be wrong; each has a vector.
const REFUSALS: [&str; 30] = [
    "content Commitment",
    "content NotAuthentic",
    "content ShorterThanTag",
    "key-wrap Binding",
    "key-wrap DataKeyLength",
    "key-wrap KeyDoesNotFit",
    "key-wrap NotAuthentic",
    "key-wrap WrappedLength",
    "metadata Base64",
    "metadata CommitmentInInstructionFile",
    "metadata ContextAlgorithm",
    "metadata Description",
    "metadata DuplicateName",
    "metadata ExclusiveNames",
    "metadata ForeignName",
    "metadata FormatNotAllowed",
    "metadata InstructionFile",
    "metadata InstructionFileMissing",
    "metadata IsInstructionFile",
    "metadata LegacyContentAlgorithm",
    "metadata LegacyFormat",
    "metadata LegacyWrap",
    "metadata Length",
    "metadata MissingName",
    "metadata NoEnvelopeInMetadata",
    "metadata NotEncrypted",
    "metadata Number",
    "metadata PlaceNotAllowed",
    "metadata TooLong",
    "metadata Value",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    /// `opens`, or stage and kind of the refusal.
    expect: String,
    /// What the error's text must contain.
    says: Vec<String>,
    comment: String,
    /// `aes` or `rsa`.
    key: String,
    read: Read,
    instruction_file: Option<String>,
    /// Hexadecimal.
    body: String,
    /// Hexadecimal; where it opens.
    plaintext: Option<String>,
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    formats: Vec<String>,
    envelope: Vec<String>,
}

impl Read {
    fn policy(&self) -> ReadPolicy {
        let formats = self.formats.iter().map(|format| match format.as_str() {
            "V1" => Format::V1,
            "V2" => Format::V2,
            "V3" => Format::V3,
            other => panic!("format {other}"),
        });
        let places = self.envelope.iter().map(|place| match place.as_str() {
            "metadata" => EnvelopePlace::Metadata,
            "instruction-file" => EnvelopePlace::InstructionFile,
            other => panic!("place {other}"),
        });
        ReadPolicy::new(formats, places)
    }
}

/// A refusal as vectors name it, and its text.
struct Refusal {
    kind: String,
    text: String,
}

fn refusal<E: std::fmt::Debug + Display>(stage: &str) -> impl Fn(E) -> Refusal {
    move |error| {
        let debug = format!("{error:?}");
        let variant: String = debug
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        Refusal {
            kind: format!("{stage} {variant}"),
            text: error.to_string(),
        }
    }
}

fn materials(key: &str) -> DecryptionMaterials {
    let read = |name: &str| std::fs::read(Path::new(VECTORS).join("keys").join(name)).unwrap();
    let raw = match key {
        "aes" => RawMaterials::symmetric(SecretBytes::new((0..32).collect())),
        "rsa" => {
            let private = SecretBytes::new(read("rsa-2048.pkcs8.der"));
            RawMaterials::rsa(read("rsa-2048.spki.der"), Some(private))
        }
        other => panic!("key {other}"),
    };
    DecryptionMaterials::validate(raw).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn read_object(vector: &Vector) -> Result<Vec<u8>, Refusal> {
    let metadata = match ContentMetadata::locate(&vector.metadata, &vector.read.policy())
        .map_err(refusal("metadata"))?
    {
        Located::InMetadata(metadata) => metadata,
        Located::InInstructionFile(waiting) => match &vector.instruction_file {
            Some(file) => waiting
                .with_file(file.as_bytes())
                .map_err(refusal("metadata"))?,
            None => return Err(refusal("metadata")(waiting.without_file())),
        },
    };
    let key = unwrap(&materials(&vector.key), metadata.encrypted_data_key())
        .map_err(refusal("key-wrap"))?;
    let mut body = unhex(&vector.body);
    let opener = open(&metadata, &key, Some(body.len() as u64)).map_err(refusal("content"))?;
    opener.open_whole(&mut body).map_err(refusal("content"))?;
    Ok(body)
}

#[test]
fn every_vector_opens_or_is_refused_as_its_header_says() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(Path::new(VECTORS).join("envelope")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let vector: Vector = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let expect = &vector.expect;
        match read_object(&vector) {
            Ok(plaintext) => {
                let expected = vector.plaintext.as_deref().map(unhex);
                if expect != "opens" || Some(&plaintext) != expected.as_ref() {
                    wrong.push(format!("{name} ({}): opens, not {expect}", vector.comment));
                }
            }
            Err(Refusal { kind, text }) => {
                let said = vector.says.iter().all(|part| text.contains(part));
                if kind != *expect || !said || text.contains(char::is_control) {
                    let comment = &vector.comment;
                    wrong.push(format!("{name} ({comment}): {kind}, not {expect}: {text}"));
                }
            }
        }
        seen.insert(vector.expect);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unseen: Vec<_> = REFUSALS
        .iter()
        .filter(|kind| !seen.contains(**kind))
        .collect();
    assert!(unseen.is_empty(), "no vector for {unseen:?}");
    assert_eq!(
        seen.len(),
        REFUSALS.len() + 1,
        "a refusal is not listed: {seen:?}"
    );
}
