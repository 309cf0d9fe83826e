//! Wraps under an AES key that were written once: RFC 3394 key wrap, and before it AES-ECB with
//! PKCS#7 padding. Read only.

use aes_gcm::aes::{Aes128, Aes192, Aes256};
use aes_kw::{AesKw, InnerInit as _};
use cbc::cipher::consts::U16;
use cbc::cipher::{Block, BlockCipherDecrypt, KeyInit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{KeyWrapError, copied, not_authentic};
use crate::envelope::DataKey;
use crate::envelope::suite::{
    AES_BLOCK_BYTES, AES_ECB_WRAPPED_BYTES, AES_WRAP_WRAPPED_BYTES, DATA_KEY_BYTES, KeyWrap,
    LegacyWrap,
};
use crate::materials::AesKey;

/// RFC 3394 with its default initial value, which authenticates by 64 bits.
pub(super) fn unwrap_aes_wrap(key: &AesKey, wrapped: &[u8]) -> Result<DataKey, KeyWrapError> {
    const WRAP: KeyWrap = KeyWrap::Legacy(LegacyWrap::AesWrap);
    check_length(WRAP, AES_WRAP_WRAPPED_BYTES, wrapped)?;
    let payload = aes_wrap_decrypt(key.secret_bytes(), wrapped).ok_or(not_authentic(WRAP))?;
    copied(&payload)
}

/// V1's: three blocks on their own, of which the last is padding whole. Nothing authenticates the
/// other two.
pub(super) fn unwrap_ecb(key: &AesKey, wrapped: &[u8]) -> Result<DataKey, KeyWrapError> {
    const WRAP: KeyWrap = KeyWrap::Legacy(LegacyWrap::V1);
    check_length(WRAP, AES_ECB_WRAPPED_BYTES, wrapped)?;
    let mut payload = Zeroizing::new(wrapped.to_vec());
    ecb_decrypt(key.secret_bytes(), &mut payload).ok_or(not_authentic(WRAP))?;
    let (data_key, padding) = payload
        .split_at_checked(DATA_KEY_BYTES)
        .ok_or(not_authentic(WRAP))?;
    // A data key fills its blocks, so its padding is a block of sixteens.
    let sixteens = [AES_BLOCK_BYTES.to_le_bytes()[0]; AES_BLOCK_BYTES];
    if !bool::from(padding.ct_eq(&sixteens)) {
        return Err(not_authentic(WRAP));
    }
    copied(data_key)
}

/// `None` unless the check value is right. RFC 3394 wraps two half blocks or more; the crate takes
/// less.
pub(super) fn aes_wrap_decrypt(key: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    fn with<C: KeyInit + BlockCipherDecrypt<BlockSize = U16>>(
        key: &[u8],
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = AesKw::inner_init(C::new_from_slice(key).ok()?);
        let mut payload = Zeroizing::new(vec![0; wrapped.len()]);
        let length = cipher.unwrap_key(wrapped, &mut payload).ok()?.len();
        payload.truncate(length);
        Some(payload)
    }
    if wrapped.len() < 24 {
        return None;
    }
    match key.len() {
        16 => with::<Aes128>(key, wrapped),
        24 => with::<Aes192>(key, wrapped),
        32 => with::<Aes256>(key, wrapped),
        _ => None,
    }
}

/// Decrypts whole blocks in place.
fn ecb_decrypt(key: &[u8], data: &mut [u8]) -> Option<()> {
    fn with<C: KeyInit + BlockCipherDecrypt>(key: &[u8], data: &mut [u8]) -> Option<()> {
        let cipher = C::new_from_slice(key).ok()?;
        let (blocks, rest) = Block::<C>::slice_as_chunks_mut(data);
        cipher.decrypt_blocks(blocks);
        rest.is_empty().then_some(())
    }
    match key.len() {
        16 => with::<Aes128>(key, data),
        24 => with::<Aes192>(key, data),
        32 => with::<Aes256>(key, data),
        _ => None,
    }
}

fn check_length(algorithm: KeyWrap, expected: usize, wrapped: &[u8]) -> Result<(), KeyWrapError> {
    let got = wrapped.len();
    if got == expected {
        return Ok(());
    }
    Err(KeyWrapError::WrappedLength {
        algorithm,
        expected,
        got,
    })
}
