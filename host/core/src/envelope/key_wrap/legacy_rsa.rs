//! Wraps under an RSA key that were written once: OAEP with SHA-256, and before it PKCS#1 v1.5.
//! Read only.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use zeroize::Zeroizing;

use super::{KeyWrapError, copied, not_authentic};
use crate::envelope::DataKey;
use crate::envelope::evp::{Mgf1, OaepSha256Key};
use crate::envelope::suite::{DATA_KEY_BYTES, KeyWrap, LegacyWrap};
use crate::materials::RsaKey;

/// The payload is the data key alone. The mask is SHA-1's, as Java has it; `BouncyCastle` takes
/// SHA-256 under the same name, so that is tried after it.
pub(super) fn unwrap_oaep_sha256(key: &RsaKey, wrapped: &[u8]) -> Result<DataKey, KeyWrapError> {
    const WRAP: KeyWrap = KeyWrap::Legacy(LegacyWrap::RsaOaepSha256);
    let pkcs8 = private_half(WRAP, key, wrapped)?;
    let private =
        OaepSha256Key::from_pkcs8(pkcs8).ok_or(KeyWrapError::Library { algorithm: WRAP })?;
    let payload = private
        .decrypt(wrapped, Mgf1::Sha1)
        .or_else(|| private.decrypt(wrapped, Mgf1::Sha256))
        .ok_or(not_authentic(WRAP))?;
    copied(&payload)
}

/// V1's. Whoever may submit objects and see which of them fail here can, in enough tries, undo
/// what was once wrapped (Bleichenbacher 1998): so all reasons are one error, a length that no
/// data key has among them, and nothing of this is read but where the operator says so.
pub(super) fn unwrap_pkcs1(key: &RsaKey, wrapped: &[u8]) -> Result<DataKey, KeyWrapError> {
    const WRAP: KeyWrap = KeyWrap::Legacy(LegacyWrap::V1);
    let pkcs8 = private_half(WRAP, key, wrapped)?;
    let private = pkcs1_key(pkcs8).ok_or(KeyWrapError::Library { algorithm: WRAP })?;
    let payload = pkcs1_decrypt(&private, wrapped).ok_or(not_authentic(WRAP))?;
    if payload.len() != DATA_KEY_BYTES {
        return Err(not_authentic(WRAP));
    }
    copied(&payload)
}

pub(super) fn pkcs1_key(pkcs8: &[u8]) -> Option<Pkcs1PrivateDecryptingKey> {
    Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?).ok()
}

/// The padding alone; `None` if it is wrong, in constant time.
pub(super) fn pkcs1_decrypt(
    private: &Pkcs1PrivateDecryptingKey,
    wrapped: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut payload = Zeroizing::new(vec![0; private.min_output_size()]);
    let length = private.decrypt(wrapped, &mut payload).ok()?.len();
    payload.truncate(length);
    Some(payload)
}

fn private_half<'k>(
    algorithm: KeyWrap,
    key: &'k RsaKey,
    wrapped: &[u8],
) -> Result<&'k [u8], KeyWrapError> {
    let pkcs8 = key.private_pkcs8().ok_or(KeyWrapError::NoPrivateKey)?;
    if wrapped.len() == key.modulus_bytes() {
        return Ok(pkcs8.secret_bytes());
    }
    Err(KeyWrapError::WrappedLength {
        algorithm,
        expected: key.modulus_bytes(),
        got: wrapped.len(),
    })
}
