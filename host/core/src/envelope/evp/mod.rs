//! AES-256-GCM in place, piece by piece, through aws-lc's EVP interface; and one RSA padding that
//! only that interface has.
//!
//! No safe crate offers incremental GCM at this speed. This module is one of the places where
//! `unsafe` is allowed; nothing outside it touches a pointer.
#![allow(unsafe_code)]

mod rsa_oaep;

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use aws_lc_sys::{
    EVP_CIPHER_CTX, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new,
    EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_TAG, EVP_CipherFinal_ex, EVP_CipherInit_ex,
    EVP_CipherUpdate, EVP_aes_256_gcm,
};

use super::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES};

pub(super) use rsa_oaep::{Mgf1, OaepSha256Key};

/// EVP takes lengths as `int`: longer data goes in pieces, a multiple of the block size.
const PIECE: usize = 1 << 30;

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
pub(super) struct GcmError;

/// One GCM message under way. aws-lc wipes key and state when it is dropped.
pub(super) struct Gcm {
    ctx: NonNull<EVP_CIPHER_CTX>,
}

// SAFETY: the context is owned by this value alone, and aws-lc ties it to no thread.
unsafe impl Send for Gcm {}

impl Gcm {
    /// Starts a message. The library copies `key`, `iv` and `aad`.
    pub(super) fn new(
        direction: Direction,
        key: &[u8; DATA_KEY_BYTES],
        iv: &[u8; GCM_IV_BYTES],
        aad: &[u8],
    ) -> Result<Self, GcmError> {
        // SAFETY: no arguments; null on failure, checked.
        let ctx = unsafe { EVP_CIPHER_CTX_new() };
        let gcm = Self {
            ctx: NonNull::new(ctx).ok_or(GcmError)?,
        };
        let encrypt = c_int::from(direction == Direction::Encrypt);
        // SAFETY: the context is live; the cipher is a static of the library; key and IV have the
        // cipher's lengths (32, and GCM's default of 12) and are read during the call only.
        succeeded(unsafe {
            EVP_CipherInit_ex(
                gcm.ctx.as_ptr(),
                EVP_aes_256_gcm(),
                ptr::null_mut(),
                key.as_ptr(),
                iv.as_ptr(),
                encrypt,
            )
        })?;
        if !aad.is_empty() {
            let length = c_int::try_from(aad.len()).map_err(|_| GcmError)?;
            let mut written: c_int = 0;
            // SAFETY: the context is live; a null output means additional data, of which `length`
            // bytes are read.
            succeeded(unsafe {
                EVP_CipherUpdate(
                    gcm.ctx.as_ptr(),
                    ptr::null_mut(),
                    &raw mut written,
                    aad.as_ptr(),
                    length,
                )
            })?;
        }
        Ok(gcm)
    }

    /// Runs the cipher over `data` in place.
    pub(super) fn update(&mut self, data: &mut [u8]) -> Result<(), GcmError> {
        for piece in data.chunks_mut(PIECE) {
            let length = c_int::try_from(piece.len()).map_err(|_| GcmError)?;
            let mut written: c_int = 0;
            let at = piece.as_mut_ptr();
            // SAFETY: the context is live; input and output are the same `length` bytes, which
            // this borrow owns. GCM writes as many bytes as it reads, and allows full overlap.
            succeeded(unsafe {
                EVP_CipherUpdate(self.ctx.as_ptr(), at, &raw mut written, at, length)
            })?;
            if written != length {
                return Err(GcmError);
            }
        }
        Ok(())
    }

    /// Ends an encryption: the tag.
    pub(super) fn tag(self) -> Result<[u8; GCM_TAG_BYTES], GcmError> {
        let mut tag = [0; GCM_TAG_BYTES];
        self.finish()?;
        self.control(EVP_CTRL_AEAD_GET_TAG, &mut tag)?;
        Ok(tag)
    }

    /// Ends a decryption: whether `tag` is the message's, compared in constant time by aws-lc.
    pub(super) fn verify(self, tag: &[u8; GCM_TAG_BYTES]) -> Result<bool, GcmError> {
        let mut tag = *tag;
        self.control(EVP_CTRL_AEAD_SET_TAG, &mut tag)?;
        Ok(self.finish().is_ok())
    }

    fn finish(&self) -> Result<(), GcmError> {
        let mut rest = [0_u8; GCM_TAG_BYTES];
        let mut written: c_int = 0;
        // SAFETY: the context is live; GCM writes nothing here, and `rest` is a whole block.
        succeeded(unsafe {
            EVP_CipherFinal_ex(self.ctx.as_ptr(), rest.as_mut_ptr(), &raw mut written)
        })
    }

    fn control(&self, command: c_int, tag: &mut [u8; GCM_TAG_BYTES]) -> Result<(), GcmError> {
        let length = c_int::try_from(tag.len()).map_err(|_| GcmError)?;
        // SAFETY: the context is live; both commands read or write `length` bytes at the pointer.
        succeeded(unsafe {
            EVP_CIPHER_CTX_ctrl(self.ctx.as_ptr(), command, length, tag.as_mut_ptr().cast())
        })
    }
}

impl Drop for Gcm {
    fn drop(&mut self) {
        // SAFETY: the context came from `EVP_CIPHER_CTX_new` and is freed once. Freeing wipes it.
        unsafe { EVP_CIPHER_CTX_free(self.ctx.as_ptr()) }
    }
}

/// EVP returns 1 for success and 0 (or less) for failure.
fn succeeded(status: c_int) -> Result<(), GcmError> {
    if status == 1 { Ok(()) } else { Err(GcmError) }
}

#[cfg(test)]
mod tests;
