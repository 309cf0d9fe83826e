//! Opening on all cores.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::cursor::Cursor;
use super::message::Message;
use super::sealer::check_length;
use crate::envelope::DataKey;
use crate::envelope::content::ContentError;
use crate::envelope::content::keyed::Keyed;
use crate::envelope::content::length::Length;
use crate::envelope::content::opener::plaintext_length;
use crate::envelope::evp::Direction;
use crate::envelope::metadata::ContentMetadata;
use crate::envelope::suite::GCM_TAG_BYTES;

/// Begins to open an object, as [`open`](crate::envelope::open) does, on several threads.
///
/// `body_length` in bytes, ciphertext and tag. Content without a tag is refused.
pub fn open_segments(
    metadata: &ContentMetadata,
    key: &DataKey,
    body_length: u64,
) -> Result<SegmentOpener, ContentError> {
    if !metadata.is_authenticated() {
        return Err(ContentError::Unauthenticated);
    }
    let plaintext_length = plaintext_length(metadata, body_length)?;
    let length = Length::new(metadata.suite().max_plaintext, Some(plaintext_length))?;
    let keyed = Keyed::for_opening(metadata, key)?;
    Ok(SegmentOpener {
        message: Arc::new(Message::new(keyed, Direction::Decrypt)?),
        cursor: Cursor::new(length),
    })
}

/// Hands out one object's ciphertext as segments, which may be opened in any order, on any thread.
///
/// The caller keeps the body's last 16 bytes for [`finish`](Self::finish). A failed call abandons
/// the object.
pub struct SegmentOpener {
    message: Arc<Message>,
    cursor: Cursor,
}

impl SegmentOpener {
    /// The next `length` bytes of the ciphertext. Of all but the last segment the length is a
    /// multiple of 16.
    pub fn reserve(&mut self, length: usize) -> Result<OpenSegment, ContentError> {
        Ok(OpenSegment {
            offset: self.cursor.reserve(length)?,
            message: Arc::clone(&self.message),
            length,
        })
    }

    /// Checks the tag, in constant time. Only after this is the plaintext what was sealed.
    ///
    /// [`ContentError::Segments`] if a segment was reserved and not opened.
    pub fn finish(self, tag: &[u8; GCM_TAG_BYTES]) -> Result<(), ContentError> {
        let expected = self.message.tag(self.cursor.finish()?)?;
        if bool::from(expected.ct_eq(tag)) {
            Ok(())
        } else {
            Err(ContentError::NotAuthentic)
        }
    }
}

impl fmt::Debug for SegmentOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message: _, cursor } = self;
        f.debug_struct("SegmentOpener")
            .field("cursor", cursor)
            .finish_non_exhaustive()
    }
}

/// A part of one object's ciphertext, to be opened once.
pub struct OpenSegment {
    message: Arc<Message>,
    offset: u64,
    length: usize,
}

impl OpenSegment {
    /// Where it begins, in bytes, in plaintext and body alike.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Decrypts it in place. `data` is as long as was reserved; otherwise it is left as it is.
    ///
    /// What comes out is **unverified**: anybody may have changed it. It must not be released,
    /// parsed or shown before [`SegmentOpener::finish`] has succeeded, and must be destroyed if it
    /// fails.
    pub fn open_unverified(self, data: &mut [u8]) -> Result<(), ContentError> {
        check_length(self.length, data)?;
        self.message.run(self.offset, data)
    }
}

impl fmt::Debug for OpenSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSegment")
            .field("offset", &self.offset)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
