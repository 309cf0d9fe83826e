//! Whose key protects an object, so that another one can.

use std::slice;
use std::sync::Arc;

use provost_core::envelope::key_wrap::{compose_kms_unwrap, stored_description};
use provost_core::envelope::{ContentMetadata, DataKey, KeyWrap, KeyWrapError, WriteFormat};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};
use provost_plugin_api::{ErrorKind, MaterialsDescription};

use super::key_error::KeyError;
use super::keys::{ProviderKeys, candidates, unwrap_first, unwrap_with};
use super::object_keys::ObjectKeys;
use crate::kms::{Kms, KmsKeyError};
use crate::store::ObjectUri;

/// A data key, and the materials that unwrapped it.
#[derive(Debug)]
pub(crate) struct Unlocked {
    pub(crate) metadata: ContentMetadata,
    pub(crate) key: Arc<DataKey>,
    pub(crate) by: Arc<DecryptionMaterials>,
}

impl Unlocked {
    fn stored(&self) -> MaterialsDescription {
        self.metadata.description().cloned().unwrap_or_default()
    }

    /// Whether the key that unwrapped is the one that these materials wrap with.
    fn is_by(&self, present: &EncryptionMaterials) -> bool {
        let key = present.wrapping_key();
        self.metadata.wrap() == KeyWrap::Authenticated(key.algorithm())
            && self.by.wrapping_key().fingerprint() == key.fingerprint()
    }
}

/// Whether the present key protects an object already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protection {
    /// It does.
    Present,
    /// It does if a new wrap leaves the stored description, to which the provider may add.
    PresentIfDescribedSo,
    /// Another one does.
    Other,
}

impl ObjectKeys {
    /// The data key of an object whose envelope was checked, and what unwrapped it.
    pub(crate) async fn unlock(
        &self,
        uri: &ObjectUri,
        metadata: ContentMetadata,
    ) -> Result<Unlocked, KeyError> {
        match self {
            Self::Provider(keys) => keys.unlock(uri, metadata).await,
            Self::Kms(keys) => {
                let candidates = keys.candidates(uri, metadata.description())?;
                Ok(unlock(keys.kms(), candidates, metadata).await?)
            }
        }
    }

    /// Whether the key for new objects is the one that unwrapped, under the stored description.
    pub(crate) async fn protection(
        &self,
        uri: &ObjectUri,
        unlocked: &Unlocked,
        format: WriteFormat,
    ) -> Result<Protection, KeyError> {
        let present = match self {
            Self::Provider(keys) => keys.materials(&keys.about(uri)).await?,
            Self::Kms(keys) => keys.materials(uri)?,
        };
        if !unlocked.is_by(&present) {
            return Ok(Protection::Other);
        }
        if let WrappingKey::ProviderHeld(_) = present.wrapping_key() {
            return Ok(Protection::PresentIfDescribedSo);
        }
        let described = stored_description(&present, format);
        let described = described.map_err(|source| KeyError::KmsWrap { source })?;
        Ok(if described == unlocked.stored() {
            Protection::Present
        } else {
            Protection::Other
        })
    }

