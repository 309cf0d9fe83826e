//! Wrapping and unwrapping data keys. S3EC format, section 4.
//!
//! A key in this process goes through [`wrap`] and [`unwrap`]. For a provider-held key the host
//! composes what the provider is asked to wrap, so that the result is the same on the wire:
//! [`compose_wrap`], [`compose_generate`], [`compose_unwrap`].

mod aes_gcm;
mod error;
mod provider_held;
mod rsa_oaep;

use provost_plugin_api::MaterialsDescription;

use super::suite::{
    AES_GCM_WRAPPED_BYTES, AlgorithmSuite, RSA_MAX_WRAPPED_BYTES, RSA_MIN_WRAPPED_BYTES,
    WrapAlgorithm, WriteFormat,
};
use super::{DataKey, Randomness};
use crate::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};

pub use error::KeyWrapError;
pub use provider_held::{
    ComposedGenerate, ComposedUnwrap, ComposedWrap, compose_generate, compose_unwrap, compose_wrap,
};

/// The encrypted data key: a data key as it is stored, and all that its unwrapping depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedDataKey {
    pub(super) suite: &'static AlgorithmSuite,
    pub(super) algorithm: WrapAlgorithm,
    pub(super) bytes: Vec<u8>,
}

impl EncryptedDataKey {
    /// The content suite that the wrap is bound to.
    pub fn suite(&self) -> &'static AlgorithmSuite {
        self.suite
    }

    /// How the data key is wrapped.
    pub fn algorithm(&self) -> WrapAlgorithm {
        self.algorithm
    }

    /// The wrapped bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A data key with its wrapped form, ready to seal one object.
#[derive(Debug)]
pub struct WrappedDataKey {
    pub(super) key: DataKey,
    pub(super) format: WriteFormat,
    pub(super) encrypted: EncryptedDataKey,
    pub(super) description: MaterialsDescription,
}

impl WrappedDataKey {
    fn new(
        key: DataKey,
        format: WriteFormat,
        algorithm: WrapAlgorithm,
        bytes: Vec<u8>,
        description: MaterialsDescription,
    ) -> Self {
        let suite = format.suite();
        Self {
            key,
            format,
            encrypted: EncryptedDataKey {
                suite,
                algorithm,
                bytes,
            },
            description,
        }
    }

    /// What will be stored.
    pub fn encrypted(&self) -> &EncryptedDataKey {
        &self.encrypted
    }

    /// What will be stored as the description, additions of the wrap included.
    pub fn description(&self) -> &MaterialsDescription {
        &self.description
    }

    /// Whether `unwrapped` is the data key that was wrapped; in constant time. For the proof
    /// before the first write.
    pub fn unwraps_to(&self, unwrapped: &DataKey) -> bool {
        self.key == *unwrapped
    }
}

/// Wraps `key` with a key in this process.
///
/// `randomness` gives the IV of `AES/GCM`; the padding of `RSA-OAEP-SHA1` takes its seed from
/// aws-lc's own generator.
pub fn wrap(
    materials: &EncryptionMaterials,
    format: WriteFormat,
    key: DataKey,
    randomness: &mut dyn Randomness,
) -> Result<WrappedDataKey, KeyWrapError> {
    let suite = format.suite();
    let wrapping = materials.wrapping_key();
    let bytes = match wrapping {
        WrappingKey::Aes(aes) => aes_gcm::wrap(aes, suite, &key, randomness)?,
        WrappingKey::Rsa(rsa) => rsa_oaep::wrap(rsa, suite, &key)?,
        WrappingKey::Kms(_) => return Err(KeyWrapError::KmsNotSupported),
        WrappingKey::ProviderHeld(_) => {
            return Err(KeyWrapError::WrongPlace {
                kind: wrapping.kind(),
                expected: "a key in this process",
            });
        }
    };
    let description = materials.description().clone();
    Ok(WrappedDataKey::new(
        key,
        format,
        wrapping.algorithm(),
        bytes,
        description,
    ))
}

/// Unwraps `stored` with a key in this process.
pub fn unwrap(
    materials: &DecryptionMaterials,
    stored: &EncryptedDataKey,
) -> Result<DataKey, KeyWrapError> {
    let wrapping = materials.wrapping_key();
    check_fits(wrapping, stored)?;
    match wrapping {
        WrappingKey::Aes(aes) => aes_gcm::unwrap(aes, stored.suite, &stored.bytes),
        WrappingKey::Rsa(rsa) => rsa_oaep::unwrap(rsa, stored.suite, &stored.bytes),
        WrappingKey::Kms(_) => Err(KeyWrapError::KmsNotSupported),
        WrappingKey::ProviderHeld(_) => Err(KeyWrapError::WrongPlace {
            kind: wrapping.kind(),
            expected: "a key in this process",
        }),
    }
}

/// An AES key is never tried on an RSA block, nor the other way round: the stored name is from
/// the object, the key's kind from the operator.
fn check_fits(wrapping: &WrappingKey, stored: &EncryptedDataKey) -> Result<(), KeyWrapError> {
    if wrapping.algorithm() == stored.algorithm {
        return Ok(());
    }
    Err(KeyWrapError::KeyDoesNotFit {
        stored: stored.algorithm,
        kind: wrapping.kind(),
        offered: wrapping.algorithm(),
    })
}

/// The lengths that `algorithm` can produce, without knowing the key.
pub(super) fn wrapped_bytes(algorithm: WrapAlgorithm) -> std::ops::RangeInclusive<usize> {
    match algorithm {
        WrapAlgorithm::AesGcm => AES_GCM_WRAPPED_BYTES..=AES_GCM_WRAPPED_BYTES,
        WrapAlgorithm::RsaOaepSha1 => RSA_MIN_WRAPPED_BYTES..=RSA_MAX_WRAPPED_BYTES,
        WrapAlgorithm::KmsContext => 1..=super::suite::KMS_MAX_WRAPPED_BYTES,
    }
}

#[cfg(test)]
mod wycheproof_aes_gcm;
#[cfg(test)]
mod wycheproof_rsa_oaep;
