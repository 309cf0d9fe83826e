//! Wrapping and unwrapping data keys. S3EC format, section 4.
//!
//! A key in this process goes through [`wrap`] and [`unwrap`]. For a provider-held key the host
//! composes what the provider is asked to wrap, so that the result is the same on the wire:
//! [`compose_wrap`], [`compose_generate`], [`compose_unwrap`]. For a key in KMS it composes what
//! KMS is asked: [`compose_kms_generate`], [`compose_kms_wrap`], [`compose_kms_unwrap`].

mod aes_gcm;
mod error;
mod kms;
mod legacy_aes;
mod legacy_rsa;
mod provider_held;
mod rsa_oaep;

use provost_plugin_api::MaterialsDescription;

use super::suite::{
    AES_ECB_WRAPPED_BYTES, AES_GCM_WRAPPED_BYTES, AES_WRAP_WRAPPED_BYTES, AlgorithmSuite,
    DATA_KEY_BYTES, KMS_MAX_WRAPPED_BYTES, KeyWrap, LegacyWrap, RSA_MAX_WRAPPED_BYTES,
    RSA_MIN_WRAPPED_BYTES, WrapAlgorithm, WriteFormat,
};
use super::{DataKey, Randomness, names};
use crate::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};

pub use error::KeyWrapError;
pub use kms::{
    ComposedKmsGenerate, ComposedKmsUnwrap, ComposedKmsWrap, compose_kms_generate,
    compose_kms_unwrap, compose_kms_wrap, returned_description,
};
pub use provider_held::{
    ComposedGenerate, ComposedRewrap, ComposedUnwrap, ComposedWrap, compose_generate,
    compose_rewrap, compose_unwrap, compose_wrap,
};

/// The encrypted data key: a data key as it is stored, and all that its unwrapping depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedDataKey {
    pub(super) suite: &'static AlgorithmSuite,
    pub(super) wrap: KeyWrap,
    pub(super) bytes: Vec<u8>,
    /// KMS alone has one.
    pub(super) context: Option<MaterialsDescription>,
}

impl EncryptedDataKey {
    /// The content suite, which an authenticated wrap is bound to.
    pub fn suite(&self) -> &'static AlgorithmSuite {
        self.suite
    }

    /// How the data key is wrapped.
    pub fn wrap(&self) -> KeyWrap {
        self.wrap
    }

    /// The wrapped bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// KMS: the encryption context, which is the whole stored description, reserved entries and
    /// all.
    pub fn context(&self) -> Option<&MaterialsDescription> {
        self.context.as_ref()
    }

    /// The legacy `kms` wrap: the key that the object says it was wrapped with. Whoever wrote
    /// the object chose it, so it must be among the configured keys before KMS is asked.
    pub fn stored_kms_key_id(&self) -> Option<&str> {
        match self.wrap {
            KeyWrap::Legacy(LegacyWrap::Kms) => {
                self.context.as_ref()?.get(names::CONTEXT_KMS_KEY_ID)
            }
            _ => None,
        }
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

/// Another wrap of a data key that an object has already: it goes into that object's envelope. It
/// has no key in it, so nothing else can be sealed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewrappedDataKey {
    pub(super) format: WriteFormat,
    pub(super) encrypted: EncryptedDataKey,
    pub(super) description: MaterialsDescription,
}

impl RewrappedDataKey {
    /// The format of the object's envelope.
    pub fn format(&self) -> WriteFormat {
        self.format
    }

    /// What will be stored.
    pub fn encrypted(&self) -> &EncryptedDataKey {
        &self.encrypted
    }

    /// What will be stored as the description, additions of the wrap included.
    pub fn description(&self) -> &MaterialsDescription {
        &self.description
    }
}

