//! Sealing: plaintext to body.

use std::fmt;

use super::keyed::{ContentKey, InOrder, Keyed};
use super::length::Length;
use super::{ContentError, key_commitment};
use crate::envelope::Randomness;
use crate::envelope::evp::Direction;
use crate::envelope::key_wrap::WrappedDataKey;
use crate::envelope::metadata::{ContentMetadata, ContentParameters, SealedEnvelope};
use crate::envelope::randomness::fill_nonzero;
use crate::envelope::suite::{
    GCM_IV_BYTES, GCM_TAG_BYTES, MESSAGE_ID_BYTES, V3_CONTENT_IV, WriteFormat,
};

/// Begins an object: makes its IV or message id, and with that its envelope.
///
/// The data key is used up, so that no key meets two plaintexts. `plaintext_length` in bytes, if
/// it is known: then it is enforced, and a V2 envelope records it. The envelope is complete before
/// the first byte, as stores want it.
pub fn seal(
    key: WrappedDataKey,
    plaintext_length: Option<u64>,
    randomness: &mut dyn Randomness,
) -> Result<(Sealer, SealedEnvelope), ContentError> {
    let (keyed, length, envelope) = begin(key, plaintext_length, randomness)?;
    let content = Some(InOrder::Waiting(keyed));
    Ok((Sealer { content, length }, envelope))
}

/// What an object is sealed with, however that is done.
pub(super) fn begin(
    key: WrappedDataKey,
    plaintext_length: Option<u64>,
    randomness: &mut dyn Randomness,
) -> Result<(Keyed, Length, SealedEnvelope), ContentError> {
    let WrappedDataKey {
        key,
        format,
        encrypted,
        description,
    } = key;
    let suite = format.suite();
    let length = Length::new(suite.max_plaintext, plaintext_length)?;
    let (key, iv, content) = match format {
        WriteFormat::V2 => {
            let mut iv = [0; GCM_IV_BYTES];
            fill_nonzero(randomness, "content IV", &mut iv)?;
            let content = ContentParameters::V2 { iv };
            (ContentKey::from_data_key(key), iv, content)
        }
        WriteFormat::V3 => {
            let mut message_id = [0; MESSAGE_ID_BYTES];
            fill_nonzero(randomness, "message id", &mut message_id)?;
            let (commitment, content_key) = key_commitment::commit(&key, &message_id)?;
            let content = ContentParameters::V3 {
                message_id,
                commitment,
            };
            (content_key, V3_CONTENT_IV, content)
        }
    };
    // V3 has no name for the length.
    let unencrypted_length = plaintext_length.filter(|_| format == WriteFormat::V2);
    let metadata = ContentMetadata::sealed(content, encrypted, description, unencrypted_length);
    let aad = suite.aad;
    let keyed = Keyed { key, iv, aad };
    Ok((keyed, length, SealedEnvelope::new(metadata)))
}

/// Encrypts one object's plaintext in place.
///
/// The body is all the buffers in order, then the tag that [`finish`](Self::finish) returns. A
/// failed call abandons the object: every later call fails too.
pub struct Sealer {
    content: Option<InOrder>,
    length: Length,
}

impl Sealer {
    /// Encrypts the next bytes of the plaintext, of any length, in place.
    ///
    /// More than announced, or more than 2^36 - 32 bytes in all, is refused before any of `data`
    /// is touched.
    pub fn update(&mut self, data: &mut [u8]) -> Result<(), ContentError> {
        let content = self.content.take().ok_or(ContentError::Abandoned)?;
        self.length.advance(data.len())?;
        let mut gcm = content.begun(Direction::Encrypt)?;
        gcm.update(data)?;
        self.content = Some(InOrder::Begun(gcm));
        Ok(())
    }

    /// Ends the object: its tag, the last 16 bytes of the body.
    ///
    /// Fewer bytes than announced is an error: the envelope would be wrong.
    pub fn finish(self) -> Result<[u8; GCM_TAG_BYTES], ContentError> {
        let content = self.content.ok_or(ContentError::Abandoned)?;
        self.length.finish()?;
        Ok(content.begun(Direction::Encrypt)?.tag()?)
    }

    /// Seals a small object in one call: `data` is the whole plaintext, then the whole body.
    pub fn seal_whole(mut self, data: &mut Vec<u8>) -> Result<(), ContentError> {
        let content = self.content.ok_or(ContentError::Abandoned)?;
        self.length.advance(data.len())?;
        self.length.finish()?;
        let tag = content.seal(data)?;
        data.extend_from_slice(&tag);
        Ok(())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, length } = self;
        f.debug_struct("Sealer")
            .field("abandoned", &content.is_none())
            .field("length", length)
            .finish()
    }
}
