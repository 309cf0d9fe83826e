//! `kms+context`: what KMS is asked, and what is accepted as an answer. S3EC format, section 4.
//!
//! The encryption context is the description that the materials came with, and the entry that
//! binds the content algorithm. It is stored as it is sent, without the key's id: what a reader
//! asks KMS for is its own configuration's, never the object's.

use provost_plugin_api::{MaterialsDescription, SecretBytes};
use subtle::ConstantTimeEq;

use super::provider_held::{check_wrapped_length, data_key, refuse_constant};
use super::{EncryptedDataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey, check_fits};
use crate::envelope::names::{CONTEXT_CONTENT_ALGORITHM, CONTEXT_KMS_KEY_ID};
use crate::envelope::suite::{DATA_KEY_BYTES, KeyWrap, WrapAlgorithm, WriteFormat};
use crate::envelope::{AlgorithmSuite, DataKey};
use crate::materials::{DecryptionMaterials, EncryptionMaterials, KmsKey, WrappingKey};

const ALGORITHM: WrapAlgorithm = WrapAlgorithm::KmsContext;

/// A question to KMS: make a data key and wrap it.
#[derive(Debug)]
pub struct ComposedKmsGenerate {
    key_id: String,
    format: WriteFormat,
    context: MaterialsDescription,
}

/// A question to KMS: wrap this data key, which an object has already.
#[derive(Debug)]
pub struct ComposedKmsWrap {
    key_id: String,
    format: WriteFormat,
    context: MaterialsDescription,
    key: DataKey,
    payload: SecretBytes,
}

/// A question to KMS: unwrap this, with this key and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedKmsUnwrap {
    key_id: String,
    context: MaterialsDescription,
    ciphertext: Vec<u8>,
}

