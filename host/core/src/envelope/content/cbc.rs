//! Opening CBC, which nothing authenticates. S3EC format, section 3.
//!
//! Anybody who can write to the store can change what comes out of it: flip a bit of one block and
//! the same bit of the next changes with it. It is read because there are stores full of it.

use std::fmt;

use aes_gcm::aes::Aes256;
use cbc::cipher::{Block, BlockModeDecrypt, KeyIvInit};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::{Zeroize, Zeroizing};

use super::ContentError;
use super::length::Length;
use crate::envelope::DataKey;
use crate::envelope::metadata::{ContentMetadata, ContentParameters};
use crate::envelope::suite::{AES_BLOCK_BYTES, AES_CBC};

const BLOCK: u64 = AES_BLOCK_BYTES as u64;

type Cipher = cbc::Decryptor<Aes256>;

/// Begins to open an object whose content nothing authenticates.
///
/// The read policy has accepted that by two settings. `body_length` in bytes, if it is known: then
/// it is enforced. Authenticated content is refused: [`open`](super::open) opens it.
pub fn open_unauthenticated(
    metadata: &ContentMetadata,
    key: &DataKey,
    body_length: Option<u64>,
) -> Result<UnauthenticatedOpener, ContentError> {
    let ContentParameters::Cbc { iv } = metadata.content() else {
        return Err(ContentError::Authenticated);
    };
    UnauthenticatedOpener::new(key, iv, body_length)
}

/// Decrypts one object's ciphertext in place. **Nothing proves that it is what was written.**
///
/// The caller keeps the body's last 16 bytes for [`finish`](Self::finish). A failed call abandons
/// the object: every later call fails too.
pub struct UnauthenticatedOpener {
    cipher: Option<Cipher>,
    length: Length,
}

impl UnauthenticatedOpener {
    pub(super) fn new(
        key: &DataKey,
        iv: &[u8; AES_BLOCK_BYTES],
        body_length: Option<u64>,
    ) -> Result<Self, ContentError> {
        let before_last = body_length.map(before_last_block).transpose()?;
        Ok(Self {
            cipher: Some(Cipher::new(key.secret_bytes().into(), iv.into())),
            length: Length::new(AES_CBC.max_plaintext, before_last)?,
        })
    }

    /// Decrypts the next bytes of the body in place: whole blocks of 16, not the last one.
    pub fn update(&mut self, data: &mut [u8]) -> Result<(), ContentError> {
        let mut cipher = self.cipher.take().ok_or(ContentError::Abandoned)?;
        self.length.advance(data.len())?;
        decrypt(&mut cipher, data)?;
        self.cipher = Some(cipher);
        Ok(())
    }

    /// Decrypts the body's last block in place and says how many bytes of it are plaintext, 0 to
    /// 15; the rest was padding. One error for every wrong padding, in constant time.
    pub fn finish(self, last: &mut [u8; AES_BLOCK_BYTES]) -> Result<usize, ContentError> {
        let mut cipher = self.cipher.ok_or(ContentError::Abandoned)?;
        self.length.finish()?;
        cipher.decrypt_block(last.into());
        unpadded(last).ok_or(ContentError::Padding)
    }

    /// Opens a small object in one call: `data` is the whole body, then the whole plaintext. On an
    /// error `data` is wiped and empty.
    pub fn open_whole(mut self, data: &mut Vec<u8>) -> Result<(), ContentError> {
        let got = data.len() as u64;
        let opened = match data.split_last_chunk_mut() {
            Some((body, last)) => self.update(body).and_then(|()| self.finish(last)),
            None => Err(ContentError::NotWholeBlocks { block: BLOCK, got }),
        };
        match opened {
            Ok(left) => {
                // The padding is wiped with what it hides.
                let end = data.len().saturating_sub(AES_BLOCK_BYTES - left);
                data.truncate(end);
                Ok(())
            }
            Err(error) => {
                data.zeroize();
                Err(error)
            }
        }
    }
}

