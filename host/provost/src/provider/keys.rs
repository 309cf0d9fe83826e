//! Data keys from a provider: for writing, proved once; for reading, by the stored description.

use std::sync::Arc;

use provost_core::config::HostConfiguration;
use provost_core::envelope::key_wrap::{self, ComposedWrap};
use provost_core::envelope::{
    ContentMetadata, DataKey, EncryptedDataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey,
    WriteFormat,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, WrappingKey};
use provost_plugin_api::{
    Attributes, Call, DecryptRequest, EncryptRequest, ErrorKind, GenerateRequest,
    MaterialsDescription, Purpose, UnwrapRequest, WrapRequest,
};

use super::handle::ProviderHandle;
use super::key_error::KeyError;
use super::proof::{Proofs, Proven};
use super::start::Starter;
use crate::kms::Kms;
use crate::random::OsRandomness;
use crate::store::{ObjectStore, ObjectUri};

/// The keys of one provider, for the objects of one host.
#[derive(Debug)]
pub(crate) struct ProviderKeys {
    handle: ProviderHandle,
    pub(super) starter: Arc<Starter>,
    host: Arc<HostConfiguration>,
    pub(super) kms: Arc<Kms>,
    pub(super) proofs: Arc<Proofs>,
}

/// A key that is at hand, or materials that it takes KMS for.
enum Found<K, M> {
    Key(K),
    Kms(M),
}

impl ProviderKeys {
    pub(crate) fn new(
        handle: ProviderHandle,
        starter: Arc<Starter>,
        host: Arc<HostConfiguration>,
        kms: Arc<Kms>,
    ) -> Self {
        Self {
            handle,
            starter,
            host,
            kms,
            proofs: Arc::default(),
        }
    }

    pub(crate) fn handle(&self) -> &ProviderHandle {
        &self.handle
    }

    /// A new data key, wrapped with materials that were proved to be found again.
    pub(crate) async fn for_writing(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        size: Option<u64>,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        let about = self.about(uri);
        let materials = self.materials(&about).await?;
        if let WrappingKey::Kms(_) = materials.wrapping_key() {
            self.check_regions(&materials, store, uri).await?;
            return self.kms_for_writing(about, &materials, format, size).await;
        }
        if let Some(key) = self.proofs.wrapped_here(&self.handle, &materials, format)? {
            return Ok(key);
        }
        let (starter, proofs) = (Arc::clone(&self.starter), Arc::clone(&self.proofs));
        let written = self.handle.ask("wrap", move |handle| {
            Ok(proofs.data_key(handle, &about, &materials, format, &starter))
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
            Ok(for_reading(handle, &about, &metadata).map(|found| (metadata, found)))
        });
        match read.await?? {
            (metadata, Found::Key(key)) => Ok((metadata, key)),
            (metadata, Found::Kms(candidates)) => {
                let key = self.kms_for_reading(&candidates, &metadata).await?;
                Ok((metadata, key))
            }
        }
    }

    /// The data key that an object has, wrapped with the materials that a new one would get, which
    /// are proved first.
    pub(crate) async fn for_rewrapping(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        format: WriteFormat,
        key: Arc<DataKey>,
    ) -> Result<(RewrappedDataKey, Proven), KeyError> {
        let about = self.about(uri);
        let materials = self.materials(&about).await?;
        if let WrappingKey::Kms(_) = materials.wrapping_key() {
            self.check_regions(&materials, store, uri).await?;
            return self
                .kms_for_rewrapping(about, &materials, format, &key)
                .await;
        }
        let (starter, proofs) = (Arc::clone(&self.starter), Arc::clone(&self.proofs));
        let written = self.handle.ask("wrap", move |handle| {
            Ok(proofs.rewrapped(handle, &about, &materials, format, &starter, &key))
        });
        written.await?
    }

    /// What the provider has for new objects.
    pub(super) async fn materials(&self, about: &About) -> Result<EncryptionMaterials, KeyError> {
        let request = EncryptRequest::new(about.call(&self.handle), Purpose::ObjectStore)
            .with_description(about.description.clone());
        Ok(self.handle.ask_for_materials(request).await?)
    }

    pub(super) fn about(&self, uri: &ObjectUri) -> About {
        let uri = uri.to_string();
        About {
            description: populated(&self.host, &uri),
            cluster_id: self.host.cluster_id.as_ref().map(|id| id.get().clone()),
            uri,
        }
    }
}

/// What the description of an object is populated with, if it is.
pub(crate) fn populated(host: &HostConfiguration, uri: &str) -> Option<MaterialsDescription> {
    let policy = &host.description;
    policy.populate.then(|| {
        let mut description = MaterialsDescription::new();
        description.insert(policy.uri.get(), uri);
        if let Some(cluster_id) = &host.cluster_id {
            description.insert(policy.cluster_id.get(), cluster_id.get());
        }
        description
    })
}

