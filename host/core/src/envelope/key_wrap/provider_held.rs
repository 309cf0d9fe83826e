//! Keys that stay with their provider: what it is asked, and what is accepted as an answer.

use provost_plugin_api::{SecretBytes, Wrapped};
use subtle::ConstantTimeEq;

use super::{
    EncryptedDataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey, check_fits, rsa_oaep,
    wrapped_bytes,
};
use crate::envelope::DataKey;
use crate::envelope::suite::{AlgorithmSuite, DATA_KEY_BYTES, WrapAlgorithm, WriteFormat};
use crate::materials::{DecryptionMaterials, EncryptionMaterials, ProviderHeldKey, WrappingKey};

/// A question to the provider: wrap this.
#[derive(Debug)]
pub struct ComposedWrap<'m> {
    materials: &'m EncryptionMaterials,
    held: &'m ProviderHeldKey,
    format: WriteFormat,
    key: DataKey,
    payload: SecretBytes,
}

/// A question to the provider: wrap this data key, which an object has already.
#[derive(Debug)]
pub struct ComposedRewrap<'m>(ComposedWrap<'m>);

/// A question to the provider: make a data key and wrap it. For `AES/GCM` only, as only there the
/// payload is the data key itself.
#[derive(Debug)]
pub struct ComposedGenerate<'m> {
    materials: &'m EncryptionMaterials,
    held: &'m ProviderHeldKey,
    format: WriteFormat,
}

/// A question to the provider: unwrap this.
#[derive(Debug)]
pub struct ComposedUnwrap<'m> {
    held: &'m ProviderHeldKey,
    stored: &'m EncryptedDataKey,
}

/// Composes what the provider is asked to wrap, so that the result is what a key in this process
/// would have made.
pub fn compose_wrap(
    materials: &EncryptionMaterials,
    format: WriteFormat,
    key: DataKey,
) -> Result<ComposedWrap<'_>, KeyWrapError> {
    let held = held(materials.wrapping_key())?;
    let payload = match held.algorithm() {
        WrapAlgorithm::RsaOaepSha1 => rsa_oaep::compose_payload(format.suite(), &key),
        _ => SecretBytes::copy_from(key.secret_bytes()),
    };
    Ok(ComposedWrap {
        materials,
        held,
        format,
        key,
        payload,
    })
}

/// Composes the same for another wrap of a data key that an object has already.
pub fn compose_rewrap<'m>(
    materials: &'m EncryptionMaterials,
    format: WriteFormat,
    key: &DataKey,
) -> Result<ComposedRewrap<'m>, KeyWrapError> {
    compose_wrap(materials, format, key.copied()).map(ComposedRewrap)
}

/// Composes the question for a new data key; `None` if this wrap algorithm has no such question.
pub fn compose_generate(
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<Option<ComposedGenerate<'_>>, KeyWrapError> {
    let held = held(materials.wrapping_key())?;
    Ok(
        (held.algorithm() == WrapAlgorithm::AesGcm).then_some(ComposedGenerate {
            materials,
            held,
            format,
        }),
    )
}

/// Composes what the provider is asked to unwrap.
pub fn compose_unwrap<'m>(
    materials: &'m DecryptionMaterials,
    stored: &'m EncryptedDataKey,
) -> Result<ComposedUnwrap<'m>, KeyWrapError> {
    check_fits(materials.wrapping_key(), stored)?;
    let held = held(materials.wrapping_key())?;
    Ok(ComposedUnwrap { held, stored })
}

impl ComposedWrap<'_> {
    /// The provider's name for its key.
    pub fn key_id(&self) -> &str {
        self.held.key_id()
    }

    /// How to wrap.
    pub fn algorithm(&self) -> WrapAlgorithm {
        self.held.algorithm()
    }

    /// What to wrap, exactly.
    pub fn payload(&self) -> &SecretBytes {
        &self.payload
    }

    /// Additional authenticated data; empty for RSA, whose payload holds the binding itself.
    pub fn aad(&self) -> &'static [u8] {
        aad(self.algorithm(), self.format.suite())
    }

    /// Checks the provider's answer: the length is one that the algorithm produces, and what it
    /// adds to the description may be stored. Whether it can be unwrapped, the proof shows.
    pub fn accept(self, answer: Wrapped) -> Result<WrappedDataKey, KeyWrapError> {
        accept(self.materials, self.held, self.format, self.key, answer)
    }
}

impl<'m> ComposedRewrap<'m> {
    /// The question itself.
    pub fn question(&self) -> &ComposedWrap<'m> {
        &self.0
    }

    /// Checks the answer as [`ComposedWrap::accept`] does.
    pub fn accept(self, answer: Wrapped) -> Result<RewrappedDataKey, KeyWrapError> {
        self.0.accept(answer).map(WrappedDataKey::into_rewrapped)
    }
}

