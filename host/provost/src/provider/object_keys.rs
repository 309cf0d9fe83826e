//! Where the keys of objects come from: a provider, or KMS alone.

use std::sync::Arc;

use provost_core::config::KmsKeyArn;
use provost_core::envelope::{
    ContentMetadata, DataKey, RewrappedDataKey, WrappedDataKey, WriteFormat,
};

use super::handle::ProviderHandle;
use super::key_error::KeyError;
use super::keys::ProviderKeys;
use super::proof::Proven;
use crate::kms::KmsKeys;
use crate::store::{ObjectStore, ObjectUri};

/// The keys behind an [`EncryptedStore`](crate::EncryptedStore).
#[derive(Debug, Clone)]
pub(crate) enum ObjectKeys {
    /// CSE-Custom: a provider's.
    Provider(Arc<ProviderKeys>),
    /// CSE-KMS: KMS's own.
    Kms(Arc<KmsKeys>),
}

impl ObjectKeys {
    pub(crate) fn provider(&self) -> Option<&ProviderHandle> {
        match self {
            Self::Provider(keys) => Some(keys.handle()),
            Self::Kms(_) => None,
        }
    }

    pub(crate) fn kms_key(&self) -> Option<&KmsKeyArn> {
        match self {
            Self::Provider(_) => None,
            Self::Kms(keys) => Some(keys.key()),
        }
    }

    /// A data key for an object of `size` bytes of plaintext, if that is known; wrapped with
    /// materials that were proved to be found again. A KMS key has to be in the region of the
    /// cluster and of the object's bucket (R4).
    pub(crate) async fn for_writing(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        size: Option<u64>,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        match self {
            Self::Provider(keys) => keys.for_writing(store, uri, format, size).await,
            Self::Kms(keys) => keys.for_writing(store, uri, format, size).await,
        }
    }

    /// The data key of an object whose envelope was checked.
    pub(crate) async fn for_reading(
        &self,
        uri: &ObjectUri,
        metadata: ContentMetadata,
    ) -> Result<(ContentMetadata, DataKey), KeyError> {
        match self {
            Self::Provider(keys) => keys.for_reading(uri, metadata).await,
            Self::Kms(keys) => keys.for_reading(uri, metadata).await,
        }
    }

    /// The data key that an object has, wrapped with what a new object would be wrapped with: AES,
    /// RSA, KMS or a key that the provider holds; proved, and in its region, as a new one is.
    pub(crate) async fn for_rewrapping(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        key: Arc<DataKey>,
    ) -> Result<(RewrappedDataKey, Proven), KeyError> {
        match self {
            Self::Provider(keys) => keys.for_rewrapping(store, uri, format, key).await,
            Self::Kms(keys) => keys.for_rewrapping(store, uri, format, &key).await,
        }
    }
}
