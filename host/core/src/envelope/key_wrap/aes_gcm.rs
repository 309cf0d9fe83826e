//! `AES/GCM`: IV, ciphertext, tag; the content algorithm's name is the AAD.

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, aes::Aes192};
use zeroize::Zeroizing;

use super::KeyWrapError;
use crate::envelope::randomness::fill_nonzero;
use crate::envelope::suite::{
    AES_GCM_WRAPPED_BYTES, AlgorithmSuite, DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES, KeyWrap,
    WrapAlgorithm,
};
use crate::envelope::{DataKey, Randomness};
use crate::materials::AesKey;

type Aes192Gcm = AesGcm<Aes192, U12>;

const ALGORITHM: KeyWrap = KeyWrap::Authenticated(WrapAlgorithm::AesGcm);

pub(super) fn wrap(
    key: &AesKey,
    suite: &AlgorithmSuite,
    data_key: &DataKey,
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, KeyWrapError> {
    let mut iv = [0; GCM_IV_BYTES];
    fill_nonzero(randomness, "wrap's IV", &mut iv)?;
    let mut payload = Zeroizing::new(data_key.secret_bytes().to_vec());
    let tag = encrypt(key.secret_bytes(), &iv, suite.binding(), &mut payload).ok_or(
        KeyWrapError::Library {
            algorithm: ALGORITHM,
        },
    )?;
    let mut wrapped = Vec::with_capacity(AES_GCM_WRAPPED_BYTES);
    wrapped.extend_from_slice(&iv);
    wrapped.extend_from_slice(&payload);
    wrapped.extend_from_slice(&tag);
    Ok(wrapped)
}

pub(super) fn unwrap(
    key: &AesKey,
    suite: &AlgorithmSuite,
    wrapped: &[u8],
) -> Result<DataKey, KeyWrapError> {
    let length = || KeyWrapError::WrappedLength {
        algorithm: ALGORITHM,
        expected: AES_GCM_WRAPPED_BYTES,
        got: wrapped.len(),
    };
    if wrapped.len() != AES_GCM_WRAPPED_BYTES {
        return Err(length());
    }
    let (iv, rest) = wrapped.split_first_chunk().ok_or_else(length)?;
    let (payload, tag) = rest.split_last_chunk().ok_or_else(length)?;
    let mut payload = Zeroizing::new(payload.to_vec());
    decrypt(key.secret_bytes(), iv, suite.binding(), &mut payload, tag).ok_or(
        KeyWrapError::NotAuthentic {
            algorithm: ALGORITHM,
        },
    )?;
    DataKey::copy_from(&payload).ok_or(KeyWrapError::DataKeyLength {
        expected: DATA_KEY_BYTES,
        got: payload.len(),
    })
}

/// Encrypts in place; `None` for a key length that AES does not have.
pub(super) fn encrypt(
    key: &[u8],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
) -> Option<[u8; GCM_TAG_BYTES]> {
    fn with<C: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16> + KeyInit>(
        key: &[u8],
        iv: &[u8; GCM_IV_BYTES],
        aad: &[u8],
        data: &mut [u8],
    ) -> Option<[u8; GCM_TAG_BYTES]> {
        let cipher = C::new_from_slice(key).ok()?;
        let tag = cipher
            .encrypt_inout_detached(&Array(*iv), aad, data.into())
            .ok()?;
        Some(tag.into())
    }
    match key.len() {
        16 => with::<Aes128Gcm>(key, iv, aad, data),
        24 => with::<Aes192Gcm>(key, iv, aad, data),
        32 => with::<Aes256Gcm>(key, iv, aad, data),
        _ => None,
    }
}

/// Decrypts in place; `None` unless the tag is right, compared in constant time by the crate.
pub(super) fn decrypt(
    key: &[u8],
    iv: &[u8; GCM_IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
    tag: &[u8; GCM_TAG_BYTES],
) -> Option<()> {
    fn with<C: AeadInOut<NonceSize = U12, TagSize = aes_gcm::aead::consts::U16> + KeyInit>(
        key: &[u8],
        iv: &[u8; GCM_IV_BYTES],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; GCM_TAG_BYTES],
    ) -> Option<()> {
        let cipher = C::new_from_slice(key).ok()?;
        cipher
            .decrypt_inout_detached(&Array(*iv), aad, data.into(), &Array(*tag))
            .ok()
    }
    match key.len() {
        16 => with::<Aes128Gcm>(key, iv, aad, data, tag),
        24 => with::<Aes192Gcm>(key, iv, aad, data, tag),
        32 => with::<Aes256Gcm>(key, iv, aad, data, tag),
        _ => None,
    }
}
