//! Sealing on all cores.

use std::fmt;
use std::sync::Arc;

use super::cursor::Cursor;
use super::message::Message;
use crate::envelope::Randomness;
use crate::envelope::content::ContentError;
use crate::envelope::content::sealer::begin;
use crate::envelope::evp::Direction;
use crate::envelope::key_wrap::WrappedDataKey;
use crate::envelope::metadata::SealedEnvelope;
use crate::envelope::suite::GCM_TAG_BYTES;

/// Begins an object, as [`seal`](crate::envelope::seal) does, that is sealed on several threads.
///
/// Body and tag are the same byte for byte. Segments of 256 KiB or more are as fast as one pass;
/// for a small object [`seal`](crate::envelope::seal) is faster.
pub fn seal_segments(
    key: WrappedDataKey,
    plaintext_length: Option<u64>,
    randomness: &mut dyn Randomness,
) -> Result<(SegmentSealer, SealedEnvelope), ContentError> {
    let (keyed, length, envelope) = begin(key, plaintext_length, randomness)?;
    let sealer = SegmentSealer {
        message: Arc::new(Message::new(keyed, Direction::Encrypt)?),
        cursor: Cursor::new(length),
    };
    Ok((sealer, envelope))
}

/// Hands out one object's plaintext as segments, which may be sealed in any order, on any thread.
///
/// Each byte is handed out once, so nothing is ever encrypted twice under the same keystream; who
/// has to send a segment again keeps the ciphertext. A failed call abandons the object.
pub struct SegmentSealer {
    message: Arc<Message>,
    cursor: Cursor,
}

impl SegmentSealer {
    /// The next `length` bytes of the plaintext. Of all but the last segment the length is a multiple
    /// of 16.
    ///
    /// More than announced, or more than 2^36 - 32 bytes in all, is refused here.
    pub fn reserve(&mut self, length: usize) -> Result<SealSegment, ContentError> {
        Ok(SealSegment {
            offset: self.cursor.reserve(length)?,
            message: Arc::clone(&self.message),
            length,
        })
    }

    /// Ends the object: its tag, the last 16 bytes of the body.
    ///
    /// [`ContentError::Segments`] if a segment was reserved and not sealed; fewer bytes than
    /// announced is an error too.
    pub fn finish(self) -> Result<[u8; GCM_TAG_BYTES], ContentError> {
        self.message.tag(self.cursor.finish()?)
    }
}

impl fmt::Debug for SegmentSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message: _, cursor } = self;
        f.debug_struct("SegmentSealer")
            .field("cursor", cursor)
            .finish_non_exhaustive()
    }
}

/// A part of one object's plaintext, to be sealed once.
pub struct SealSegment {
    message: Arc<Message>,
    offset: u64,
    length: usize,
}

impl SealSegment {
    /// Where it begins, in bytes, in plaintext and body alike.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Encrypts it in place. `data` is as long as was reserved; otherwise it is left as it is.
    pub fn seal(self, data: &mut [u8]) -> Result<(), ContentError> {
        check_length(self.length, data)?;
        self.message.run(self.offset, data)
    }
}

impl fmt::Debug for SealSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealSegment")
            .field("offset", &self.offset)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

pub(super) fn check_length(reserved: usize, data: &[u8]) -> Result<(), ContentError> {
    if data.len() == reserved {
        return Ok(());
    }
    Err(ContentError::Length {
        expected: reserved as u64,
        got: data.len() as u64,
    })
}
