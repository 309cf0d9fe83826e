//! Why a data key is not wrapped or unwrapped.

use crate::envelope::{KeyWrap, RandomnessError, WrapAlgorithm};
use crate::materials::MaterialsError;

/// A data key cannot be wrapped or unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyWrapError {
    /// The key is of another kind than the wrap.
    #[error("data key is wrapped with {stored}; the materials hold a {kind} for {offered}")]
    KeyDoesNotFit {
        /// How the data key is wrapped.
        stored: KeyWrap,
        /// What kind of key the materials hold.
        kind: &'static str,
        /// What that key is for.
        offered: WrapAlgorithm,
    },
    /// The materials' key is elsewhere, so it cannot be used here, or the other way round.
    #[error("{kind} cannot be used here; expected {expected}")]
    WrongPlace {
        /// What kind of key the materials hold.
        kind: &'static str,
        /// What the call is for.
        expected: &'static str,
    },
    /// The KMS encryption context does not bind the object's content algorithm.
    #[error("encryption context binds content algorithm {}; expected '{expected}'", found.as_deref().unwrap_or("none"))]
    ContextAlgorithm {
        /// The content algorithm that the envelope names.
        expected: &'static str,
        /// What the context names, shortened.
        found: Option<String>,
    },
    /// The object names a KMS key that nobody configured; KMS was not asked.
    #[error("object names the KMS key `{found}`; configured here: {configured}")]
    ForeignKmsKey {
        /// What the object says, shortened.
        found: String,
        /// The keys that may be asked for.
        configured: String,
    },
    /// The stored encryption context is not the description of the materials; KMS was not asked.
    #[error("encryption context is {stored}; the materials' description is {expected}")]
    ContextMismatch {
        /// What is stored, less the entries that are reserved.
        stored: String,
        /// What the materials say.
        expected: String,
    },
    /// The private half of the RSA key is missing.
    #[error("RSA materials have no private key to unwrap with")]
    NoPrivateKey,
    /// The wrapped key has a length that this wrap does not produce.
    #[error("data key wrapped with {algorithm} is {got} bytes long; expected {expected}")]
    WrappedLength {
        /// The wrap.
        algorithm: KeyWrap,
        /// The length in bytes that it produces.
        expected: usize,
        /// The length in bytes that was found.
        got: usize,
    },
    /// The wrapped key was not made with this key, or has been changed.
    #[error("data key wrapped with {algorithm} is not authentic under this key")]
    NotAuthentic {
        /// The wrap.
        algorithm: KeyWrap,
    },
    /// The wrapped key belongs to content of another suite.
    #[error("data key is bound to another content algorithm; expected '{expected}'")]
    Binding {
        /// The content algorithm that the envelope names.
        expected: &'static str,
    },
    /// What was unwrapped is not a data key.
    #[error("unwrapped data key is {got} bytes long; expected {expected}")]
    DataKeyLength {
        /// The length in bytes of a data key.
        expected: usize,
        /// The length in bytes that was found.
        got: usize,
    },
    /// A provider or KMS made a data key that is not random.
    #[error("new data key is constant; expected random bytes")]
    ConstantDataKey,
    /// A provider or KMS returned the data key itself where the wrapped one should be.
    #[error("wrapped key contains the data key in the clear")]
    NotWrapped,
    /// The cryptographic library failed for no reason of the input's.
    #[error("{algorithm} wrap failed in the cryptographic library")]
    Library {
        /// The wrap.
        algorithm: KeyWrap,
    },
    /// The wrap's description entries are refused.
    #[error(transparent)]
    Materials(#[from] MaterialsError),
    /// There is no randomness for the wrap's IV.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

impl KeyWrapError {
    /// Whether other materials may do better: this key is not the one that wrapped.
    ///
    /// Where candidates are tried in order, only these errors lead to the next one.
    pub fn is_wrong_key(&self) -> bool {
        matches!(
            self,
            Self::KeyDoesNotFit { .. } | Self::WrappedLength { .. } | Self::NotAuthentic { .. }
        )
    }
}
