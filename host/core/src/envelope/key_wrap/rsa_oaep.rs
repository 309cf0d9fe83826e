//! `RSA-OAEP-SHA1`: the payload is one length byte, the data key, and the content algorithm's
//! name; the label is empty.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey};
use provost_plugin_api::SecretBytes;
use zeroize::Zeroizing;

use super::KeyWrapError;
use crate::envelope::DataKey;
use crate::envelope::suite::{AlgorithmSuite, DATA_KEY_BYTES, KeyWrap, WrapAlgorithm};
use crate::materials::RsaKey;

const ALGORITHM: KeyWrap = KeyWrap::Authenticated(WrapAlgorithm::RsaOaepSha1);

pub(super) fn wrap(
    key: &RsaKey,
    suite: &AlgorithmSuite,
    data_key: &DataKey,
) -> Result<Vec<u8>, KeyWrapError> {
    let payload = compose_payload(suite, data_key);
    let mut wrapped = vec![0; key.modulus_bytes()];
    let written = key
        .public()
        .encrypt(
            &OAEP_SHA1_MGF1SHA1,
            payload.secret_bytes(),
            &mut wrapped,
            None,
        )
        .map_err(|_| KeyWrapError::Library {
            algorithm: ALGORITHM,
        })?
        .len();
    wrapped.truncate(written);
    Ok(wrapped)
}

pub(super) fn unwrap(
    key: &RsaKey,
    suite: &'static AlgorithmSuite,
    wrapped: &[u8],
) -> Result<DataKey, KeyWrapError> {
    let private = key.private().ok_or(KeyWrapError::NoPrivateKey)?;
    if wrapped.len() != key.modulus_bytes() {
        return Err(KeyWrapError::WrappedLength {
            algorithm: ALGORITHM,
            expected: key.modulus_bytes(),
            got: wrapped.len(),
        });
    }
    let payload = decrypt(private, wrapped).ok_or(KeyWrapError::NotAuthentic {
        algorithm: ALGORITHM,
    })?;
    take_payload(suite, &payload)
}

/// OAEP alone; `None` if the padding is wrong. One error for all reasons, in constant time.
pub(super) fn decrypt(
    private: &OaepPrivateDecryptingKey,
    wrapped: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut payload = Zeroizing::new(vec![0; private.min_output_size()]);
    let length = private
        .decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut payload, None)
        .ok()?
        .len();
    payload.truncate(length);
    Some(payload)
}

/// What RSA wraps: `len(key)`, the key, the binding string.
pub(super) fn compose_payload(suite: &AlgorithmSuite, data_key: &DataKey) -> SecretBytes {
    let mut payload = Vec::with_capacity(1 + DATA_KEY_BYTES + suite.binding().len());
    payload.push(DATA_KEY_BYTES.to_le_bytes()[0]);
    payload.extend_from_slice(data_key.secret_bytes());
    payload.extend_from_slice(suite.binding());
    SecretBytes::new(payload)
}

/// Takes the data key out of the payload; all that follows it must be the binding string.
pub(super) fn take_payload(
    suite: &'static AlgorithmSuite,
    payload: &[u8],
) -> Result<DataKey, KeyWrapError> {
    let wrong_length = |got| KeyWrapError::DataKeyLength {
        expected: DATA_KEY_BYTES,
        got,
    };
    let (length, rest) = payload.split_first().ok_or_else(|| wrong_length(0))?;
    let length = usize::from(*length);
    if length != DATA_KEY_BYTES {
        return Err(wrong_length(length));
    }
    let (key, binding) = rest
        .split_at_checked(DATA_KEY_BYTES)
        .ok_or_else(|| wrong_length(rest.len()))?;
    if binding != suite.binding() {
        return Err(KeyWrapError::Binding {
            expected: suite.name,
        });
    }
    DataKey::copy_from(key).ok_or_else(|| wrong_length(key.len()))
}
