//! Opening: body to plaintext, which is nobody's to see before the tag is checked.

use std::fmt;

use zeroize::Zeroize;

use super::keyed::{InOrder, Keyed};
use super::length::Length;
use super::{ContentError, cbc};
use crate::envelope::DataKey;
use crate::envelope::evp::Direction;
use crate::envelope::metadata::ContentMetadata;
use crate::envelope::suite::GCM_TAG_BYTES;

/// Begins to open an object.
///
/// For V3 the commitment is compared first, in constant time; the content key is derived only if
/// it matches. `body_length` in bytes (ciphertext and tag), if it is known: then it is enforced.
/// Content without a tag is refused.
pub fn open(
    metadata: &ContentMetadata,
    key: &DataKey,
    body_length: Option<u64>,
) -> Result<Opener, ContentError> {
    let suite = metadata.suite();
    if !suite.is_authenticated() {
        return Err(ContentError::Unauthenticated);
    }
    let plaintext_length = body_length
        .map(|body| plaintext_length(metadata, body))
        .transpose()?;
    let length = Length::new(suite.max_plaintext, plaintext_length)?;
    let content = Some(InOrder::Waiting(Keyed::for_opening(metadata, key)?));
    Ok(Opener { content, length })
}

/// How long the plaintext of a body of `body` bytes is: the tag takes the rest, or the padding.
pub(crate) fn plaintext_length(metadata: &ContentMetadata, body: u64) -> Result<u64, ContentError> {
    if !metadata.is_authenticated() {
        return cbc::recorded_length(metadata, body);
    }
    let tag = metadata.suite().tag_bytes as u64;
    body.checked_sub(tag)
        .ok_or(ContentError::ShorterThanTag { tag, got: body })
}

/// Decrypts one object's ciphertext in place.
///
/// The caller keeps the body's last 16 bytes for [`finish`](Self::finish). A failed call abandons
/// the object: every later call fails too.
pub struct Opener {
    content: Option<InOrder>,
    length: Length,
}

impl Opener {
    /// Decrypts the next bytes of the ciphertext, of any length, in place.
    ///
    /// What comes out is **unverified**: anybody may have changed it. It must not be released,
    /// parsed or shown before [`finish`](Self::finish) has succeeded, and must be destroyed if it
    /// fails.
    pub fn update_unverified(&mut self, data: &mut [u8]) -> Result<(), ContentError> {
        let content = self.content.take().ok_or(ContentError::Abandoned)?;
        self.length.advance(data.len())?;
        let mut gcm = content.begun(Direction::Decrypt)?;
        gcm.update(data)?;
        self.content = Some(InOrder::Begun(gcm));
        Ok(())
    }

    /// Checks the tag, in constant time. Only after this is the plaintext what was sealed.
    pub fn finish(self, tag: &[u8; GCM_TAG_BYTES]) -> Result<(), ContentError> {
        let content = self.content.ok_or(ContentError::Abandoned)?;
        self.length.finish()?;
        let authentic = content.begun(Direction::Decrypt)?.verify(tag)?;
        authentic.then_some(()).ok_or(ContentError::NotAuthentic)
    }

    /// Opens a small object in one call: `data` is the whole body, then the whole plaintext,
    /// verified. On an error `data` is wiped and empty.
    pub fn open_whole(self, data: &mut Vec<u8>) -> Result<(), ContentError> {
        let opened = self.open_body(data);
        match opened {
            Ok(()) => data.truncate(data.len().saturating_sub(GCM_TAG_BYTES)),
            Err(_) => data.zeroize(),
        }
        opened
    }

    fn open_body(mut self, body: &mut [u8]) -> Result<(), ContentError> {
        let ciphertext = body.len().checked_sub(GCM_TAG_BYTES);
        let ciphertext = ciphertext.ok_or(ContentError::ShorterThanTag {
            tag: GCM_TAG_BYTES as u64,
            got: body.len() as u64,
        })?;
        let content = self.content.ok_or(ContentError::Abandoned)?;
        self.length.advance(ciphertext)?;
        self.length.finish()?;
        content.open(body)
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, length } = self;
        f.debug_struct("Opener")
            .field("abandoned", &content.is_none())
            .field("length", length)
            .finish()
    }
}
