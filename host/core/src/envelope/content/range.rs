//! A part of an object, without the rest of it and so without its tag. S3EC format, section 7.

use std::fmt;
use std::ops::Range;

use super::ContentError;
use super::cbc::Blocks;
use super::keyed::Keyed;
use super::length::Length;
use super::opener::plaintext_length;
use super::segment::message::{Message, Segments};
use crate::envelope::DataKey;
use crate::envelope::evp::Direction;
use crate::envelope::metadata::{ContentMetadata, ContentParameters};
use crate::envelope::suite::AES_BLOCK_BYTES;

const BLOCK: u64 = AES_BLOCK_BYTES as u64;

/// Begins to decrypt `range` of an object's plaintext, in bytes, which **nobody authenticates**:
/// the tag is over the whole object.
///
/// `body_length` in bytes is that of the whole body, ciphertext and tag. For V3 the commitment is
/// compared first, as in [`open`](crate::envelope::open). A range that is empty, inverted or not
/// inside the plaintext is [`ContentError::Range`]. Content that has no tag is refused: see
/// [`open_unauthenticated_range`].
pub fn open_range_unverified(
    metadata: &ContentMetadata,
    key: &DataKey,
    body_length: u64,
    range: Range<u64>,
) -> Result<UnverifiedRange, ContentError> {
    if !metadata.is_authenticated() {
        return Err(ContentError::Unauthenticated);
    }
    let length = plaintext_length(metadata, body_length)?;
    // The limit of one key's counter, before anything is decrypted.
    Length::new(metadata.suite().max_plaintext, Some(length))?;
    check(&range, length)?;
    // Counter mode starts at any block, and ends anywhere.
    let body = range.start - range.start % BLOCK..range.end;
    let message = Message::new(Keyed::for_opening(metadata, key)?, Direction::Decrypt)?;
    let cipher = Cipher::Gcm(message.segments_at(body.start)?);
    UnverifiedRange::new(metadata, cipher, body, range)
}

/// The same for legacy content, of which nothing is ever authenticated.
///
/// `plaintext_length` in bytes is what the padding says:
/// [`unauthenticated_length`](super::unauthenticated_length). Content that has a tag is refused.
pub fn open_unauthenticated_range(
    metadata: &ContentMetadata,
    key: &DataKey,
    plaintext_length: u64,
    range: Range<u64>,
) -> Result<UnverifiedRange, ContentError> {
    let ContentParameters::Cbc { iv } = metadata.content() else {
        return Err(ContentError::Authenticated);
    };
    Length::new(metadata.suite().max_plaintext, Some(plaintext_length))?;
    check(&range, plaintext_length)?;
    // Each block needs the one before it; the last one is there as a whole, with its padding.
    let first = range.start - range.start % BLOCK;
    let body = first.saturating_sub(BLOCK)..range.end.next_multiple_of(BLOCK);
    let cipher = Cipher::Cbc(Box::new(Blocks::new(key, iv)));
    UnverifiedRange::new(metadata, cipher, body, range)
}

fn check(range: &Range<u64>, length: u64) -> Result<(), ContentError> {
    if range.is_empty() || range.end > length {
        let range = range.clone();
        return Err(ContentError::Range { range, length });
    }
    Ok(())
}

enum Cipher {
    Gcm(Segments),
    Cbc(Box<Blocks>),
}

/// Decrypts a part of an object that nobody authenticated: whoever could write to the store may have
/// changed any bit of it.
pub struct UnverifiedRange {
    cipher: Cipher,
    length: Length,
    body: Range<u64>,
    /// Bytes in front of what is wanted, and bytes that are.
    before: u64,
    wanted: u64,
}

impl UnverifiedRange {
    fn new(
        metadata: &ContentMetadata,
        cipher: Cipher,
        body: Range<u64>,
        range: Range<u64>,
    ) -> Result<Self, ContentError> {
        let length = body.end - body.start;
        Ok(Self {
            cipher,
            length: Length::new(metadata.suite().max_plaintext, Some(length))?,
            before: range.start - body.start,
            wanted: range.end - range.start,
            body,
        })
    }

    /// Which bytes of the body are needed: those of the range from the beginning of a block on; of
    /// legacy content whole blocks, and the one before them.
    pub fn body(&self) -> Range<u64> {
        self.body.clone()
    }

    /// Decrypts the next bytes of that part of the body in place: of any length, or of legacy
    /// content whole blocks. Returns what is the range's of them, **unverified**.
    pub fn update_unverified<'d>(
        &mut self,
        data: &'d mut [u8],
    ) -> Result<&'d mut [u8], ContentError> {
        self.length.advance(data.len())?;
        match &mut self.cipher {
            Cipher::Gcm(segments) => segments.update(data)?,
            Cipher::Cbc(blocks) => blocks.decrypt(data)?,
        }
        let (_, data) = data.split_at_mut(take(&mut self.before, data.len()));
        let wanted = take(&mut self.wanted, data.len());
        Ok(data.get_mut(..wanted).unwrap_or_default())
    }

    /// Whether all of it came. That says nothing about what it is.
    pub fn finish_unverified(self) -> Result<(), ContentError> {
        self.length.finish()
    }
}

/// Takes as many of `left` as there are, at most `most`.
fn take(left: &mut u64, most: usize) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(most);
    *left -= taken as u64;
    taken
}

impl fmt::Debug for UnverifiedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedRange")
            .field("body", &self.body)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
