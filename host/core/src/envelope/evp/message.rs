//! A whole GCM message in one call: for a small one, setting up an EVP cipher takes longer than
//! running it.
//!
//! Safe code, since aws-lc-rs has this. Its context is on aws-lc's heap, which wipes what it frees.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::CipherError;
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES};

/// Encrypts a message in place; returns its tag.
pub(in crate::envelope) fn seal_message(
    key: &[u8; DATA_KEY_BYTES],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
) -> Result<[u8; GCM_TAG_BYTES], CipherError> {
    let nonce = Nonce::assume_unique_for_key(*iv);
    let tag = cipher(key)?.seal_in_place_separate_tag(nonce, Aad::from(aad), data);
    let tag = tag.map_err(|_| CipherError)?;
    tag.as_ref().try_into().map_err(|_| CipherError)
}

/// Decrypts a body, which ends in its tag, in place; says whether the tag is its own, compared in
/// constant time by aws-lc. If it is not, `body` has nothing of use.
pub(in crate::envelope) fn open_message(
    key: &[u8; DATA_KEY_BYTES],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    body: &mut [u8],
) -> Result<bool, CipherError> {
    let nonce = Nonce::assume_unique_for_key(*iv);
    let opened = cipher(key)?.open_in_place(nonce, Aad::from(aad), body);
    Ok(opened.is_ok())
}

fn cipher(key: &[u8; DATA_KEY_BYTES]) -> Result<LessSafeKey, CipherError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CipherError)?;
    Ok(LessSafeKey::new(key))
}