impl fmt::Debug for UnauthenticatedOpener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cipher, length } = self;
        f.debug_struct("UnauthenticatedOpener")
            .field("abandoned", &cipher.is_none())
            .field("length", length)
            .finish()
    }
}

/// Blocks from the middle of a body. The first one comes out wrong unless it is the body's first:
/// it is decrypted for the sake of the next.
pub(super) struct Blocks(Cipher);

impl Blocks {
    pub(super) fn new(key: &DataKey, iv: &[u8; AES_BLOCK_BYTES]) -> Self {
        Self(Cipher::new(key.secret_bytes().into(), iv.into()))
    }

    /// Decrypts the next blocks in place.
    pub(super) fn decrypt(&mut self, data: &mut [u8]) -> Result<(), ContentError> {
        decrypt(&mut self.0, data)
    }
}

fn decrypt(cipher: &mut Cipher, data: &mut [u8]) -> Result<(), ContentError> {
    let got = data.len() as u64;
    let (blocks, rest) = Block::<Cipher>::slice_as_chunks_mut(data);
    if !rest.is_empty() {
        return Err(ContentError::NotWholeBlocks { block: BLOCK, got });
    }
    cipher.decrypt_blocks(blocks);
    Ok(())
}

/// The plaintext's length in bytes for a CBC body of `body_length` bytes that ends in `tail`: the
/// last two blocks, or for a body of one block the content IV and that block.
///
/// As little authenticated as the content is.
pub fn unauthenticated_length(
    key: &DataKey,
    body_length: u64,
    tail: &[u8; 2 * AES_BLOCK_BYTES],
) -> Result<u64, ContentError> {
    let before_last = before_last_block(body_length)?;
    let mut tail = Zeroizing::new(*tail);
    let (iv, last) = tail.split_at_mut(AES_BLOCK_BYTES);
    let iv: &[u8; AES_BLOCK_BYTES] = (&*iv).try_into().map_err(|_| ContentError::Library)?;
    let last: &mut [u8; AES_BLOCK_BYTES] = last.try_into().map_err(|_| ContentError::Library)?;
    Cipher::new(key.secret_bytes().into(), iv.into()).decrypt_block(last.into());
    let left = unpadded(last).ok_or(ContentError::Padding)?;
    Ok(before_last.saturating_add(left as u64))
}

/// What the writer recorded, if a body of `body` bytes can hold so much: padding is 1 to 16 bytes.
pub(super) fn recorded_length(metadata: &ContentMetadata, body: u64) -> Result<u64, ContentError> {
    let least = before_last_block(body)?;
    match metadata.recorded_length() {
        Some(recorded) if (least..body).contains(&recorded) => Ok(recorded),
        _ => Err(ContentError::LengthUnknown),
    }
}

/// The length of a CBC body without its last block.
fn before_last_block(body: u64) -> Result<u64, ContentError> {
    match body.checked_sub(BLOCK) {
        Some(rest) if rest.is_multiple_of(BLOCK) => Ok(rest),
        _ => Err(ContentError::NotWholeBlocks {
            block: BLOCK,
            got: body,
        }),
    }
}

/// How many bytes precede PKCS#7 padding in the last block, if it is padded; in constant time.
fn unpadded(last: &[u8; AES_BLOCK_BYTES]) -> Option<usize> {
    let [.., padding] = *last;
    let block = AES_BLOCK_BYTES.to_le_bytes()[0];
    let mut valid = !padding.ct_eq(&0) & !block.ct_lt(&padding);
    for (from_end, byte) in (0_u8..).zip(last.iter().rev()) {
        let is_padding = from_end.ct_lt(&padding);
        let right = byte.ct_eq(&padding);
        valid &= Choice::conditional_select(&Choice::from(1), &right, is_padding);
    }
    bool::from(valid).then(|| AES_BLOCK_BYTES.saturating_sub(usize::from(padding)))
}