impl ComposedGenerate<'_> {
    /// The provider's name for its key.
    pub fn key_id(&self) -> &str {
        self.held.key_id()
    }

    /// How to wrap.
    pub fn algorithm(&self) -> WrapAlgorithm {
        self.held.algorithm()
    }

    /// Additional authenticated data.
    pub fn aad(&self) -> &'static [u8] {
        aad(self.algorithm(), self.format.suite())
    }

    /// How many bytes the data key must have.
    pub fn length(&self) -> usize {
        DATA_KEY_BYTES
    }

    /// Checks the provider's answer as [`ComposedWrap::accept`] does, and its data key: of the
    /// right length, and not constant.
    pub fn accept(
        self,
        key: &SecretBytes,
        answer: Wrapped,
    ) -> Result<WrappedDataKey, KeyWrapError> {
        let key = data_key(key)?;
        refuse_constant(&key)?;
        accept(self.materials, self.held, self.format, key, answer)
    }
}

impl ComposedUnwrap<'_> {
    /// The provider's name for its key.
    pub fn key_id(&self) -> &str {
        self.held.key_id()
    }

    /// How it was wrapped.
    pub fn algorithm(&self) -> WrapAlgorithm {
        self.held.algorithm()
    }

    /// What was wrapped.
    pub fn ciphertext(&self) -> &[u8] {
        self.stored.bytes()
    }

    /// Additional authenticated data, as when wrapping.
    pub fn aad(&self) -> &'static [u8] {
        aad(self.algorithm(), self.stored.suite)
    }

    /// Checks the provider's answer: a data key, bound to the content algorithm where the payload
    /// says so.
    pub fn accept(&self, answer: &SecretBytes) -> Result<DataKey, KeyWrapError> {
        match self.algorithm() {
            WrapAlgorithm::RsaOaepSha1 => {
                rsa_oaep::take_payload(self.stored.suite, answer.secret_bytes())
            }
            _ => data_key(answer),
        }
    }
}

fn held(key: &WrappingKey) -> Result<&ProviderHeldKey, KeyWrapError> {
    match key {
        WrappingKey::ProviderHeld(held) => Ok(held),
        WrappingKey::Kms(_) | WrappingKey::Aes(_) | WrappingKey::Rsa(_) => {
            Err(KeyWrapError::WrongPlace {
                kind: key.kind(),
                expected: "a provider-held key",
            })
        }
    }
}

fn aad(algorithm: WrapAlgorithm, suite: &'static AlgorithmSuite) -> &'static [u8] {
    match algorithm {
        WrapAlgorithm::AesGcm => suite.binding(),
        _ => &[],
    }
}

pub(super) fn data_key(bytes: &SecretBytes) -> Result<DataKey, KeyWrapError> {
    DataKey::copy_from(bytes.secret_bytes()).ok_or(KeyWrapError::DataKeyLength {
        expected: DATA_KEY_BYTES,
        got: bytes.len(),
    })
}

/// Of 32 random bytes, not all are the same.
pub(super) fn refuse_constant(key: &DataKey) -> Result<(), KeyWrapError> {
    let [first, ..] = *key.secret_bytes();
    let differing = key.secret_bytes().iter().fold(0, |d, b| d | (b ^ first));
    if differing == 0 {
        return Err(KeyWrapError::ConstantDataKey);
    }
    Ok(())
}

/// Whether the algorithm produces this many bytes.
pub(super) fn check_wrapped_length(
    algorithm: WrapAlgorithm,
    got: usize,
) -> Result<(), KeyWrapError> {
    let accepted = wrapped_bytes(algorithm.into());
    if accepted.contains(&got) {
        return Ok(());
    }
    let expected = *if got < *accepted.start() {
        accepted.start()
    } else {
        accepted.end()
    };
    Err(KeyWrapError::WrappedLength {
        algorithm: algorithm.into(),
        expected,
        got,
    })
}

fn accept(
    materials: &EncryptionMaterials,
    held: &ProviderHeldKey,
    format: WriteFormat,
    key: DataKey,
    answer: Wrapped,
) -> Result<WrappedDataKey, KeyWrapError> {
    let algorithm = held.algorithm();
    check_wrapped_length(algorithm, answer.bytes.len())?;
    // A stub that "wraps" by copying would publish the data key.
    let in_the_clear = answer
        .bytes
        .windows(DATA_KEY_BYTES)
        .any(|window| window.ct_eq(key.secret_bytes()).into());
    if in_the_clear {
        return Err(KeyWrapError::NotWrapped);
    }
    let description = materials.description_with(&answer.description)?;
    Ok(WrappedDataKey::new(
        key,
        format,
        algorithm,
        answer.bytes,
        description,
    ))
}