impl WrappedDataKey {
    fn new(
        key: DataKey,
        format: WriteFormat,
        algorithm: WrapAlgorithm,
        bytes: Vec<u8>,
        description: MaterialsDescription,
    ) -> Self {
        let wrap = KeyWrap::Authenticated(algorithm);
        Self {
            key,
            format,
            encrypted: EncryptedDataKey {
                suite: format.suite(),
                wrap,
                bytes,
                context: wrap.is_kms().then(|| description.clone()),
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

    fn into_rewrapped(self) -> RewrappedDataKey {
        RewrappedDataKey {
            format: self.format,
            encrypted: self.encrypted,
            description: self.description,
        }
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
    let bytes = wrapped(materials.wrapping_key(), format, &key, randomness)?;
    Ok(WrappedDataKey::new(
        key,
        format,
        materials.wrapping_key().algorithm(),
        bytes,
        materials.description().clone(),
    ))
}

/// What is stored as the description with these materials, before a provider's wrap adds to it: for
/// KMS the encryption context.
pub fn stored_description(
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<MaterialsDescription, KeyWrapError> {
    match materials.wrapping_key() {
        WrappingKey::Kms(_) => kms::context(materials.description(), format.suite()),
        _ => Ok(materials.description().clone()),
    }
}

/// Wraps the data key that an object has already with another key in this process.
pub fn rewrap(
    materials: &EncryptionMaterials,
    format: WriteFormat,
    key: &DataKey,
    randomness: &mut dyn Randomness,
) -> Result<RewrappedDataKey, KeyWrapError> {
    wrap(materials, format, key.copied(), randomness).map(WrappedDataKey::into_rewrapped)
}

fn wrapped(
    key: &WrappingKey,
    format: WriteFormat,
    data_key: &DataKey,
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, KeyWrapError> {
    let suite = format.suite();
    match key {
        WrappingKey::Aes(aes) => aes_gcm::wrap(aes, suite, data_key, randomness),
        WrappingKey::Rsa(rsa) => rsa_oaep::wrap(rsa, suite, data_key),
        WrappingKey::Kms(_) | WrappingKey::ProviderHeld(_) => Err(not_here(key)),
    }
}

/// Unwraps `stored` with a key in this process.
///
/// A legacy wrap gets here only if the read policy accepted it. V1's is not authenticated: what
/// comes out under a wrong key may be taken for a data key.
pub fn unwrap(
    materials: &DecryptionMaterials,
    stored: &EncryptedDataKey,
) -> Result<DataKey, KeyWrapError> {
    let wrapping = materials.wrapping_key();
    let (suite, bytes) = (stored.suite, stored.bytes.as_slice());
    match (wrapping, stored.wrap) {
        (WrappingKey::ProviderHeld(_), _) => {
            check_fits(wrapping, stored)?;
            Err(not_here(wrapping))
        }
        (WrappingKey::Aes(aes), KeyWrap::Authenticated(WrapAlgorithm::AesGcm)) => {
            aes_gcm::unwrap(aes, suite, bytes)
        }
        (WrappingKey::Rsa(rsa), KeyWrap::Authenticated(WrapAlgorithm::RsaOaepSha1)) => {
            rsa_oaep::unwrap(rsa, suite, bytes)
        }
        (WrappingKey::Kms(_), wrap) if wrap.is_kms() => Err(not_here(wrapping)),
        (WrappingKey::Aes(aes), KeyWrap::Legacy(LegacyWrap::AesWrap)) => {
            legacy_aes::unwrap_aes_wrap(aes, bytes)
        }
        (WrappingKey::Rsa(rsa), KeyWrap::Legacy(LegacyWrap::RsaOaepSha256)) => {
            legacy_rsa::unwrap_oaep_sha256(rsa, bytes)
        }
        // The one wrap without a name: the kind of the operator's key decides.
        (WrappingKey::Aes(aes), KeyWrap::Legacy(LegacyWrap::V1)) => {
            legacy_aes::unwrap_ecb(aes, bytes)
        }
        (WrappingKey::Rsa(rsa), KeyWrap::Legacy(LegacyWrap::V1)) => {
            legacy_rsa::unwrap_pkcs1(rsa, bytes)
        }
        (_, _) => Err(does_not_fit(wrapping, stored)),
    }
}

fn not_here(key: &WrappingKey) -> KeyWrapError {
    KeyWrapError::WrongPlace {
        kind: key.kind(),
        expected: "a key in this process",
    }
}

/// An AES key is never tried on an RSA block, nor the other way round: the stored name is from
/// the object, the key's kind from the operator. A provider that holds its key unwraps what it
/// wraps, and nothing else.
fn check_fits(wrapping: &WrappingKey, stored: &EncryptedDataKey) -> Result<(), KeyWrapError> {
    if KeyWrap::Authenticated(wrapping.algorithm()) == stored.wrap {
        return Ok(());
    }
    Err(does_not_fit(wrapping, stored))
}

fn does_not_fit(wrapping: &WrappingKey, stored: &EncryptedDataKey) -> KeyWrapError {
    KeyWrapError::KeyDoesNotFit {
        stored: stored.wrap,
        kind: wrapping.kind(),
        offered: wrapping.algorithm(),
    }
}

/// One error for all that a wrap's check does not let through.
fn not_authentic(algorithm: KeyWrap) -> KeyWrapError {
    KeyWrapError::NotAuthentic { algorithm }
}

/// The data key, where the payload is nothing else.
fn copied(payload: &[u8]) -> Result<DataKey, KeyWrapError> {
    DataKey::copy_from(payload).ok_or(KeyWrapError::DataKeyLength {
        expected: DATA_KEY_BYTES,
        got: payload.len(),
    })
}

/// The lengths that `wrap` can produce, without knowing the key.
pub(super) fn wrapped_bytes(wrap: KeyWrap) -> std::ops::RangeInclusive<usize> {
    const RSA: std::ops::RangeInclusive<usize> = RSA_MIN_WRAPPED_BYTES..=RSA_MAX_WRAPPED_BYTES;
    match wrap {
        KeyWrap::Authenticated(WrapAlgorithm::AesGcm) => {
            AES_GCM_WRAPPED_BYTES..=AES_GCM_WRAPPED_BYTES
        }
        KeyWrap::Authenticated(WrapAlgorithm::RsaOaepSha1)
        | KeyWrap::Legacy(LegacyWrap::RsaOaepSha256) => RSA,
        KeyWrap::Authenticated(WrapAlgorithm::KmsContext) | KeyWrap::Legacy(LegacyWrap::Kms) => {
            1..=KMS_MAX_WRAPPED_BYTES
        }
        KeyWrap::Legacy(LegacyWrap::AesWrap) => AES_WRAP_WRAPPED_BYTES..=AES_WRAP_WRAPPED_BYTES,
        // Of an AES key, or of an RSA key: which one, the materials say.
        KeyWrap::Legacy(LegacyWrap::V1) => AES_ECB_WRAPPED_BYTES..=RSA_MAX_WRAPPED_BYTES,
    }
}

/// `text` as an error may show it: one line, at most 512 characters.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(512)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(512).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod wycheproof_aes_gcm;
#[cfg(test)]
mod wycheproof_aes_wrap;
#[cfg(test)]
mod wycheproof_legacy_rsa;
#[cfg(test)]
mod wycheproof_rsa_oaep;
