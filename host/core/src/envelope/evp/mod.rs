//! AES-256 in place through aws-lc's EVP interfaces: GCM piece by piece, GCM in one call, GCM from any
//! block of a message, counter mode, single blocks; and one RSA padding that only they have.
//!
//! No safe crate offers incremental GCM at this speed. This module is one of the places where
//! `unsafe` is allowed; nothing outside it touches a pointer.
#![allow(unsafe_code)]

mod context;
mod message;
mod rsa_oaep;
mod segment;

use super::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES};
use context::{Cipher, Context};
pub(super) use message::{open_message, seal_message};
pub(super) use rsa_oaep::{Mgf1, OaepSha256Key};
pub(super) use segment::{Block, Blocks, Keystream, SegmentGcm};

/// Which way a context runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Plaintext to ciphertext.
    Encrypt,
    /// Ciphertext to plaintext, unverified until [`Gcm::verify`].
    Decrypt,
}

/// The library refused a call that is right by construction: out of memory, or a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CipherError;

/// One GCM message under way, in order. aws-lc wipes key and state when it is dropped.
pub(super) struct Gcm(Context);

impl Gcm {
    /// Starts a message. The library copies `key`, `iv` and `aad`.
    pub(super) fn new(
        direction: Direction,
        key: &[u8; DATA_KEY_BYTES],
        iv: &[u8; GCM_IV_BYTES],
        aad: &[u8],
    ) -> Result<Self, CipherError> {
        let mut context = Context::new(Cipher::Gcm, direction, key, iv)?;
        context.authenticate(aad)?;
        Ok(Self(context))
    }

    /// Runs the cipher over `data` in place.
    pub(super) fn update(&mut self, data: &mut [u8]) -> Result<(), CipherError> {
        self.0.update(data)
    }

    /// Ends an encryption: the tag.
    pub(super) fn tag(mut self) -> Result<[u8; GCM_TAG_BYTES], CipherError> {
        self.0.finish()?;
        self.0.tag()
    }

    /// Ends a decryption: whether `tag` is the message's, compared in constant time by aws-lc.
    pub(super) fn verify(mut self, tag: &[u8; GCM_TAG_BYTES]) -> Result<bool, CipherError> {
        self.0.expect_tag(tag)?;
        Ok(self.0.finish().is_ok())
    }
}

#[cfg(test)]
mod tests;
