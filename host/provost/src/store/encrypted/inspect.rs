//! Looking at an object's envelope, with no key at all.

use provost_core::config::HostConfiguration;
use provost_core::envelope::{ContentError, EnvelopePlace, Format, KeyWrap, MetadataError};
use provost_plugin_api::MaterialsDescription;

use super::get::envelope;
use super::server_side::has_envelope;
use super::{ObjectError, policy};
use crate::store::{ObjectInfo, ObjectStoreExt, ObjectUri, ServerSideEncryption, Stores};

/// What an object says of itself. None of it is authenticated.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// Name, size and age.
    pub info: ObjectInfo,
    /// The envelope.
    pub envelope: Envelope,
    /// Bytes of plaintext; none where only the key's holder can tell, as in CBC content whose
    /// writer did not record it.
    pub plaintext: Option<u64>,
    /// How the store encrypts the body once more, if it says so.
    pub encryption: Option<ServerSideEncryption>,
    /// Why the read policy would refuse it, if it would.
    pub refusal: Option<MetadataError>,
}

/// An object's envelope.
#[derive(Debug)]
#[non_exhaustive]
pub struct Envelope {
    /// Its format.
    pub format: Format,
    /// The content algorithm's name.
    pub content_algorithm: &'static str,
    /// Whether a tag proves that the content is what was written.
    pub authenticated: bool,
    /// How the data key is wrapped.
    pub wrap: KeyWrap,
    /// Where it is.
    pub place: EnvelopePlace,
    /// The stored description.
    pub description: Option<MaterialsDescription>,
    /// Bytes of the wrapped data key.
    pub wrapped_key_bytes: usize,
}

/// Reads the envelope of an object. An object without one is an error.
pub async fn inspect(
    stores: &Stores,
    host: &HostConfiguration,
    uri: &ObjectUri,
) -> Result<Inspection, ObjectError> {
    let store = stores.open(uri)?;
    let head = store.head(uri).await?;
    let accepted = policy::read(host.policy_for(&uri.to_string()));
    let suffix = accepted.instruction_suffix();
    let look = policy::look_at_anything().with_instruction_suffix(suffix);
    let found = envelope(&*store, uri, &head, &look).await;
    let found = match (found, &head.encryption) {
        (Err(_), Some(mode)) if !has_envelope(&*store, uri, &head, suffix).await? => {
            return Err(ObjectError::ServerSide {
                uri: uri.clone(),
                size: head.info.size,
                mode: mode.clone(),
            });
        }
        (found, _) => found?,
    };
    let refusal = found.check(&accepted).err();
    let plaintext = match found.plaintext_length(head.info.size) {
        Ok(length) => Some(length),
        Err(ContentError::LengthUnknown) => None,
        Err(source) => {
            let uri = uri.clone();
            return Err(ObjectError::Content { uri, source });
        }
    };
    let envelope = Envelope {
        format: found.format(),
        content_algorithm: found.suite().name,
        authenticated: found.is_authenticated(),
        wrap: found.wrap(),
        place: found.place(),
        description: found.description().cloned(),
        wrapped_key_bytes: found.encrypted_data_key().bytes().len(),
    };
    Ok(Inspection {
        info: head.info,
        envelope,
        encryption: head.encryption,
        plaintext,
        refusal,
    })
}
