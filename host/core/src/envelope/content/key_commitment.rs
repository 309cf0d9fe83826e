//! V3: the content key and the commitment, both derived from the data key.
//!
//! HKDF-SHA512 (RFC 5869) with the message id as salt; the infos are the suite id and a label.

use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Prk, Salt};
use subtle::ConstantTimeEq;

use super::ContentError;
use super::keyed::ContentKey;
use crate::envelope::DataKey;
use crate::envelope::suite::{COMMITMENT_BYTES, MESSAGE_ID_BYTES};

const COMMIT_INFO: [&[u8]; 2] = [&[0x00, 0x73], b"COMMITKEY"];
const DERIVE_INFO: [&[u8]; 2] = [&[0x00, 0x73], b"DERIVEKEY"];

/// For writing: the commitment to store, and the content key.
pub(super) fn commit(
    data_key: &DataKey,
    message_id: &[u8; MESSAGE_ID_BYTES],
) -> Result<([u8; COMMITMENT_BYTES], ContentKey), ContentError> {
    let prk = extract(data_key.secret_bytes(), message_id);
    let mut commitment = [0; COMMITMENT_BYTES];
    expand(&prk, &COMMIT_INFO, &mut commitment)?;
    Ok((commitment, content_key(&prk)?))
}

/// For reading: the content key, only if the data key is the one that the envelope commits to.
pub(super) fn verify(
    data_key: &DataKey,
    message_id: &[u8; MESSAGE_ID_BYTES],
    commitment: &[u8; COMMITMENT_BYTES],
) -> Result<ContentKey, ContentError> {
    let prk = extract(data_key.secret_bytes(), message_id);
    let mut expected = [0; COMMITMENT_BYTES];
    expand(&prk, &COMMIT_INFO, &mut expected)?;
    // Compared before the content key exists.
    if !bool::from(expected.as_slice().ct_eq(commitment.as_slice())) {
        return Err(ContentError::Commitment);
    }
    content_key(&prk)
}

fn content_key(prk: &Prk) -> Result<ContentKey, ContentError> {
    let mut key = ContentKey::zeroed();
    expand(prk, &DERIVE_INFO, key.secret_bytes_mut())?;
    Ok(key)
}

pub(super) fn extract(secret: &[u8], salt: &[u8]) -> Prk {
    Salt::new(HKDF_SHA512, salt).extract(secret)
}

pub(super) fn expand(prk: &Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), ContentError> {
    struct Bytes(usize);
    impl KeyType for Bytes {
        fn len(&self) -> usize {
            self.0
        }
    }
    prk.expand(info, Bytes(out.len()))
        .and_then(|okm| okm.fill(out))
        .map_err(|_| ContentError::Library)
}
