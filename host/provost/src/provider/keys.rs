//! Data keys from a provider: for writing, proved once; for reading, by the stored description.

use std::sync::Arc;

use provost_core::config::HostConfiguration;
use provost_core::envelope::{
    ContentMetadata, DataKey, KeyWrap, KeyWrapError, RandomnessError, WrappedDataKey, WriteFormat,
    key_wrap,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};
use provost_plugin_api::{
    Attributes, Call, DecryptRequest, EncryptRequest, ErrorKind, GenerateRequest,
    MaterialsDescription, Purpose, UnwrapRequest, WrapRequest,
};

use super::failure::ProviderFailure;
use super::handle::ProviderHandle;
use super::proof::{Proofs, Proven};
use super::start::Starter;
use crate::random::OsRandomness;
use crate::store::ObjectUri;

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
    /// The system has no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The materials name a KMS key.
    #[error("provider `{class}` returned a KMS key: not supported yet")]
    Kms {
        /// The provider's class.
        class: String,
    },
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
            Self::Wrap { source, .. } if source.is_wrong_key() => {
                "the key is not the one that the object was written with, or the envelope was changed"
                    .to_owned()
            }
            Self::Wrap { .. } | Self::Randomness(_) => return None,
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
            Self::Kms { .. } => "AES and RSA keys, and keys held by the provider, are".to_owned(),
        })
    }
}

/// The keys of one provider, for the objects of one host.
#[derive(Debug)]
pub(crate) struct ProviderKeys {
    handle: ProviderHandle,
    starter: Arc<Starter>,
    host: Arc<HostConfiguration>,
    proofs: Arc<Proofs>,
}

impl ProviderKeys {
    pub(crate) fn new(
        handle: ProviderHandle,
        starter: Arc<Starter>,
        host: Arc<HostConfiguration>,
    ) -> Self {
        Self {
            handle,
            starter,
            host,
            proofs: Arc::default(),
        }
    }

    pub(crate) fn handle(&self) -> &ProviderHandle {
        &self.handle
    }

    /// A new data key, wrapped with materials that were proved to be found again.
    pub(crate) async fn for_writing(
        &self,
        uri: &ObjectUri,
        format: WriteFormat,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        let about = self.about(uri);
        let (starter, proofs) = (Arc::clone(&self.starter), Arc::clone(&self.proofs));
        let written = self.handle.ask("materials_for_encrypt", move |handle| {
            Ok(for_writing(handle, &about, format, &starter, &proofs))
        });
        written.await?
    }

    /// The data key of an object whose envelope was checked.
    pub(crate) async fn for_reading(
        &self,
        uri: &ObjectUri,
        metadata: ContentMetadata,
    ) -> Result<(ContentMetadata, DataKey), KeyError> {
        let about = self.about(uri);
        let read = self.handle.ask("materials_for_decrypt", move |handle| {
            Ok(for_reading(handle, &about, &metadata).map(|key| (metadata, key)))
        });
        read.await?
    }

    fn about(&self, uri: &ObjectUri) -> About {
        let (uri, policy) = (uri.to_string(), &self.host.description);
        let cluster_id = self.host.cluster_id.as_ref().map(|id| id.get().clone());
        let description = policy.populate.then(|| {
            let mut description = MaterialsDescription::new();
            description.insert(policy.uri.get(), &uri);
            if let Some(cluster_id) = &cluster_id {
                description.insert(policy.cluster_id.get(), cluster_id);
            }
            description
        });
        About {
            uri,
            cluster_id,
            description,
        }
    }
}

/// What the provider is told about the object.
pub(super) struct About {
    uri: String,
    cluster_id: Option<String>,
    /// What the description is populated with, if it is.
    description: Option<MaterialsDescription>,
}

impl About {
    /// A new call about the object; the facts travel as attributes, apart from the description.
    pub(super) fn call(&self, handle: &ProviderHandle) -> Call {
        let mut call = handle.new_call();
        call.attributes
            .push(Attributes::OBJECT_URI, self.uri.as_str());
        if let Some(cluster_id) = &self.cluster_id {
            call.attributes
                .push(Attributes::CLUSTER_ID, cluster_id.as_str());
        }
        call
    }
}

fn for_writing(
    handle: &ProviderHandle,
    about: &About,
    format: WriteFormat,
    starter: &Starter,
    proofs: &Proofs,
) -> Result<(WrappedDataKey, Proven), KeyError> {
    let request = EncryptRequest::new(about.call(handle), Purpose::ObjectStore)
        .with_description(about.description.clone());
    let materials = handle.materials_for_encrypt(&request)?;
    proofs.data_key(handle, about, &materials, format, starter)
}