/// Composes the question for a new data key.
///
/// The context is the materials' description without `kms_cmk_id`, which is not stored, and the
/// reserved entry. A description that has the reserved entry itself never became materials.
pub fn compose_kms_generate(
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<ComposedKmsGenerate, KeyWrapError> {
    let key = kms_key(materials.wrapping_key())?;
    Ok(ComposedKmsGenerate {
        key_id: key.key_id().to_owned(),
        format,
        context: context(materials.description(), format.suite())?,
    })
}

/// Composes the question for another wrap of a data key that an object has already.
pub fn compose_kms_wrap(
    materials: &EncryptionMaterials,
    format: WriteFormat,
    key: &DataKey,
) -> Result<ComposedKmsWrap, KeyWrapError> {
    let generate = compose_kms_generate(materials, format)?;
    Ok(ComposedKmsWrap {
        key_id: generate.key_id,
        format,
        context: generate.context,
        key: key.copied(),
        payload: SecretBytes::copy_from(key.secret_bytes()),
    })
}

/// Composes what KMS is asked to unwrap, one question for each candidate that may be asked; they
/// are in the candidates' order. `stored_description` is what is stored with the object.
///
/// Nothing is composed, so that KMS is not called, unless:
///
/// - the stored context binds the object's own content algorithm, except for the legacy `kms` wrap;
/// - a stored `kms_cmk_id` is a candidate's key id, to the letter: an alias is equal to itself
///   alone, a bare id is not the ARN that ends in it. Only the candidates with it remain;
/// - the description of a candidate is what is stored, less the entries that are reserved.
pub fn compose_kms_unwrap(
    candidates: &[DecryptionMaterials],
    stored: &EncryptedDataKey,
    stored_description: Option<&MaterialsDescription>,
) -> Result<Vec<ComposedKmsUnwrap>, KeyWrapError> {
    let none = MaterialsDescription::new();
    let context = stored_description.unwrap_or(&none);
    // The legacy wrap is not bound to the content algorithm; it is read where that is accepted.
    if stored.wrap == KeyWrap::Authenticated(ALGORITHM) {
        check_binding(context, stored.suite)?;
    }
    let mut keys = Vec::new();
    for candidate in candidates {
        if let WrappingKey::Kms(key) = candidate.wrapping_key() {
            keys.push((key.key_id(), candidate.description()));
        }
    }
    if keys.is_empty()
        && let Some(first) = candidates.first()
    {
        check_fits(first.wrapping_key(), stored)?;
    }
    if let Some(found) = context.get(CONTEXT_KMS_KEY_ID) {
        let all: Vec<_> = keys.iter().map(|(key_id, _)| *key_id).collect();
        keys.retain(|(key_id, _)| *key_id == found);
        if keys.is_empty() {
            return Err(KeyWrapError::ForeignKmsKey {
                found: super::shown(found),
                configured: super::shown(&all.join(", ")),
            });
        }
    }
    let returned = without_reserved(context);
    let expected = keys.first().map(|(_, description)| *description);
    let composed: Vec<_> = keys
        .iter()
        .filter(|(_, description)| without_reserved(description) == returned)
        .map(|(key_id, _)| ComposedKmsUnwrap {
            key_id: (*key_id).to_owned(),
            context: context.clone(),
            ciphertext: stored.bytes.clone(),
        })
        .collect();
    if composed.is_empty() {
        return Err(KeyWrapError::ContextMismatch {
            stored: shown_map(&returned),
            expected: shown_map(&without_reserved(expected.unwrap_or(&none))),
        });
    }
    Ok(composed)
}

/// What the materials' description was before the wrap added to it: the stored one, less the entry
/// that binds the content algorithm. A provider is asked with this.
pub fn returned_description(stored: &MaterialsDescription) -> MaterialsDescription {
    let mut returned = stored.clone();
    returned.remove(CONTEXT_CONTENT_ALGORITHM);
    returned
}

impl ComposedKmsGenerate {
    /// The key to ask for.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The encryption context, complete.
    pub fn context(&self) -> &MaterialsDescription {
        &self.context
    }

    /// How many bytes the data key must have.
    pub fn length(&self) -> usize {
        DATA_KEY_BYTES
    }

    /// Checks the answer: a data key of the right length that is not constant, and a ciphertext
    /// that is not the data key itself.
    pub fn accept(
        self,
        plaintext: &SecretBytes,
        ciphertext: Vec<u8>,
    ) -> Result<WrappedDataKey, KeyWrapError> {
        let key = data_key(plaintext)?;
        refuse_constant(&key)?;
        check_ciphertext(&key, &ciphertext)?;
        Ok(WrappedDataKey::new(
            key,
            self.format,
            ALGORITHM,
            ciphertext,
            self.context,
        ))
    }
}

impl ComposedKmsWrap {
    /// The key to ask for.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The encryption context, complete.
    pub fn context(&self) -> &MaterialsDescription {
        &self.context
    }

    /// What to wrap.
    pub fn payload(&self) -> &SecretBytes {
        &self.payload
    }

    /// Checks the answer: a ciphertext that is not the data key itself.
    pub fn accept(self, ciphertext: Vec<u8>) -> Result<RewrappedDataKey, KeyWrapError> {
        check_ciphertext(&self.key, &ciphertext)?;
        let (key, context) = (self.key, self.context);
        Ok(WrappedDataKey::new(key, self.format, ALGORITHM, ciphertext, context).into_rewrapped())
    }
}

impl ComposedKmsUnwrap {
    /// The key to ask for: the operator's, or the provider's.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The encryption context: what is stored, whole.
    pub fn context(&self) -> &MaterialsDescription {
        &self.context
    }

    /// What was wrapped.
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Checks the answer: a data key.
    pub fn accept(&self, plaintext: &SecretBytes) -> Result<DataKey, KeyWrapError> {
        data_key(plaintext)
    }
}

fn kms_key(key: &WrappingKey) -> Result<&KmsKey, KeyWrapError> {
    match key {
        WrappingKey::Kms(key) => Ok(key),
        other => Err(KeyWrapError::WrongPlace {
            kind: other.kind(),
            expected: "a KMS key",
        }),
    }
}

pub(super) fn context(
    description: &MaterialsDescription,
    suite: &'static AlgorithmSuite,
) -> Result<MaterialsDescription, KeyWrapError> {
    let mut context = description.clone();
    context.remove(CONTEXT_KMS_KEY_ID);
    match context.insert(CONTEXT_CONTENT_ALGORITHM, suite.name) {
        None => Ok(context),
        // Materials are checked for it; a context that lies about its content must not depend on that.
        Some(found) => Err(KeyWrapError::ContextAlgorithm {
            expected: suite.name,
            found: Some(super::shown(&found)),
        }),
    }
}

fn check_binding(
    context: &MaterialsDescription,
    suite: &'static AlgorithmSuite,
) -> Result<(), KeyWrapError> {
    match context.get(CONTEXT_CONTENT_ALGORITHM) {
        Some(found) if found == suite.name => Ok(()),
        found => Err(KeyWrapError::ContextAlgorithm {
            expected: suite.name,
            found: found.map(super::shown),
        }),
    }
}

fn without_reserved(description: &MaterialsDescription) -> MaterialsDescription {
    let mut left = description.clone();
    left.remove(CONTEXT_CONTENT_ALGORITHM);
    left.remove(CONTEXT_KMS_KEY_ID);
    left
}

fn check_ciphertext(key: &DataKey, ciphertext: &[u8]) -> Result<(), KeyWrapError> {
    check_wrapped_length(ALGORITHM, ciphertext.len())?;
    // A stub of KMS that "encrypts" by copying would publish the data key.
    let in_the_clear = ciphertext
        .windows(DATA_KEY_BYTES)
        .any(|window| window.ct_eq(key.secret_bytes()).into());
    if in_the_clear {
        return Err(KeyWrapError::NotWrapped);
    }
    Ok(())
}

fn shown_map(description: &MaterialsDescription) -> String {
    let entries: Vec<_> = description
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{{{}}}", super::shown(&entries.join(", ")))
}
