//! What GCM over segments of a message is made of.

use super::context::{Cipher, Context};
use super::{CipherError, Direction};
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_TAG_BYTES};

/// A block of AES.
pub(in crate::envelope) type Block = [u8; 16];

/// GCM with IVs of 16 bytes, one message after the other under the same key. Such an IV is hashed
/// into the first counter block, so that the right IV starts the counter anywhere.
pub(in crate::envelope) struct SegmentGcm(Context);

impl SegmentGcm {
    /// Sets the key.
    pub(in crate::envelope) fn new(key: &[u8; DATA_KEY_BYTES]) -> Result<Self, CipherError> {
        // Each message brings its own IV.
        let unused = Block::default();
        Context::new(Cipher::GcmHashedIv, Direction::Encrypt, key, &unused).map(Self)
    }

    /// Begins a message, whatever became of the one before.
    pub(in crate::envelope) fn start(
        &mut self,
        direction: Direction,
        iv: &Block,
    ) -> Result<(), CipherError> {
        self.0.restart(direction, iv)
    }

    /// Runs the cipher over `data` in place.
    pub(in crate::envelope) fn update(&mut self, data: &mut [u8]) -> Result<(), CipherError> {
        self.0.update(data)
    }

    /// Ends the message, in either direction: the tag of what came through, compared with nothing.
    ///
    /// A decryption has no such call. Turning the context around before its end makes it one that
    /// encrypts, whose tag may be had: undocumented, in aws-lc as in OpenSSL, and so held by tests.
    pub(in crate::envelope) fn tag(&mut self) -> Result<[u8; GCM_TAG_BYTES], CipherError> {
        self.0.turn(Direction::Encrypt)?;
        self.0.finish()?;
        self.0.tag()
    }
}

/// Counter mode.
pub(in crate::envelope) struct Keystream(Context);

impl Keystream {
    /// Sets the key.
    pub(in crate::envelope) fn new(key: &[u8; DATA_KEY_BYTES]) -> Result<Self, CipherError> {
        Context::new(Cipher::Ctr, Direction::Encrypt, key, &Block::default()).map(Self)
    }

    /// Goes to this counter block.
    pub(in crate::envelope) fn start(&mut self, counter: &Block) -> Result<(), CipherError> {
        self.0.restart(Direction::Encrypt, counter)
    }

    /// Encrypts or decrypts `data` in place, which is the same.
    pub(in crate::envelope) fn update(&mut self, data: &mut [u8]) -> Result<(), CipherError> {
        self.0.update(data)
    }
}

/// AES itself, on single blocks.
pub(in crate::envelope) struct Blocks(Context);

impl Blocks {
    /// Sets the key.
    pub(in crate::envelope) fn new(key: &[u8; DATA_KEY_BYTES]) -> Result<Self, CipherError> {
        Context::new(Cipher::Ecb, Direction::Encrypt, key, &[]).map(Self)
    }

    /// The encrypted block.
    pub(in crate::envelope) fn encrypt(&mut self, mut block: Block) -> Result<Block, CipherError> {
        self.0.update(&mut block)?;
        Ok(block)
    }
}
