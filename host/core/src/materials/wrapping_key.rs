//! The key that wraps data keys, wherever it is.

use aws_lc_rs::{digest, hmac};
use provost_plugin_api::{RawKey, SecretBytes};

use super::{MaterialsError, RsaKey, description, identifier};
use crate::envelope::WrapAlgorithm;

/// A checked wrapping key.
#[derive(Debug)]
#[non_exhaustive]
pub enum WrappingKey {
    /// An AES key in this process.
    Aes(AesKey),
    /// An RSA key in this process.
    Rsa(RsaKey),
    /// A key in AWS KMS, which only its caller can use.
    Kms(KmsKey),
    /// A key that stays with its provider, which is asked to wrap and unwrap.
    ProviderHeld(ProviderHeldKey),
}

/// An AES key of 16, 24 or 32 bytes, not constant.
#[derive(Debug)]
pub struct AesKey(SecretBytes);

/// A key id that KMS is asked for.
#[derive(Debug)]
pub struct KmsKey {
    key_id: String,
}

/// A key that its provider keeps, and how it wraps.
#[derive(Debug)]
pub struct ProviderHeldKey {
    key_id: String,
    algorithm: WrapAlgorithm,
}

/// Whether an RSA key must have its private half.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PrivateHalf {
    Optional,
    Required,
}

impl WrappingKey {
    pub(super) fn validate(raw: RawKey, private_half: PrivateHalf) -> Result<Self, MaterialsError> {
        match raw {
            RawKey::Symmetric(key) => AesKey::validate(key).map(Self::Aes),
            RawKey::Rsa { public, private } => {
                let key = RsaKey::parse(&public, private.as_ref())?;
                if private_half == PrivateHalf::Required && !key.has_private_half() {
                    return Err(MaterialsError::NoPrivateKey);
                }
                Ok(Self::Rsa(key))
            }
            RawKey::Kms { key_id } => {
                identifier::check_key_id(&key_id)?;
                Ok(Self::Kms(KmsKey { key_id }))
            }
            RawKey::ProviderHeld {
                key_id,
                wrap_algorithm,
            } => {
                identifier::check_key_id(&key_id)?;
                ProviderHeldKey::validate(key_id, &wrap_algorithm).map(Self::ProviderHeld)
            }
            _ => Err(MaterialsError::WrapAlgorithm {
                got: "a kind of key from a newer contract".to_owned(),
            }),
        }
    }

    /// The wrap algorithm that this key is for.
    pub fn algorithm(&self) -> WrapAlgorithm {
        match self {
            Self::Aes(_) => WrapAlgorithm::AesGcm,
            Self::Rsa(_) => WrapAlgorithm::RsaOaepSha1,
            Self::Kms(_) => WrapAlgorithm::KmsContext,
            Self::ProviderHeld(key) => key.algorithm,
        }
    }

    /// What kind of key this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Aes(_) => "AES key",
            Self::Rsa(_) => "RSA key",
            Self::Kms(_) => "KMS key",
            Self::ProviderHeld(_) => "provider-held key",
        }
    }

    /// Tells keys apart without showing them: equal for equal keys, in any process.
    ///
    /// For an AES key it is an HMAC under that key, so it says nothing about a random one; keep it
    /// out of logs all the same.
    pub fn fingerprint(&self) -> [u8; 32] {
        const LABEL: &[u8] = b"provost wrapping key fingerprint";
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(LABEL);
        hash.update(self.kind().as_bytes());
        match self {
            Self::Aes(AesKey(key)) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, key.secret_bytes());
                hash.update(hmac::sign(&key, LABEL).as_ref());
            }
            Self::Rsa(key) => hash.update(key.spki()),
            Self::Kms(KmsKey { key_id }) => hash.update(key_id.as_bytes()),
            Self::ProviderHeld(ProviderHeldKey { key_id, algorithm }) => {
                hash.update(algorithm.name().as_bytes());
                hash.update(key_id.as_bytes());
            }
        }
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(hash.finish().as_ref()) {
            *to = *from;
        }
        fingerprint
    }

    pub(super) fn is_kms(&self) -> bool {
        matches!(self, Self::Kms(_))
    }
}

impl AesKey {
    fn validate(key: SecretBytes) -> Result<Self, MaterialsError> {
        if !matches!(key.len(), 16 | 24 | 32) {
            return Err(MaterialsError::AesKeyLength { got: key.len() });
        }
        // Folded over all bytes: how long it takes says nothing about the key.
        let bytes = key.secret_bytes();
        let first = bytes.first().copied().unwrap_or_default();
        let (any, differing) = bytes.iter().fold((0, 0), |(any, differing), b| {
            (any | b, differing | (b ^ first))
        });
        match (any, differing) {
            (0, _) => Err(MaterialsError::ZeroKey),
            (_, 0) => Err(MaterialsError::ConstantKey),
            _ => Ok(Self(key)),
        }
    }

    pub(crate) fn secret_bytes(&self) -> &[u8] {
        self.0.secret_bytes()
    }
}

impl KmsKey {
    /// The key's ARN or id.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }
}

impl ProviderHeldKey {
    fn validate(key_id: String, wrap_algorithm: &str) -> Result<Self, MaterialsError> {
        match WrapAlgorithm::from_name(wrap_algorithm) {
            Some(algorithm @ (WrapAlgorithm::AesGcm | WrapAlgorithm::RsaOaepSha1)) => {
                Ok(Self { key_id, algorithm })
            }
            _ => Err(MaterialsError::WrapAlgorithm {
                got: description::shown(wrap_algorithm),
            }),
        }
    }

    /// The provider's name for the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// How the provider wraps with it.
    pub fn algorithm(&self) -> WrapAlgorithm {
        self.algorithm
    }
}
