//! Materials that name a KMS key: the provider says which key and which context, the host asks KMS.

use std::sync::Arc;

use provost_core::envelope::key_wrap::{
    compose_kms_generate, compose_kms_unwrap, compose_kms_wrap,
};
use provost_core::envelope::{
    ContentMetadata, DataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey, WriteFormat,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};

use super::handle::ProviderHandle;
use super::key_error::KeyError;
use super::keys::{About, ProviderKeys, candidates, start, wrap_error};
use super::proof::{Proven, Subject};
use crate::kms::KmsKeyError;
use crate::store::{ObjectStore, ObjectUri};

impl ProviderKeys {
    /// R4, before KMS is asked.
    pub(super) async fn check_regions(
        &self,
        materials: &EncryptionMaterials,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
    ) -> Result<(), KeyError> {
        let WrappingKey::Kms(key) = materials.wrapping_key() else {
            return Ok(());
        };
        Ok(self.kms.check_regions(key.key_id(), store, uri).await?)
    }

    /// A data key from KMS. What is proved is that a new provider, told what is stored, names a key
    /// that KMS unwraps it with: one more Decrypt for each context, in a process.
    pub(super) async fn kms_for_writing(
        &self,
        about: About,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        size: Option<u64>,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        let handle = self.handle();
        let question = compose_kms_generate(materials, format).map_err(told(handle))?;
        let subject = Subject::new(handle, materials, format, question.context());
        self.proofs.check_quarantine(handle, &subject)?;
        let key = self.kms.data_key(question, &about.uri, size).await;
        let key = key.map_err(|error| asked(handle, error))?;
        let proven = self.proved(about, subject, &key).await?;
        Ok((key, proven))
    }

    /// The data key of an object, through KMS: its context has to be what the provider says.
    pub(super) async fn kms_for_reading(
        &self,
        candidates: &[DecryptionMaterials],
        metadata: &ContentMetadata,
    ) -> Result<DataKey, KeyError> {
        let handle = self.handle();
        let (stored, description) = (metadata.encrypted_data_key(), metadata.description());
        let questions =
            compose_kms_unwrap(candidates, stored, description).map_err(told(handle))?;
        let key = self.kms.unwrap(&questions).await;
        key.map_err(|error| asked(handle, error))
    }

    /// Another wrap of an object's own data key, by KMS.
    pub(super) async fn kms_for_rewrapping(
        &self,
        about: About,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        key: &DataKey,
    ) -> Result<(RewrappedDataKey, Proven), KeyError> {
        let handle = self.handle();
        let test = compose_kms_generate(materials, format).map_err(told(handle))?;
        let subject = Subject::new(handle, materials, format, test.context());
        self.proofs.check_quarantine(handle, &subject)?;
        let proven = if let Some(proven) = self.proofs.settled(handle, &subject) {
            proven
        } else {
            // A value that is never used for data.
            let test = self.kms.new_data_key(test).await;
            let test = test.map_err(|error| asked(handle, error))?;
            self.proved(about, subject, &test).await?
        };
        let question = compose_kms_wrap(materials, format, key).map_err(told(handle))?;
        let rewrapped = self.kms.rewrap(question).await;
        Ok((rewrapped.map_err(|error| asked(handle, error))?, proven))
    }

    async fn proved(
        &self,
        about: About,
        subject: Subject,
        key: &WrappedDataKey,
    ) -> Result<Proven, KeyError> {
        let handle = self.handle();
        if let Some(proven) = self.proofs.settled(handle, &subject) {
            return Ok(proven);
        }
        let attempt = self.attempt(about, key).await;
        self.proofs.settle(handle, subject, attempt)
    }

    async fn attempt(&self, about: About, key: &WrappedDataKey) -> Result<(), KeyError> {
        let handle = self.handle();
        let starter = Arc::clone(&self.starter);
        let (stored, description) = (key.encrypted().clone(), key.description().clone());
        let asking = handle.ask("materials_for_decrypt", move |_| {
            Ok(start(&starter)
                .and_then(|fresh| candidates(&fresh, &about, &stored, Some(&description))))
        });
        let candidates = asking.await??;
        let questions = compose_kms_unwrap(&candidates, key.encrypted(), Some(key.description()));
        let unwrapped = self.kms.unwrap(&questions.map_err(told(handle))?).await;
        if key.unwraps_to(&unwrapped.map_err(|error| asked(handle, error))?) {
            return Ok(());
        }
        Err(KeyError::Wrap {
            class: handle.name().class.to_string(),
            source: KeyWrapError::NotAuthentic {
                algorithm: key.encrypted().wrap(),
            },
        })
    }
}

fn told(handle: &ProviderHandle) -> impl Fn(KeyWrapError) -> KeyError + '_ {
    |source| wrap_error(handle, source)
}

fn asked(handle: &ProviderHandle, error: KmsKeyError) -> KeyError {
    match error {
        KmsKeyError::Call(error) => KeyError::Kms(error),
        KmsKeyError::Wrap(source) => wrap_error(handle, source),
    }
}
