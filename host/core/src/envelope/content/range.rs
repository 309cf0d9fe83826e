//! A part of an object, without the rest of it and so without its tag. S3EC format, section 7.

use std::fmt;
use std::ops::Range;

use super::ContentError;
use super::keyed::Keyed;
use super::length::Length;
use super::opener::plaintext_length;
use super::segment::message::{Message, Segments};
use crate::envelope::DataKey;
use crate::envelope::evp::Direction;
use crate::envelope::metadata::ContentMetadata;
use crate::envelope::suite::GCM_TAG_BYTES;

/// Begins to decrypt `range` of an object's plaintext, in bytes, which **nobody authenticates**:
/// the tag is over the whole object.
///
/// Content that never had a tag (CBC) is refused: it is another cipher. `body_length` in bytes is that of the whole body, ciphertext and tag. For V3 the commitment is
/// compared first, as in [`open`](crate::envelope::open). A range that is empty, inverted or not
/// inside the plaintext is [`ContentError::Range`].
pub fn open_range_unverified(
    metadata: &ContentMetadata,
    key: &DataKey,
    body_length: u64,
    range: Range<u64>,
) -> Result<UnverifiedRange, ContentError> {
    const BLOCK: u64 = GCM_TAG_BYTES as u64;
    let suite = metadata.suite();
    if !metadata.is_authenticated() {
        return Err(ContentError::Unauthenticated);
    }
    let length = plaintext_length(metadata, body_length)?;
    // The limit of one key's counter, before anything is decrypted.
    Length::new(suite.max_plaintext, Some(length))?;
    if range.is_empty() || range.end > length {
        return Err(ContentError::Range { range, length });
    }
    // Counter mode starts at any block.
    let before = range.start % BLOCK;
    let body = range.start - before..range.end;
    let message = Message::new(Keyed::for_opening(metadata, key)?, Direction::Decrypt)?;
    Ok(UnverifiedRange {
        segments: message.segments_at(body.start)?,
        length: Length::new(suite.max_plaintext, Some(body.end - body.start))?,
        body,
        before: usize::try_from(before).unwrap_or_default(),
    })
}

/// Decrypts a part of an object that nobody authenticated: whoever could write to the store may have
/// changed any bit of it.
pub struct UnverifiedRange {
    segments: Segments,
    length: Length,
    body: Range<u64>,
    /// Bytes in front of what is wanted.
    before: usize,
}

impl UnverifiedRange {
    /// Which bytes of the body are needed: those of the range, from the beginning of a block.
    pub fn body(&self) -> Range<u64> {
        self.body.clone()
    }

    /// Decrypts the next bytes of that part of the body, of any length, in place. Returns what is
    /// the range's of them, **unverified**.
    pub fn update_unverified<'d>(
        &mut self,
        data: &'d mut [u8],
    ) -> Result<&'d mut [u8], ContentError> {
        self.length.advance(data.len())?;
        self.segments.update(data)?;
        let before = self.before.min(data.len());
        self.before -= before;
        Ok(data.get_mut(before..).unwrap_or_default())
    }

    /// Whether all of it came. That says nothing about what it is.
    pub fn finish_unverified(self) -> Result<(), ContentError> {
        self.length.finish()
    }
}

impl fmt::Debug for UnverifiedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedRange")
            .field("body", &self.body)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