    /// Whether these materials open another envelope of the object.
    pub(crate) async fn opens(
        &self,
        uri: &ObjectUri,
        by: &Arc<DecryptionMaterials>,
        metadata: ContentMetadata,
    ) -> Result<bool, KeyError> {
        let opened = match self {
            Self::Kms(keys) => opens(keys.kms(), by, &metadata).await?,
            Self::Provider(keys) if metadata.wrap().is_kms() => {
                opens(&keys.kms, by, &metadata).await?
            }
            Self::Provider(keys) => {
                let (about, by) = (keys.about(uri), Arc::clone(by));
                let tried = keys.handle().ask("materials_for_decrypt", move |handle| {
                    let (stored, description) =
                        (metadata.encrypted_data_key(), metadata.description());
                    Ok(unwrap_with(handle, &about, &by, stored, description).map(drop))
                });
                match tried.await? {
                    Ok(()) => true,
                    Err(KeyError::Wrap { source, .. }) if source.is_wrong_key() => false,
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(opened)
    }
}

impl ProviderKeys {
    async fn unlock(
        &self,
        uri: &ObjectUri,
        metadata: ContentMetadata,
    ) -> Result<Unlocked, KeyError> {
        let about = self.about(uri);
        let found = self.handle().ask("materials_for_decrypt", move |handle| {
            let (stored, description) = (metadata.encrypted_data_key(), metadata.description());
            let find = || -> Result<_, KeyError> {
                let mut candidates = candidates(handle, &about, stored, description)?;
                if stored.wrap().is_kms() {
                    return Ok((candidates, None));
                }
                let key = unwrap_first(handle, &about, &candidates, stored, description)?;
                let unwraps = |candidate: &DecryptionMaterials| {
                    unwrap_with(handle, &about, candidate, stored, description)
                        .is_ok_and(|unwrapped| unwrapped == key)
                };
                if candidates.len() > 1 {
                    candidates.retain(unwraps);
                }
                Ok((candidates, Some(key)))
            };
            let found = match find() {
                // The key may be newer than what the provider has loaded.
                Err(KeyError::Provider(failure)) if failure.kind() == Some(ErrorKind::NotFound) => {
                    handle.refresh(&about.call(handle))?;
                    find()
                }
                found => found,
            };
            Ok(found.map(|(candidates, key)| (metadata, candidates, key)))
        });
        let (metadata, candidates, key) = found.await??;
        let Some(key) = key else {
            return Ok(unlock(&self.kms, candidates, metadata).await?);
        };
        let count = candidates.len();
        let by = candidates.into_iter().next();
        let by = by.ok_or_else(|| KeyError::NoCandidate {
            class: super::keys::class(self.handle()),
            count,
        })?;
        Ok(Unlocked {
            metadata,
            key: Arc::new(key),
            by: Arc::new(by),
        })
    }
}

/// Asks KMS with one candidate after the other, to know which of them it was.
async fn unlock(
    kms: &Kms,
    candidates: Vec<DecryptionMaterials>,
    metadata: ContentMetadata,
) -> Result<Unlocked, KmsKeyError> {
    let (stored, description) = (metadata.encrypted_data_key(), metadata.description());
    let questions = compose_kms_unwrap(&candidates, stored, description)?;
    let mut failed = None;
    for question in &questions {
        let key = match kms.unwrap(slice::from_ref(question)).await {
            Ok(key) => key,
            Err(KmsKeyError::Call(error)) if error.is_wrong_key() => {
                failed = Some(KmsKeyError::Call(error));
                continue;
            }
            Err(error) => return Err(error),
        };
        let by = candidates.into_iter().find(|candidate| {
            matches!(candidate.wrapping_key(), WrappingKey::Kms(key) if key.key_id() == question.key_id())
        });
        let Some(by) = by else { break };
        return Ok(Unlocked {
            metadata,
            key: Arc::new(key),
            by: Arc::new(by),
        });
    }
    Err(failed.unwrap_or_else(|| {
        KeyWrapError::WrongPlace {
            kind: "no key",
            expected: "a KMS key",
        }
        .into()
    }))
}

async fn opens(
    kms: &Kms,
    by: &DecryptionMaterials,
    metadata: &ContentMetadata,
) -> Result<bool, KmsKeyError> {
    let (stored, description) = (metadata.encrypted_data_key(), metadata.description());
    // Another context, or another kind of key: KMS would refuse, and is not asked.
    let Ok(questions) = compose_kms_unwrap(slice::from_ref(by), stored, description) else {
        return Ok(false);
    };
    match kms.unwrap(&questions).await {
        Ok(_) => Ok(true),
        Err(KmsKeyError::Call(error)) if error.is_wrong_key() => Ok(false),
        Err(error) => Err(error),
    }
}
