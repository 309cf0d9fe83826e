//! Writing: from a sealed envelope to object metadata and, if there is to be one, the instruction
//! file. S3EC format, sections 1 and 5.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ContentMetadata, ContentParameters, MAX_INSTRUCTION_FILE_BYTES};
use crate::envelope::suite::{AES_GCM_COMMIT_KEY, KeyWrap, WrapAlgorithm};
use crate::envelope::{flat_json, names};

/// How much user metadata an object may have, in bytes, names and values together: S3's limit.
pub const MAX_OBJECT_METADATA_BYTES: usize = 2048;

/// Where the operator wants envelopes to be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WritePlace {
    /// In object metadata; an envelope that is too large is an error.
    #[default]
    Metadata,
    /// In an instruction file, always.
    InstructionFile,
    /// In object metadata, or in an instruction file if it is too large.
    Overflow,
}

/// The envelope of an object whose sealing has begun. It does not depend on the plaintext.
#[derive(Debug)]
pub struct SealedEnvelope(ContentMetadata);

/// The envelope as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEnvelope {
    /// User metadata of the object, names without `x-amz-meta-`, sorted.
    pub object_metadata: Vec<(String, String)>,
    /// The instruction file's bytes, if there is to be one. It is an object of its own under the
    /// object's key and [`INSTRUCTION_SUFFIX`](crate::envelope::INSTRUCTION_SUFFIX), with the user
    /// metadata [`INSTRUCTION_FILE_MARKER`](crate::envelope::INSTRUCTION_FILE_MARKER).
    pub instruction_file: Option<Vec<u8>>,
}

/// The envelope does not fit where it may be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// Object metadata would be too large.
    #[error(
        "envelope needs {got} bytes of object metadata; {max} are available: shorten the materials description or allow instruction files"
    )]
    Metadata {
        /// What S3 allows, less what the object's other metadata takes, in bytes.
        max: usize,
        /// What the envelope needs, in bytes.
        got: usize,
    },
    /// The instruction file would be too large.
    #[error("instruction file would be {got} bytes long; at most {max} are allowed")]
    InstructionFile {
        /// The bound in bytes.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
}

type Entry = (&'static str, String);

impl SealedEnvelope {
    pub(in crate::envelope) fn new(metadata: ContentMetadata) -> Self {
        Self(metadata)
    }

    /// The envelope's contents.
    pub fn metadata(&self) -> &ContentMetadata {
        &self.0
    }

    /// How many bytes of object metadata the whole envelope needs, names and values together.
    pub fn metadata_bytes(&self) -> usize {
        let Parts { fixed, movable } = self.parts();
        bytes(&fixed).saturating_add(bytes(&movable))
    }

    /// Lays the envelope out, beside `other_metadata_bytes` bytes of the object's own metadata.
    pub fn place(
        &self,
        place: WritePlace,
        other_metadata_bytes: usize,
    ) -> Result<StoredEnvelope, PlaceError> {
        let Parts { fixed, movable } = self.parts();
        let max = MAX_OBJECT_METADATA_BYTES.saturating_sub(other_metadata_bytes);
        let whole = bytes(&fixed).saturating_add(bytes(&movable));
        let file = match place {
            WritePlace::Metadata => false,
            WritePlace::InstructionFile => true,
            WritePlace::Overflow => whole > max,
        };
        let got = if file { bytes(&fixed) } else { whole };
        if got > max {
            return Err(PlaceError::Metadata { max, got });
        }
        if !file {
            return Ok(StoredEnvelope {
                object_metadata: owned(fixed.into_iter().chain(movable)),
                instruction_file: None,
            });
        }
        let file = flat_json::write(movable.iter().map(|(name, value)| (*name, value.as_str())));
        if file.len() > MAX_INSTRUCTION_FILE_BYTES {
            return Err(PlaceError::InstructionFile {
                max: MAX_INSTRUCTION_FILE_BYTES,
                got: file.len(),
            });
        }
        Ok(StoredEnvelope {
            object_metadata: owned(fixed),
            instruction_file: Some(file.into_bytes()),
        })
    }

    fn parts(&self) -> Parts {
        let ContentMetadata {
            content,
            key,
            description,
            unencrypted_length,
            place: _,
            format: _,
        } = &self.0;
        let json = flat_json::write(description.iter());
        let iv = match content {
            ContentParameters::V2 { iv } => STANDARD.encode(iv),
            // Sealing makes none of it.
            ContentParameters::Cbc { iv } => STANDARD.encode(iv),
            ContentParameters::V3 { .. } => String::new(),
        };
        match content {
            ContentParameters::V2 { .. } | ContentParameters::Cbc { .. } => Parts {
                // Some readers look for it on the object, and Amazon's Python client refuses
                // instruction files that hold it.
                fixed: unencrypted_length
                    .iter()
                    .map(|length| (names::UNENCRYPTED_LENGTH, length.to_string()))
                    .collect(),
                movable: vec![
                    (names::V2_KEY, STANDARD.encode(&key.bytes)),
                    (names::IV, iv),
                    (names::CONTENT_ALGORITHM, key.suite.name.to_owned()),
                    (names::WRAP_ALGORITHM, key.wrap.name().to_owned()),
                    (names::TAG_LENGTH, (key.suite.tag_bytes * 8).to_string()),
                    (names::DESCRIPTION, json),
                ],
            },
            ContentParameters::V3 {
                message_id,
                commitment,
            } => {
                let mut movable = vec![
                    (names::V3_KEY, STANDARD.encode(&key.bytes)),
                    (names::V3_WRAP, v3_code(key.wrap).to_owned()),
                ];
                // KMS has a context, the other wraps a description.
                if key.wrap == KeyWrap::Authenticated(WrapAlgorithm::KmsContext) {
                    movable.push((names::V3_CONTEXT, json));
                } else if !description.is_empty() {
                    movable.push((names::V3_DESCRIPTION, json));
                }
                Parts {
                    fixed: vec![
                        (names::V3_CONTENT, AES_GCM_COMMIT_KEY.name.to_owned()),
                        (names::V3_COMMITMENT, STANDARD.encode(commitment)),
                        (names::V3_MESSAGE_ID, STANDARD.encode(message_id)),
                    ],
                    movable,
                }
            }
        }
    }
}

/// Sealing makes no legacy wraps, which have no code.
fn v3_code(wrap: KeyWrap) -> &'static str {
    match wrap {
        KeyWrap::Authenticated(algorithm) => algorithm.v3_code(),
        KeyWrap::Legacy(wrap) => wrap.name(),
    }
}

/// What stays on the object, and what an instruction file takes over.
struct Parts {
    fixed: Vec<Entry>,
    movable: Vec<Entry>,
}

fn bytes(entries: &[Entry]) -> usize {
    entries
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .fold(0, usize::saturating_add)
}

fn owned(entries: impl IntoIterator<Item = Entry>) -> Vec<(String, String)> {
    let mut owned: Vec<_> = entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    owned.sort_unstable();
    owned
}
