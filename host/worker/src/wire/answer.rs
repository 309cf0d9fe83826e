//! Answers.

use provost_plugin_api::{
    Candidates, RawKey, RawMaterials, RawTlsArtifacts, SecretBytes, Status, Wrapped,
};
use serde::{Deserialize, Serialize};

use super::attributes::{WireAttributes, WireDescription, lend, own};
use super::{Bytes, Failure, Malformed};
use crate::Answer;

#[derive(Serialize, Deserialize)]
pub(crate) struct AnswerFrame<'a> {
    /// The number of the request.
    pub(crate) sequence: u64,
    #[serde(borrow)]
    pub(crate) answer: Result<WireAnswer<'a>, Failure<'a>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum WireAnswer<'a> {
    Refreshed,
    Status {
        healthy: bool,
        generation: &'a str,
        message: &'a str,
        #[serde(borrow)]
        attributes: WireAttributes<'a>,
    },
    #[serde(borrow)]
    Materials(WireMaterials<'a>),
    #[serde(borrow)]
    Candidates(Vec<WireMaterials<'a>>),
    DataKey(#[serde(borrow)] Bytes<'a>, #[serde(borrow)] WireWrapped<'a>),
    #[serde(borrow)]
    Wrapped(WireWrapped<'a>),
    #[serde(borrow)]
    Unwrapped(Bytes<'a>),
    Tls {
        #[serde(borrow)]
        private_key: Bytes<'a>,
        #[serde(borrow)]
        certificate_chain: Bytes<'a>,
        #[serde(borrow)]
        trusted_certificates: Option<Bytes<'a>>,
        generation: &'a str,
        #[serde(borrow)]
        attributes: WireAttributes<'a>,
    },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WireMaterials<'a> {
    #[serde(borrow)]
    description: WireDescription<'a>,
    generation: &'a str,
    algorithm: &'a str,
    #[serde(borrow)]
    key: WireKey<'a>,
    #[serde(borrow)]
    attributes: WireAttributes<'a>,
}

#[derive(Serialize, Deserialize)]
enum WireKey<'a> {
    #[serde(borrow)]
    Symmetric(Bytes<'a>),
    Rsa {
        #[serde(borrow)]
        public: Bytes<'a>,
        #[serde(borrow)]
        private: Option<Bytes<'a>>,
    },
    Kms {
        key_id: &'a str,
    },
    ProviderHeld {
        key_id: &'a str,
        wrap_algorithm: &'a str,
    },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WireWrapped<'a> {
    #[serde(borrow)]
    bytes: Bytes<'a>,
    #[serde(borrow)]
    description: WireDescription<'a>,
    #[serde(borrow)]
    attributes: WireAttributes<'a>,
}

impl<'a> WireAnswer<'a> {
    pub(crate) fn lend(answer: &'a Answer) -> Result<Self, Malformed> {
        Ok(match answer {
            Answer::Refreshed => Self::Refreshed,
            Answer::Status(status) => Self::Status {
                healthy: status.healthy,
                generation: &status.generation,
                message: &status.message,
                attributes: (&status.attributes).into(),
            },
            Answer::Materials(materials) => Self::Materials(lend_materials(materials)?),
            Answer::Candidates(candidates) => {
                let candidates = candidates.iter().map(lend_materials);
                Self::Candidates(candidates.collect::<Result<_, _>>()?)
            }
            Answer::DataKey(key, wrapped) => {
                Self::DataKey(Bytes(key.secret_bytes()), lend_wrapped(wrapped))
            }
            Answer::Wrapped(wrapped) => Self::Wrapped(lend_wrapped(wrapped)),
            Answer::Unwrapped(key) => Self::Unwrapped(Bytes(key.secret_bytes())),
            Answer::TlsArtifacts(tls) => Self::Tls {
                private_key: Bytes(tls.private_key.secret_bytes()),
                certificate_chain: Bytes(&tls.certificate_chain),
                trusted_certificates: tls.trusted_certificates.as_deref().map(Bytes),
                generation: &tls.generation,
                attributes: (&tls.attributes).into(),
            },
        })
    }

    pub(crate) fn into_owned(self) -> Result<Answer, Malformed> {
        Ok(match self {
            Self::Refreshed => Answer::Refreshed,
            Self::Status {
                healthy,
                generation,
                message,
                attributes,
            } => {
                let mut status = Status::healthy(generation);
                status.healthy = healthy;
                message.clone_into(&mut status.message);
                status.attributes = attributes.into_owned();
                Answer::Status(status)
            }
            Self::Materials(materials) => Answer::Materials(own_materials(materials)),
            Self::Candidates(candidates) => {
                let candidates: Vec<_> = candidates.into_iter().map(own_materials).collect();
                let candidates = Candidates::try_from(candidates);
                let candidates = candidates.map_err(|e| Malformed::new(e.message()))?;
                Answer::Candidates(candidates.into_vec())
            }
            Self::DataKey(key, wrapped) => {
                Answer::DataKey(SecretBytes::copy_from(key.0), own_wrapped(wrapped))
            }
            Self::Wrapped(wrapped) => Answer::Wrapped(own_wrapped(wrapped)),
            Self::Unwrapped(key) => Answer::Unwrapped(SecretBytes::copy_from(key.0)),
            Self::Tls {
                private_key,
                certificate_chain,
                trusted_certificates,
                generation,
                attributes,
            } => {
                let key = SecretBytes::copy_from(private_key.0);
                let mut tls = RawTlsArtifacts::from_pem(key, certificate_chain.0.to_vec())
                    .with_generation(generation);
                tls.trusted_certificates = trusted_certificates.map(|pem| pem.0.to_vec());
                tls.attributes = attributes.into_owned();
                Answer::TlsArtifacts(tls)
            }
        })
    }
}

fn lend_materials(materials: &RawMaterials) -> Result<WireMaterials<'_>, Malformed> {
    let key = match &materials.key {
        RawKey::Symmetric(key) => WireKey::Symmetric(Bytes(key.secret_bytes())),
        RawKey::Rsa { public, private } => WireKey::Rsa {
            public: Bytes(public),
            private: private.as_ref().map(|key| Bytes(key.secret_bytes())),
        },
        RawKey::Kms { key_id } => WireKey::Kms { key_id },
        RawKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        } => WireKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        },
        _ => return Err(Malformed::new("`key` is of a kind that has no wire form")),
    };
    Ok(WireMaterials {
        description: lend(&materials.description),
        generation: &materials.generation,
        algorithm: &materials.algorithm,
        key,
        attributes: (&materials.attributes).into(),
    })
}

fn own_materials(materials: WireMaterials<'_>) -> RawMaterials {
    let key = match materials.key {
        WireKey::Symmetric(key) => RawKey::Symmetric(SecretBytes::copy_from(key.0)),
        WireKey::Rsa { public, private } => RawKey::Rsa {
            public: public.0.to_vec(),
            private: private.map(|key| SecretBytes::copy_from(key.0)),
        },
        WireKey::Kms { key_id } => RawKey::Kms {
            key_id: key_id.to_owned(),
        },
        WireKey::ProviderHeld {
            key_id,
            wrap_algorithm,
        } => RawKey::ProviderHeld {
            key_id: key_id.to_owned(),
            wrap_algorithm: wrap_algorithm.to_owned(),
        },
    };
    let mut owned = RawMaterials::new(key)
        .with_description(own(materials.description))
        .with_generation(materials.generation);
    materials.algorithm.clone_into(&mut owned.algorithm);
    owned.attributes = materials.attributes.into_owned();
    owned
}

fn lend_wrapped(wrapped: &Wrapped) -> WireWrapped<'_> {
    WireWrapped {
        bytes: Bytes(&wrapped.bytes),
        description: lend(&wrapped.description),
        attributes: (&wrapped.attributes).into(),
    }
}

fn own_wrapped(wrapped: WireWrapped<'_>) -> Wrapped {
    let mut owned =
        Wrapped::new(wrapped.bytes.0.to_vec()).with_description(own(wrapped.description));
    owned.attributes = wrapped.attributes.into_owned();
    owned
}
