//! A whole GCM message in one call: for a small one, setting up an EVP cipher takes longer than
//! running it.

use std::mem::MaybeUninit;
use std::ptr;

use aws_lc_sys::{
    EVP_AEAD_CTX, EVP_AEAD_CTX_cleanup, EVP_AEAD_CTX_init, EVP_AEAD_CTX_open_gather,
    EVP_AEAD_CTX_seal_scatter, EVP_aead_aes_256_gcm, OPENSSL_cleanse,
};

use super::CipherError;
use super::context::succeeded;
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES};

/// Encrypts a message in place; returns its tag.
pub(in crate::envelope) fn seal_message(
    key: &[u8; DATA_KEY_BYTES],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
) -> Result<[u8; GCM_TAG_BYTES], CipherError> {
    let mut memory = MaybeUninit::uninit();
    let cipher = Aead::new(&mut memory, key)?;
    let mut tag = [0; GCM_TAG_BYTES];
    let mut written = 0;
    let at = data.as_mut_ptr();
    // SAFETY: the context is live. Input and output are the same `data.len()` bytes, which this
    // borrow owns and the function allows; `tag` is another buffer, of the length given. IV and
    // additional data are read, for their lengths; there is no extra input.
    succeeded(unsafe {
        EVP_AEAD_CTX_seal_scatter(
            cipher.0.as_ptr(),
            at,
            tag.as_mut_ptr(),
            &raw mut written,
            tag.len(),
            iv.as_ptr(),
            iv.len(),
            at,
            data.len(),
            ptr::null(),
            0,
            aad.as_ptr(),
            aad.len(),
        )
    })?;
    if written == tag.len() {
        Ok(tag)
    } else {
        Err(CipherError)
    }
}

/// Decrypts a body, which ends in its tag, in place; says whether the tag is its own, compared in
/// constant time by aws-lc. If it is not, `body` has nothing of use.
pub(in crate::envelope) fn open_message(
    key: &[u8; DATA_KEY_BYTES],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    body: &mut [u8],
) -> Result<bool, CipherError> {
    let Some((ciphertext, tag)) = body.split_last_chunk_mut::<GCM_TAG_BYTES>() else {
        return Ok(false);
    };
    let mut memory = MaybeUninit::uninit();
    let cipher = Aead::new(&mut memory, key)?;
    let at = ciphertext.as_mut_ptr();
    // SAFETY: as in `seal_message`; `tag` is read.
    let status = unsafe {
        EVP_AEAD_CTX_open_gather(
            cipher.0.as_ptr(),
            at,
            iv.as_ptr(),
            iv.len(),
            at,
            ciphertext.len(),
            tag.as_ptr(),
            tag.len(),
            aad.as_ptr(),
            aad.len(),
        )
    };
    Ok(status == 1)
}

/// A context with its key set, in the caller's memory, where it stays: to have it on a heap takes a
/// tenth of the time that a message of 1 KiB takes. Wiped when dropped.
struct Aead<'m>(&'m mut MaybeUninit<EVP_AEAD_CTX>);

impl<'m> Aead<'m> {
    fn new(
        memory: &'m mut MaybeUninit<EVP_AEAD_CTX>,
        key: &[u8; DATA_KEY_BYTES],
    ) -> Result<Self, CipherError> {
        // Made first: what a call that fails has written is wiped too.
        let context = Self(memory);
        // SAFETY: the context is memory of its type, which the call initializes. The key is read,
        // for its length. A tag length of 0 is the algorithm's own; the last argument is unused.
        succeeded(unsafe {
            EVP_AEAD_CTX_init(
                context.0.as_mut_ptr(),
                EVP_aead_aes_256_gcm(),
                key.as_ptr(),
                key.len(),
                0,
                ptr::null_mut(),
            )
        })?;
        Ok(context)
    }
}

impl Drop for Aead<'_> {
    fn drop(&mut self) {
        let context = self.0.as_mut_ptr();
        // SAFETY: the call that initializes the context was made: one that succeeds leaves what may
        // be cleaned up, and so does one that fails, as its documentation has it. Nothing uses the
        // context afterwards, and its bytes are the caller's to overwrite.
        unsafe {
            EVP_AEAD_CTX_cleanup(context);
            OPENSSL_cleanse(context.cast(), size_of::<EVP_AEAD_CTX>());
        }
    }
}
