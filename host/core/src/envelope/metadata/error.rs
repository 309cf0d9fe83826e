//! Why an envelope is refused.

use super::EnvelopePlace;
use crate::envelope::{FlatJsonError, Format, LegacyWrap, WrapAlgorithm};

/// An envelope that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// More metadata than any store keeps.
    #[error("object metadata is {got} bytes long; at most {max} are read")]
    TooLong {
        /// The bound in bytes, names and values together.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
    /// A name comes twice, once letter case is disregarded.
    #[error("'{name}' appears twice in {place}")]
    DuplicateName {
        /// The name.
        name: &'static str,
        /// Where it was found.
        place: EnvelopePlace,
    },
    /// There is no envelope in metadata, and the policy allows none elsewhere.
    #[error("object has no envelope in its metadata, and instruction files are not accepted here")]
    NoEnvelopeInMetadata,
    /// There is no envelope at all.
    #[error("object is not encrypted: no envelope in its metadata and no instruction file")]
    NotEncrypted,
    /// The rest of the envelope is missing.
    #[error(
        "instruction file is missing: the object's metadata holds only part of a {format} envelope"
    )]
    InstructionFileMissing {
        /// The envelope's format.
        format: Format,
    },
    /// The object is the instruction file of another.
    #[error("object is itself an instruction file")]
    IsInstructionFile,
    /// The policy does not accept this format.
    #[error("envelope is of format {found}; accepted here: {accepted}")]
    FormatNotAllowed {
        /// The envelope's format.
        found: Format,
        /// What the policy accepts.
        accepted: String,
    },
    /// The policy does not accept envelopes in this place.
    #[error("envelope is in the {found}, which is not accepted here")]
    PlaceNotAllowed {
        /// Where it is.
        found: EnvelopePlace,
    },
    /// The format is legacy, and the policy accepts nothing legacy.
    #[error("format {found} is legacy, and legacy objects are not decrypted here")]
    LegacyFormat {
        /// The envelope's format.
        found: Format,
    },
    /// The content algorithm is legacy, and the policy accepts nothing legacy.
    #[error("content algorithm '{found}' is legacy, and legacy objects are not decrypted here")]
    LegacyContentAlgorithm {
        /// The algorithm's name.
        found: &'static str,
    },
    /// The wrap is legacy, and the policy accepts nothing legacy.
    #[error("key wrap '{found}' is legacy, and legacy objects are not decrypted here")]
    LegacyWrap {
        /// The wrap.
        found: LegacyWrap,
    },
    /// The content has no tag, and the policy accepts none such.
    #[error(
        "content algorithm '{found}' authenticates nothing, and unauthenticated content is not accepted here"
    )]
    UnauthenticatedContent {
        /// The algorithm's name.
        found: &'static str,
    },
    /// An authenticated wrap with content that it is not made for: how downgrades are attempted.
    #[error("key wrap '{wrap}' does not go with content algorithm '{content}'")]
    WrapDoesNotFit {
        /// The wrap.
        wrap: WrapAlgorithm,
        /// The content algorithm's name.
        content: &'static str,
    },
    /// The legacy `kms` wrap without the id of its key.
    #[error("encryption context of key wrap 'kms' names no key: it has no 'kms_cmk_id'")]
    NoKmsKeyId,
    /// The legacy `kms` wrap with the context of `kms+context`: how downgrades are attempted.
    #[error(
        "encryption context binds content algorithm '{found}', which key wrap 'kms' never does"
    )]
    BoundContext {
        /// What the context names, shortened.
        found: String,
    },
    /// Two wrapped keys: which one counts would be the attacker's choice.
    #[error("'{first}' and '{second}' exclude each other in {place}")]
    ExclusiveNames {
        /// One of the names.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// Where they were found.
        place: EnvelopePlace,
    },
    /// A name of one format in an envelope of another: how downgrades are attempted.
    #[error("'{name}' in {place} does not belong to a {format} envelope")]
    ForeignName {
        /// The envelope's format.
        format: Format,
        /// The name.
        name: &'static str,
        /// Where it was found.
        place: EnvelopePlace,
    },
    /// A name that the format requires is missing.
    #[error("'{name}' is missing from the {format} envelope in {place}")]
    MissingName {
        /// The envelope's format.
        format: Format,
        /// The name.
        name: &'static str,
        /// Where it should be.
        place: EnvelopePlace,
    },
    /// A part of the commitment is in the file, where whoever can replace the file could replace it.
    #[error("'{name}' is in the instruction file; it belongs into object metadata")]
    CommitmentInInstructionFile {
        /// The name.
        name: &'static str,
    },
    /// Not standard base64 with padding.
    #[error("value of '{name}' is not base64: {reason}")]
    Base64 {
        /// The name.
        name: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// A binary value has the wrong length.
    #[error("value of '{name}' is {got} bytes long; expected {expected}")]
    Length {
        /// The name.
        name: &'static str,
        /// The length in bytes, or the range of lengths.
        expected: String,
        /// The length in bytes that was found.
        got: usize,
    },
    /// A value is not one of those that there are.
    #[error("value of '{name}' is '{found}'; expected {expected}")]
    Value {
        /// The name.
        name: &'static str,
        /// The accepted values.
        expected: &'static str,
        /// What was found, shortened.
        found: String,
    },
    /// A recorded length is not a number, or beyond what can be encrypted.
    #[error("value of '{name}' is '{found}'; expected a decimal number up to {max}")]
    Number {
        /// The name.
        name: &'static str,
        /// The bound.
        max: u64,
        /// What was found, shortened.
        found: String,
    },
    /// The description is not a flat JSON object of strings.
    #[error("value of '{name}': {error}")]
    Description {
        /// The name.
        name: &'static str,
        /// What is wrong.
        error: FlatJsonError,
    },
    /// The KMS encryption context is not bound to the content algorithm.
    #[error("encryption context binds content algorithm {}; expected '{expected}'", found.as_deref().unwrap_or("none"))]
    ContextAlgorithm {
        /// The content algorithm that the envelope names.
        expected: &'static str,
        /// What the context names, shortened.
        found: Option<String>,
    },
    /// The instruction file is not a flat JSON object of strings.
    #[error("instruction file: {0}")]
    InstructionFile(FlatJsonError),
}
