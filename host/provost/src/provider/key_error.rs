//! Why there is no data key, and what to do about it.

use provost_core::envelope::{KeyWrap, KeyWrapError, RandomnessError, RewrapError};
use provost_plugin_api::ErrorKind;

use super::failure::ProviderFailure;

/// Why there is no data key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The provider did not give what was asked for.
    #[error(transparent)]
    Provider(#[from] ProviderFailure),
    /// A second provider for the proof could not be started.
    #[error("no new provider for the proof: {0}")]
    Start(#[source] Box<crate::Error>),
    /// The data key could not be wrapped or unwrapped.
    #[error("provider `{class}`: {source}")]
    Wrap {
        /// The provider's class.
        class: String,
        /// Why.
        source: KeyWrapError,
    },
    /// None of several candidates unwraps the data key.
    #[error("provider `{class}` offered {count} keys, and none of them unwraps the data key")]
    NoCandidate {
        /// The provider's class.
        class: String,
        /// How many it offered.
        count: usize,
    },
    /// Several candidates for a wrap that does not tell which of them is right.
    #[error(
        "provider `{class}` offered {count} keys for {wrap}, which does not tell a wrong key from the right one; exactly one is needed"
    )]
    AmbiguousKey {
        /// The provider's class.
        class: String,
        /// The wrap.
        wrap: KeyWrap,
        /// How many it offered.
        count: usize,
    },
    /// What would be written could not be read again.
    #[error(
        "provider `{class}` returned a key that could not be read back from its description: {reason}"
    )]
    Unproven {
        /// The provider's class.
        class: String,
        /// What the proof ran into.
        reason: String,
        /// Whether a node that cannot decrypt by design runs into it too.
        by_design: bool,
    },
    /// An earlier proof failed, or the provider broke its contract.
    #[error("provider `{class}`: this key is quarantined for writes: {reason}")]
    Quarantined {
        /// The provider's class.
        class: String,
        /// What happened then.
        reason: String,
        /// Whether a node that cannot decrypt by design runs into it too.
        by_design: bool,
    },
    /// The object's data key cannot be wrapped again.
    #[error(transparent)]
    Rewrap(#[from] RewrapError),
    /// The system has no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// KMS did not do what it was asked.
    #[error(transparent)]
    Kms(crate::kms::KmsError),
    /// KMS may wrap with this key, and not unwrap.
    #[error("what is written could not be read again here: {0}")]
    KmsUnproven(#[source] crate::kms::KmsError),
    /// The data key of CSE-KMS could not be wrapped or unwrapped.
    #[error("CSE-KMS: {source}")]
    KmsWrap {
        /// Why.
        source: KeyWrapError,
    },
    /// The KMS key is in another region.
    #[error(transparent)]
    Region(#[from] crate::kms::RegionMismatch),
}

impl KeyError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Provider(failure) => match failure.kind() {
                Some(ErrorKind::NotFound) => "the provider has no key for this object; see its \
                     configuration in provost.toml"
                    .to_owned(),
                _ => return failure.hint(),
            },
            Self::Start(error) => return error.hint(),
            Self::Kms(error) => return error.hint(),
            Self::KmsUnproven(_) => "nothing was written; if this node is not meant to decrypt, say \
                 so in provost.toml:\n[kms]\nproof = \"elsewhere\""
                .to_owned(),
            Self::Region(mismatch) => return mismatch.hint(),
            Self::KmsWrap {
                source: KeyWrapError::ForeignKmsKey { .. },
            } => "the object names its key itself; if it is one of yours, name it in \
                 provost.toml, to the letter:\n[kms]\ndecrypt_keys = [\"...\"]\nKMS was not asked"
                .to_owned(),
            Self::KmsWrap {
                source: KeyWrapError::ContextMismatch { .. },
            } => "the object was moved, or written with another context; `allow_moved = true` in \
                 [kms] accepts moved ones. KMS was not asked"
                .to_owned(),
            Self::Wrap {
                source: KeyWrapError::ForeignKmsKey { .. } | KeyWrapError::ContextMismatch { .. },
                ..
            } => "KMS was not asked: a provider has to return the description that it returned \
                 when the object was written, and the key"
                .to_owned(),
            Self::Wrap { source, .. } if source.is_wrong_key() => {
                "the key is not the one that the object was written with, or the envelope was changed"
                    .to_owned()
            }
            Self::Wrap { .. } | Self::KmsWrap { .. } | Self::Rewrap(_) | Self::Randomness(_) => {
                return None;
            }
            Self::AmbiguousKey { .. } => {
                "nothing was decrypted; the provider has to choose by the object's description or \
                 name, or a prefix of its own with one key"
                    .to_owned()
            }
            Self::NoCandidate { .. } => {
                "the key that the object was written with is missing".to_owned()
            }
            Self::Unproven {
                class,
                by_design: true,
                ..
            }
            | Self::Quarantined {
                class,
                by_design: true,
                ..
            } => format!(
                "nothing was written; if this node is not meant to decrypt, say so in provost.toml:\n\
                 [classes.\"{class}\"]\nproof = \"elsewhere\""
            ),
            Self::Unproven { .. } | Self::Quarantined { .. } => {
                "nothing was written: the object could not have been read again; this is a defect \
                 of the provider"
                    .to_owned()
            }
        })
    }
}
