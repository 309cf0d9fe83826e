//! Why an envelope is refused.

use super::EnvelopePlace;
use crate::envelope::{FlatJsonError, Format, LegacyWrap};

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
    /// The format is known, but not decrypted.
    #[error("legacy format {found} is not supported yet")]
    LegacyFormat {
        /// The envelope's format.
        found: Format,
    },
    /// The content algorithm is known, but not decrypted.
    #[error("legacy content algorithm '{found}' is not supported yet")]
    LegacyContentAlgorithm {
        /// The algorithm's name.
        found: &'static str,
    },
    /// The wrap is known, but not undone.
    #[error("legacy key wrap '{found}' is not supported yet")]
    LegacyWrap {
        /// The wrap.
        found: LegacyWrap,
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
