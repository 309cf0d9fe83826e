//! CSE-KMS: the keys of objects, from KMS alone, without a provider library.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use provost_core::config::{HostConfiguration, KmsKeyArn, Proof};
use provost_core::envelope::key_wrap::{
    compose_kms_generate, compose_kms_unwrap, compose_kms_wrap,
};
use provost_core::envelope::{
    ContentMetadata, DataKey, EncryptedDataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey,
    WriteFormat,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials};
use provost_plugin_api::{MaterialsDescription, RawMaterials};

use super::{Kms, KmsKeyError};
use crate::provider::{KeyError, Proven, populated};
use crate::store::{ObjectStore, ObjectUri};

/// The most proofs that are kept: past it they are forgotten, and made again.
const KEPT: usize = 4096;

/// The keys of the mode CSE-KMS: one that writes, and those that it replaced.
#[derive(Debug)]
pub(crate) struct KmsKeys {
    kms: Arc<Kms>,
    key: KmsKeyArn,
    host: Arc<HostConfiguration>,
    /// What was written with and could be read, in this process.
    proved: Mutex<HashSet<(WriteFormat, MaterialsDescription)>>,
}

impl KmsKeys {
    pub(crate) fn new(kms: Arc<Kms>, key: KmsKeyArn, host: Arc<HostConfiguration>) -> Self {
        Self {
            kms,
            key,
            host,
            proved: Mutex::default(),
        }
    }

    /// The key that writes.
    pub(crate) fn key(&self) -> &KmsKeyArn {
        &self.key
    }

    /// A data key, proved to be unwrapped with what a reader is configured with.
    pub(crate) async fn for_writing(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        size: Option<u64>,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        self.check_regions(store, uri).await?;
        let materials = self.materials(uri)?;
        let question = compose_kms_generate(&materials, format).map_err(wrap)?;
        let key = self.kms.data_key(question, &uri.to_string(), size).await?;
        let proven = self.prove(uri, format, &key).await?;
        Ok((key, proven))
    }

    /// The data key of an object whose envelope was checked.
    pub(crate) async fn for_reading(
        &self,
        uri: &ObjectUri,
        metadata: ContentMetadata,
    ) -> Result<(ContentMetadata, DataKey), KeyError> {
        let key = self
            .unwrap(uri, metadata.encrypted_data_key(), metadata.description())
            .await?;
        Ok((metadata, key))
    }

    /// Another wrap of the data key that the object has.
    pub(crate) async fn for_rewrapping(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        key: &DataKey,
    ) -> Result<(RewrappedDataKey, Proven), KeyError> {
        self.check_regions(store, uri).await?;
        let materials = self.materials(uri)?;
        let test = compose_kms_generate(&materials, format).map_err(wrap)?;
        let mut proven = Proven::Earlier;
        if !self.is_proved(format, test.context()) && *self.host.kms.proof == Proof::Required {
            // A value that is never used for data.
            let test = self.kms.new_data_key(test).await?;
            proven = self.prove(uri, format, &test).await?;
        } else if *self.host.kms.proof == Proof::Elsewhere {
            proven = Proven::Elsewhere;
        }
        let question = compose_kms_wrap(&materials, format, key).map_err(wrap)?;
        Ok((self.kms.rewrap(question).await?, proven))
    }

    async fn check_regions(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
    ) -> Result<(), KeyError> {
        let checked = self.kms.check_regions(self.key.as_str(), store, uri);
        Ok(checked.await?)
    }

    /// What new objects are written with.
    pub(crate) fn materials(&self, uri: &ObjectUri) -> Result<EncryptionMaterials, KeyError> {
        let description = populated(&self.host, &uri.to_string()).unwrap_or_default();
        let raw = RawMaterials::kms(self.key.as_str()).with_description(description);
        EncryptionMaterials::validate(raw).map_err(|error| wrap(error.into()))
    }

