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
    let mut memory = Memory::new();
    let context = memory.init(key)?;
    let mut tag = [0; GCM_TAG_BYTES];
    let mut tag_length = 0;
    let (at, length) = (data.as_mut_ptr(), data.len());
    // SAFETY: the context has a key. Input and output are the same `length` bytes, which this
    // borrow owns, as the interface allows; tag, IV and additional data have the lengths that are
    // given, and there is no extra input.
    succeeded(unsafe {
        EVP_AEAD_CTX_seal_scatter(
            context.as_ptr(),
            at,
            tag.as_mut_ptr(),
            &raw mut tag_length,
            tag.len(),
            iv.as_ptr(),
            iv.len(),
            at,
            length,
            ptr::null(),
            0,
            aad.as_ptr(),
            aad.len(),
        )
    })?;
    if tag_length == tag.len() {
        Ok(tag)
    } else {
        Err(CipherError)
    }
}

/// Decrypts a message in place; says whether the tag is its own, compared in constant time by
/// aws-lc. If it is not, `data` has nothing of use.
pub(in crate::envelope) fn open_message(
    key: &[u8; DATA_KEY_BYTES],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
    tag: &[u8; GCM_TAG_BYTES],
) -> Result<bool, CipherError> {
    let mut memory = Memory::new();
    let context = memory.init(key)?;
    let (at, length) = (data.as_mut_ptr(), data.len());
    // SAFETY: as above; the tag is read.
    let opened = succeeded(unsafe {
        EVP_AEAD_CTX_open_gather(
            context.as_ptr(),
            at,
            iv.as_ptr(),
            iv.len(),
            at,
            length,
            tag.as_ptr(),
            tag.len(),
            aad.as_ptr(),
            aad.len(),
        )
    });
    Ok(opened.is_ok())
}

/// Where a context is. It stays in one place, since its state is aligned to that, and is wiped
/// here: the library leaves the expanded key in it.
struct Memory(MaybeUninit<EVP_AEAD_CTX>);

/// A context with its key set.
struct Keyed<'m>(&'m mut Memory);

impl Memory {
    fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    fn init(&mut self, key: &[u8; DATA_KEY_BYTES]) -> Result<Keyed<'_>, CipherError> {
        // SAFETY: the memory is large enough for a context, of which nothing is read; the cipher is
        // a static of the library, whose tags are as long as is asked for; the key has its length.
        succeeded(unsafe {
            EVP_AEAD_CTX_init(
                self.0.as_mut_ptr(),
                EVP_aead_aes_256_gcm(),
                key.as_ptr(),
                key.len(),
                GCM_TAG_BYTES,
                ptr::null_mut(),
            )
        })?;
        Ok(Keyed(self))
    }
}

impl Keyed<'_> {
    fn as_ptr(&self) -> *const EVP_AEAD_CTX {
        self.0.0.as_ptr()
    }
}

impl Drop for Keyed<'_> {
    fn drop(&mut self) {
        // SAFETY: the context was initialized, and this is its end.
        unsafe { EVP_AEAD_CTX_cleanup(self.0.0.as_mut_ptr()) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the memory is this value's, and any bytes may be in it.
        unsafe { OPENSSL_cleanse(self.0.as_mut_ptr().cast(), size_of::<EVP_AEAD_CTX>()) }
    }
}
