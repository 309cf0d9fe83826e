//! Content metadata: the envelope as it is stored, in object metadata or an instruction file.
//!
//! S3EC format, sections 1, 2, 5 and 6. All of it is hostile: it is read whole, bounded and
//! checked against the read policy, and only then is there a [`ContentMetadata`].

mod double_encoding;
mod error;
mod fields;
mod layout;
mod locate;
mod parse;
mod place;
mod policy;

use provost_plugin_api::MaterialsDescription;

use super::content::{ContentError, plaintext_length};
use super::key_wrap::EncryptedDataKey;
use super::suite::{
    AES_BLOCK_BYTES, AlgorithmSuite, COMMITMENT_BYTES, Format, GCM_IV_BYTES, KeyWrap,
    MESSAGE_ID_BYTES,
};

pub use error::MetadataError;
pub use fields::MAX_INSTRUCTION_FILE_BYTES;
pub use locate::{InInstructionFile, Located};
pub use place::{
    MAX_OBJECT_METADATA_BYTES, PlaceError, SealedEnvelope, StoredEnvelope, WritePlace,
};
pub use policy::{EnvelopePlace, Legacy, ReadPolicy, Unauthenticated};

/// A checked envelope: everything that opening the object depends on, besides the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentMetadata {
    format: Format,
    content: ContentParameters,
    key: EncryptedDataKey,
    description: MaterialsDescription,
    unencrypted_length: Option<u64>,
    place: EnvelopePlace,
}

/// What the content's encryption depends on, for each format that is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentParameters {
    /// V1, and some V2: legacy, and not authenticated.
    Cbc {
        iv: [u8; AES_BLOCK_BYTES],
    },
    V2 {
        iv: [u8; GCM_IV_BYTES],
    },
    V3 {
        message_id: [u8; MESSAGE_ID_BYTES],
        commitment: [u8; COMMITMENT_BYTES],
    },
}

impl ContentMetadata {
    /// The envelope of an object that is being written.
    pub(super) fn sealed(
        content: ContentParameters,
        key: EncryptedDataKey,
        description: MaterialsDescription,
        unencrypted_length: Option<u64>,
    ) -> Self {
        Self {
            format: key.suite.format,
            content,
            key,
            description,
            unencrypted_length,
            place: EnvelopePlace::Metadata,
        }
    }

    /// The envelope's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The content's suite.
    pub fn suite(&self) -> &'static AlgorithmSuite {
        self.key.suite
    }

    /// Whether a tag proves that the content is what was written. Where there is none, anybody who
    /// can write to the store can change what comes out: [`open`](super::open) refuses it, and
    /// [`open_unauthenticated`](super::open_unauthenticated) does not.
    pub fn is_authenticated(&self) -> bool {
        self.suite().is_authenticated()
    }

    /// Whether `policy` accepts the object: what [`locate`](Self::locate) checks.
    pub fn check(&self, policy: &ReadPolicy) -> Result<(), MetadataError> {
        policy.check_format(self.format, self.place)?;
        policy.check_algorithms(self.format, self.suite(), self.key.wrap)
    }

    /// How the data key is wrapped.
    pub fn wrap(&self) -> KeyWrap {
        self.key.wrap
    }

    /// The wrapped data key.
    pub fn encrypted_data_key(&self) -> &EncryptedDataKey {
        &self.key
    }

    /// The stored description, or for KMS the encryption context. `None` if it is absent or empty,
    /// which mean the same. Not authenticated, except for KMS: it may choose a key, never grant
    /// anything.
    pub fn description(&self) -> Option<&MaterialsDescription> {
        (!self.description.is_empty()).then_some(&self.description)
    }

    /// The plaintext's length in bytes as the writer recorded it. Not authenticated and not always
    /// right; [`plaintext_length`](Self::plaintext_length) is.
    pub fn recorded_length(&self) -> Option<u64> {
        self.unencrypted_length
    }

    /// The plaintext's length in bytes for a body of `body_length` bytes.
    ///
    /// For CBC it is what the writer recorded, if that is possible at all, and otherwise
    /// [`ContentError::LengthUnknown`]: only who decrypts the end of the body knows.
    pub fn plaintext_length(&self, body_length: u64) -> Result<u64, ContentError> {
        plaintext_length(self, body_length)
    }

    /// Where the envelope was found.
    pub fn place(&self) -> EnvelopePlace {
        self.place
    }

    /// V2 with GCM: the content IV.
    pub fn iv(&self) -> Option<&[u8; GCM_IV_BYTES]> {
        match &self.content {
            ContentParameters::V2 { iv } => Some(iv),
            ContentParameters::V3 { .. } | ContentParameters::Cbc { .. } => None,
        }
    }

    /// CBC: the content IV.
    pub fn cbc_iv(&self) -> Option<&[u8; AES_BLOCK_BYTES]> {
        match &self.content {
            ContentParameters::Cbc { iv } => Some(iv),
            ContentParameters::V2 { .. } | ContentParameters::V3 { .. } => None,
        }
    }

    /// V3: the message id.
    pub fn message_id(&self) -> Option<&[u8; MESSAGE_ID_BYTES]> {
        match &self.content {
            ContentParameters::V2 { .. } | ContentParameters::Cbc { .. } => None,
            ContentParameters::V3 { message_id, .. } => Some(message_id),
        }
    }

    /// V3: the key commitment.
    pub fn commitment(&self) -> Option<&[u8; COMMITMENT_BYTES]> {
        match &self.content {
            ContentParameters::V2 { .. } | ContentParameters::Cbc { .. } => None,
            ContentParameters::V3 { commitment, .. } => Some(commitment),
        }
    }

    pub(super) fn content(&self) -> &ContentParameters {
        &self.content
    }
}

/// `text` as an error may show it: one line, at most 96 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(96).flat_map(char::escape_debug).collect();
    if text.chars().nth(96).is_some() {
        shown.push('…');
    }
    shown
}
