//! What a provider answers: owned, unchecked, freed by the allocator that made it.

use abi_stable::StableAbi;

use super::{ErrorKind, KeyKind, List, Maybe, SecretBuf, Text};

/// A name and a text.
#[repr(C)]
#[derive(StableAbi)]
pub struct TextEntry {
    /// The name.
    pub name: Text,
    /// The text.
    pub value: Text,
}

/// A name and bytes.
#[repr(C)]
#[derive(StableAbi)]
pub struct BytesEntry {
    /// The name.
    pub name: Text,
    /// The bytes.
    pub value: List<u8>,
}

/// A name and secret bytes.
#[repr(C)]
#[derive(StableAbi)]
pub struct SecretEntry {
    /// The name.
    pub name: Text,
    /// The bytes.
    pub value: SecretBuf,
}

/// Facts beside an answer that have no field.
#[repr(C)]
#[derive(StableAbi)]
pub struct AttributesAnswer {
    /// Plain attributes.
    pub plain: List<BytesEntry>,
    /// Secret attributes.
    pub secret: List<SecretEntry>,
}

/// Why there is no answer.
#[repr(C)]
#[derive(StableAbi)]
pub struct ErrorAnswer {
    /// The provider's words.
    pub message: Text,
    /// The configuration key concerned.
    pub conf_key: Maybe<Text>,
    /// When to try again, in milliseconds.
    pub retry_after_ms: Maybe<u64>,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
    /// What the host acts on.
    pub kind: ErrorKind,
}

/// The answer to a refresh: done.
#[repr(C)]
#[derive(StableAbi)]
pub struct RefreshAnswer {
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

/// What a provider says of itself.
#[repr(C)]
#[derive(StableAbi)]
pub struct StatusAnswer {
    /// Which state of its keys or artifacts it holds.
    pub generation: Text,
    /// One line for the operator.
    pub message: Text,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
    /// 0 when it does not expect its next call to succeed, any other number when it does.
    pub healthy: u32,
}

/// A key, or where it is; `kind` says which fields count, the others are empty.
#[repr(C)]
#[derive(StableAbi)]
pub struct KeyAnswer {
    /// An AES key, or the private half of an RSA key pair (PKCS#8, DER).
    pub secret: Maybe<SecretBuf>,
    /// The public half of an RSA key pair (SPKI, DER).
    pub public: List<u8>,
    /// The name of a key that is elsewhere.
    pub key_id: Text,
    /// How a provider-held key wraps.
    pub wrap_algorithm: Text,
    /// Which fields count.
    pub kind: KeyKind,
}

/// Materials.
#[repr(C)]
#[derive(StableAbi)]
pub struct MaterialsAnswer {
    /// What is stored with the object, sorted by name.
    pub description: List<TextEntry>,
    /// Which state of the provider's keys this is.
    pub generation: Text,
    /// The content algorithm.
    pub algorithm: Text,
    /// The key.
    pub key: KeyAnswer,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

/// Materials that may decrypt an object, best first.
#[repr(C)]
#[derive(StableAbi)]
pub struct CandidatesAnswer {
    /// The materials.
    pub candidates: List<MaterialsAnswer>,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

/// A wrapped data key.
#[repr(C)]
#[derive(StableAbi)]
pub struct WrapAnswer {
    /// What was wrapped.
    pub bytes: List<u8>,
    /// Entries to add to the stored description, sorted by name.
    pub description: List<TextEntry>,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

/// A data key, plain and wrapped.
#[repr(C)]
#[derive(StableAbi)]
pub struct GenerateAnswer {
    /// The data key.
    pub data_key: SecretBuf,
    /// The same, wrapped.
    pub wrapped: WrapAnswer,
}

/// What was unwrapped.
#[repr(C)]
#[derive(StableAbi)]
pub struct UnwrapAnswer {
    /// The bytes that had been wrapped.
    pub plaintext: SecretBuf,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

/// TLS artifacts.
#[repr(C)]
#[derive(StableAbi)]
pub struct TlsAnswer {
    /// The private key, PEM.
    pub private_key: SecretBuf,
    /// The certificate chain, PEM.
    pub certificate_chain: List<u8>,
    /// The trusted certificates, PEM.
    pub trusted_certificates: Maybe<List<u8>>,
    /// Which state of the provider's artifacts this is.
    pub generation: Text,
    /// Facts that have no field.
    pub attributes: AttributesAnswer,
}

impl AttributesAnswer {
    /// No attributes: allocates nothing.
    #[inline]
    pub fn none() -> Self {
        Self {
            plain: Vec::new().into(),
            secret: Vec::new().into(),
        }
    }
}

impl ErrorAnswer {
    /// An error that consists of a kind and a message.
    pub fn new(kind: ErrorKind, message: String) -> Self {
        Self {
            message: message.into(),
            conf_key: None.into(),
            retry_after_ms: None.into(),
            attributes: AttributesAnswer::none(),
            kind,
        }
    }

    /// The class does not offer `operation`.
    pub fn unsupported(operation: &str) -> Self {
        let message = format!("this provider does not offer {operation}");
        Self::new(ErrorKind::UNSUPPORTED, message)
    }
}