/// Makes a data key and has it wrapped: here, or by the provider that holds the key.
pub(super) fn new_data_key(
    handle: &ProviderHandle,
    about: &About,
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<WrappedDataKey, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    match materials.wrapping_key() {
        WrappingKey::Kms(_) => Err(KeyError::Kms {
            class: class(handle),
        }),
        WrappingKey::ProviderHeld(_) => {
            if let Some(generated) = generate(handle, about, materials, format)? {
                return Ok(generated);
            }
            let key = DataKey::generate(&mut OsRandomness)?;
            let composed = key_wrap::compose_wrap(materials, format, key).map_err(wrap_error)?;
            let request = WrapRequest::new(
                about.call(handle),
                composed.key_id(),
                composed.algorithm().name(),
                composed.payload().clone_secret(),
                composed.aad(),
            );
            let wrapped = handle.wrap(&request)?;
            composed.accept(wrapped).map_err(wrap_error)
        }
        _ => {
            let key = DataKey::generate(&mut OsRandomness)?;
            key_wrap::wrap(materials, format, key, &mut OsRandomness).map_err(wrap_error)
        }
    }
}

/// Asks the provider for a data key; none if it does not make any.
fn generate(
    handle: &ProviderHandle,
    about: &About,
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<Option<WrappedDataKey>, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    let composed = key_wrap::compose_generate(materials, format).map_err(wrap_error)?;
    let Some(composed) = composed else {
        return Ok(None);
    };
    let request = GenerateRequest::new(
        about.call(handle),
        composed.key_id(),
        composed.algorithm().name(),
        composed.aad(),
    );
    match handle.generate_data_key(&request) {
        Ok((key, wrapped)) => composed.accept(&key, wrapped).map(Some).map_err(wrap_error),
        Err(failure) if failure.kind() == Some(ErrorKind::Unsupported) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

fn for_reading(
    handle: &ProviderHandle,
    about: &About,
    metadata: &ContentMetadata,
) -> Result<DataKey, KeyError> {
    match unwrap_stored(
        handle,
        about,
        metadata.encrypted_data_key(),
        metadata.description(),
    ) {
        // The key may be newer than what the provider has loaded.
        Err(KeyError::Provider(failure)) if failure.kind() == Some(ErrorKind::NotFound) => {
            handle.refresh(&about.call(handle))?;
            unwrap_stored(
                handle,
                about,
                metadata.encrypted_data_key(),
                metadata.description(),
            )
        }
        result => result,
    }
}

/// Asks for the materials that the description chooses, and tries them in order.
pub(super) fn unwrap_stored(
    handle: &ProviderHandle,
    about: &About,
    stored: &provost_core::envelope::EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<DataKey, KeyError> {
    let wrap = stored.wrap();
    let request = DecryptRequest::new(about.call(handle), Purpose::ObjectStore, wrap.name())
        .with_description(description.cloned());
    let candidates = handle.materials_for_decrypt(&request)?;
    let count = candidates.len();
    if count > 1 && !wrap.detects_wrong_key() {
        return Err(KeyError::AmbiguousKey {
            class: class(handle),
            wrap,
            count,
        });
    }
    for candidate in &candidates {
        // This wrap is authenticated: a wrong key is told from a right one.
        match unwrap_with(handle, about, candidate, stored, description) {
            Err(KeyError::Wrap { source, .. }) if source.is_wrong_key() && count > 1 => {}
            result => return result,
        }
    }
    Err(KeyError::NoCandidate {
        class: class(handle),
        count,
    })
}

fn unwrap_with(
    handle: &ProviderHandle,
    about: &About,
    materials: &DecryptionMaterials,
    stored: &provost_core::envelope::EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<DataKey, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    match materials.wrapping_key() {
        WrappingKey::Kms(_) => Err(KeyError::Kms {
            class: class(handle),
        }),
        WrappingKey::ProviderHeld(_) => {
            let composed = key_wrap::compose_unwrap(materials, stored).map_err(wrap_error)?;
            let request = UnwrapRequest::new(
                about.call(handle),
                composed.key_id(),
                composed.algorithm().name(),
                composed.ciphertext(),
                composed.aad(),
            )
            .with_description(description.cloned());
            match handle.unwrap(&request) {
                Ok(answer) => composed.accept(&answer).map_err(wrap_error),
                // The provider's way to say that this is not the key.
                Err(failure) if failure.kind() == Some(ErrorKind::Rejected) => {
                    let algorithm = composed.algorithm().into();
                    Err(wrap_error(KeyWrapError::NotAuthentic { algorithm }))
                }
                Err(failure) => Err(failure.into()),
            }
        }
        _ => key_wrap::unwrap(materials, stored).map_err(wrap_error),
    }
}

pub(super) fn class(handle: &ProviderHandle) -> String {
    handle.name().class.to_string()
}

fn wrap_error(handle: &ProviderHandle, source: KeyWrapError) -> KeyError {
    // It may quote what the wrap added to the description.
    let words = source.to_string();
    if !handle.is_clean(&words) {
        return handle.protocol("wrap", words).into();
    }
    KeyError::Wrap {
        class: class(handle),
        source,
    }
}