/// What the provider is told about the object.
pub(super) struct About {
    pub(super) uri: String,
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

/// Makes a data key and has it wrapped: here, or by the provider that holds the key.
pub(super) fn new_data_key(
    handle: &ProviderHandle,
    about: &About,
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<WrappedDataKey, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    let held = matches!(materials.wrapping_key(), WrappingKey::ProviderHeld(_));
    if held && let Some(generated) = generate(handle, about, materials, format)? {
        return Ok(generated);
    }
    if held {
        let key = DataKey::generate(&mut OsRandomness)?;
        let composed = key_wrap::compose_wrap(materials, format, key).map_err(wrap_error)?;
        let wrapped = handle.wrap(&wrap_request(handle, about, &composed))?;
        return composed.accept(wrapped).map_err(wrap_error);
    }
    wrap_here(handle, materials, format)
}

/// Makes a data key and wraps it with a key that is in this process.
pub(super) fn wrap_here(
    handle: &ProviderHandle,
    materials: &EncryptionMaterials,
    format: WriteFormat,
) -> Result<WrappedDataKey, KeyError> {
    let key = DataKey::generate(&mut OsRandomness)?;
    key_wrap::wrap(materials, format, key, &mut OsRandomness)
        .map_err(|source| wrap_error(handle, source))
}

/// Has the data key that an object has wrapped: here, or by the provider that holds the key.
pub(super) fn rewrap_data_key(
    handle: &ProviderHandle,
    about: &About,
    materials: &EncryptionMaterials,
    format: WriteFormat,
    key: &DataKey,
) -> Result<RewrappedDataKey, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    if let WrappingKey::ProviderHeld(_) = materials.wrapping_key() {
        let composed = key_wrap::compose_rewrap(materials, format, key).map_err(wrap_error)?;
        let wrapped = handle.wrap(&wrap_request(handle, about, composed.question()))?;
        return composed.accept(wrapped).map_err(wrap_error);
    }
    key_wrap::rewrap(materials, format, key, &mut OsRandomness).map_err(wrap_error)
}

fn wrap_request(
    handle: &ProviderHandle,
    about: &About,
    composed: &ComposedWrap<'_>,
) -> WrapRequest {
    WrapRequest::new(
        about.call(handle),
        composed.key_id(),
        composed.algorithm().name(),
        composed.payload().clone_secret(),
        composed.aad(),
    )
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
) -> Result<Found<DataKey, Vec<DecryptionMaterials>>, KeyError> {
    let find = || {
        let (stored, description) = (metadata.encrypted_data_key(), metadata.description());
        let candidates = candidates(handle, about, stored, description)?;
        if stored.wrap().is_kms() {
            return Ok(Found::Kms(candidates));
        }
        unwrap_first(handle, about, &candidates, stored, description).map(Found::Key)
    };
    match find() {
        // The key may be newer than what the provider has loaded.
        Err(KeyError::Provider(failure)) if failure.kind() == Some(ErrorKind::NotFound) => {
            handle.refresh(&about.call(handle))?;
            find()
        }
        result => result,
    }
}

/// Asks for the materials that the description chooses: the one that was returned when the object
/// was written, without what the wrap put into a KMS context.
pub(super) fn candidates(
    handle: &ProviderHandle,
    about: &About,
    stored: &EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<Vec<DecryptionMaterials>, KeyError> {
    let wrap = stored.wrap();
    let returned = match description {
        Some(stored) if wrap.is_kms() => {
            Some(key_wrap::returned_description(stored)).filter(|returned| !returned.is_empty())
        }
        other => other.cloned(),
    };
    let request = DecryptRequest::new(about.call(handle), Purpose::ObjectStore, wrap.name())
        .with_description(returned);
    Ok(handle.materials_for_decrypt(&request)?)
}

/// Asks for the materials that the description chooses, and tries them in order.
pub(super) fn unwrap_stored(
    handle: &ProviderHandle,
    about: &About,
    stored: &EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<DataKey, KeyError> {
    let candidates = candidates(handle, about, stored, description)?;
    unwrap_first(handle, about, &candidates, stored, description)
}

pub(super) fn unwrap_first(
    handle: &ProviderHandle,
    about: &About,
    candidates: &[DecryptionMaterials],
    stored: &EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<DataKey, KeyError> {
    let (count, wrap) = (candidates.len(), stored.wrap());
    if count > 1 && !wrap.detects_wrong_key() {
        return Err(KeyError::AmbiguousKey {
            class: class(handle),
            wrap,
            count,
        });
    }
    for candidate in candidates {
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

/// A newly started provider, for a proof.
pub(super) fn start(starter: &Starter) -> Result<ProviderHandle, KeyError> {
    starter.start().map_err(|error| match error {
        crate::Error::Provider(failure) => KeyError::Provider(failure),
        error => KeyError::Start(Box::new(error)),
    })
}

/// Unwraps with these materials and no others.
pub(super) fn unwrap_with(
    handle: &ProviderHandle,
    about: &About,
    materials: &DecryptionMaterials,
    stored: &EncryptedDataKey,
    description: Option<&MaterialsDescription>,
) -> Result<DataKey, KeyError> {
    let wrap_error = |source| wrap_error(handle, source);
    match materials.wrapping_key() {
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

pub(super) fn wrap_error(handle: &ProviderHandle, source: KeyWrapError) -> KeyError {
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
