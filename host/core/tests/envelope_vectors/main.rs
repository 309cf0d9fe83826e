//! Stored objects from `tests/vectors/envelope/`, one file for each behaviour: the header says what
//! a reader must make of the object. They were made by another implementation.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions

mod tampered;
mod vector;

use std::collections::BTreeSet;

use vector::{Refusal, all, read_object, unhex};

/// Every way in which a stored object can be wrong; each has a vector.
const REFUSALS: [&str; 36] = [
    "content Commitment",
    "content NotAuthentic",
    "content NotWholeBlocks",
    "content Padding",
    "content ShorterThanTag",
    "key-wrap Binding",
    "key-wrap DataKeyLength",
    "key-wrap KeyDoesNotFit",
    "key-wrap NotAuthentic",
    "key-wrap WrappedLength",
    "metadata Base64",
    "metadata BoundContext",
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
    "metadata NoKmsKeyId",
    "metadata NotEncrypted",
    "metadata Number",
    "metadata PlaceNotAllowed",
    "metadata TooLong",
    "metadata UnauthenticatedContent",
    "metadata Value",
    "metadata WrapDoesNotFit",
];

#[test]
fn every_vector_opens_or_is_refused_as_its_header_says() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, vector) in all() {
        let expect = &vector.expect;
        match read_object(&vector) {
            Ok((plaintext, description)) => {
                let expected = vector.plaintext.as_deref().map(unhex);
                let described = vector
                    .description
                    .as_ref()
                    .is_none_or(|expected| *expected == description);
                if expect != "opens" || Some(&plaintext) != expected.as_ref() || !described {
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