    /// What may unwrap the data key of an object with this description.
    pub(crate) fn candidates(
        &self,
        uri: &ObjectUri,
        description: Option<&MaterialsDescription>,
    ) -> Result<Vec<DecryptionMaterials>, KeyError> {
        let accepted = self.accepted(uri, description);
        let keys = std::iter::once(&self.key).chain(self.host.kms.decrypt_keys.iter());
        keys.map(|key| {
            let raw = RawMaterials::kms(key.as_str()).with_description(accepted.clone());
            DecryptionMaterials::validate(raw)
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrap(error.into()))
    }

    pub(crate) fn kms(&self) -> &Kms {
        &self.kms
    }

    async fn unwrap(
        &self,
        uri: &ObjectUri,
        stored: &EncryptedDataKey,
        description: Option<&MaterialsDescription>,
    ) -> Result<DataKey, KeyError> {
        let candidates = self.candidates(uri, description)?;
        let questions = compose_kms_unwrap(&candidates, stored, description).map_err(wrap)?;
        Ok(self.kms.unwrap(&questions).await?)
    }

    /// What a context may say besides its reserved entries: nothing, or what this host populates
    /// it with. It names this object, unless moved ones are accepted; the cluster may be another.
    fn accepted(
        &self,
        uri: &ObjectUri,
        stored: Option<&MaterialsDescription>,
    ) -> MaterialsDescription {
        let policy = &self.host.description;
        let mut accepted = MaterialsDescription::new();
        let Some(stored) = stored else {
            return accepted;
        };
        if let Some(cluster) = stored.get(&policy.cluster_id) {
            accepted.insert(policy.cluster_id.as_str(), cluster);
        }
        if let Some(found) = stored.get(&policy.uri) {
            // Names are compared, not spellings: s3a:// and s3:// are one.
            let is_this = found.parse::<ObjectUri>().is_ok_and(|found| found == *uri);
            let moved = *self.host.kms.allow_moved;
            let named = if is_this || moved {
                found
            } else {
                &uri.to_string()
            };
            accepted.insert(policy.uri.as_str(), named);
        }
        accepted
    }

    /// Has KMS unwrap it once, with what is stored.
    async fn prove(
        &self,
        uri: &ObjectUri,
        format: WriteFormat,
        key: &WrappedDataKey,
    ) -> Result<Proven, KeyError> {
        if *self.host.kms.proof == Proof::Elsewhere {
            return Ok(Proven::Elsewhere);
        }
        if self.is_proved(format, key.description()) {
            return Ok(Proven::Earlier);
        }
        let unwrapped = self
            .unwrap(uri, key.encrypted(), Some(key.description()))
            .await
            .map_err(|error| match error {
                KeyError::Kms(error) if error.is_denied() => KeyError::KmsUnproven(error),
                error => error,
            })?;
        if !key.unwraps_to(&unwrapped) {
            return Err(wrap(KeyWrapError::NotAuthentic {
                algorithm: key.encrypted().wrap(),
            }));
        }
        let mut proved = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        if proved.len() >= KEPT {
            proved.clear();
        }
        proved.insert((format, key.description().clone()));
        Ok(Proven::Unwrapped)
    }

    fn is_proved(&self, format: WriteFormat, context: &MaterialsDescription) -> bool {
        let proved = self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        proved.contains(&(format, context.clone()))
    }
}

fn wrap(source: KeyWrapError) -> KeyError {
    KeyError::KmsWrap { source }
}

impl From<KmsKeyError> for KeyError {
    fn from(error: KmsKeyError) -> Self {
        match error {
            KmsKeyError::Call(error) => Self::Kms(error),
            KmsKeyError::Wrap(source) => Self::KmsWrap { source },
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use provost_core::config::Source;
    use provost_core::envelope::key_wrap::ComposedKmsUnwrap;
    use provost_plugin_api::SecretBytes;

    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/a";

    fn wrapped(key: &str, description: MaterialsDescription, text: &str) -> WrappedDataKey {
        let raw = RawMaterials::kms(key).with_description(description);
        let materials = EncryptionMaterials::validate(raw).unwrap();
        let question = compose_kms_generate(&materials, WriteFormat::V3).unwrap();
        let plaintext = SecretBytes::new((0..32).collect());
        question.accept(&plaintext, text.into()).unwrap()
    }

    /// What KMS is asked to unwrap `text` with `key`.
    pub(in crate::kms) fn question(key: &str, text: &str) -> ComposedKmsUnwrap {
        let wrapped = wrapped(key, MaterialsDescription::new(), text);
        let candidate = DecryptionMaterials::validate(RawMaterials::kms(key)).unwrap();
        let description = Some(wrapped.description());
        compose_kms_unwrap(&[candidate], wrapped.encrypted(), description)
            .unwrap()
            .remove(0)
    }

    fn keys(toml: &str) -> KmsKeys {
        let source = Source::new("provost.toml", toml);
        let host = HostConfiguration::parse(source, Path::new("/"), &|_| None).unwrap();
        let host = Arc::new(host.value);
        let kms = Arc::new(Kms::new(Arc::clone(&host)));
        KmsKeys::new(kms, KmsKeyArn::parse(KEY).unwrap(), host)
    }

    /// What the context of an object may be, without any call.
    fn refusal(toml: &str, uri: &str, stored: MaterialsDescription) -> Option<KeyWrapError> {
        let keys = keys(toml);
        let wrapped = wrapped(KEY, stored, "wrapped");
        let (uri, stored) = (uri.parse().unwrap(), Some(wrapped.description()));
        let accepted = keys.accepted(&uri, stored);
        let raw = RawMaterials::kms(KEY).with_description(accepted);
        let candidate = DecryptionMaterials::validate(raw).unwrap();
        compose_kms_unwrap(&[candidate], wrapped.encrypted(), stored).err()
    }

    #[test]
    fn a_context_names_this_object_or_none() {
        let description = MaterialsDescription::new;
        let here = "file:///data/a";
        assert_eq!(refusal("", here, description()), None);
        let mine = description()
            .with("Path", here)
            .with("JobflowId", "j-OTHER");
        assert_eq!(refusal("", here, mine.clone()), None);
        let moved = refusal("", "file:///data/b", mine.clone());
        assert!(matches!(moved, Some(KeyWrapError::ContextMismatch { .. })));
        let allowed = "[kms]\nallow_moved = true";
        assert_eq!(refusal(allowed, "file:///data/b", mine), None);
        let foreign = refusal(allowed, here, description().with("team", "a"));
        assert!(matches!(
            foreign,
            Some(KeyWrapError::ContextMismatch { .. })
        ));
    }
}
