//! Encrypted objects: a store whose bodies only the operator's keys open.
//!
//! Writing asks the provider for materials, proves them once, wraps a new data key, and streams the
//! body through the [`Sealer`](provost_core::envelope::Sealer). Reading parses and checks the whole
//! envelope against the read policy first, then asks for materials by the stored description, and
//! releases plaintext only when the tag was good; legacy content without one only where the
//! operator accepts it.

mod body;
mod buffers;
mod byte_range;
mod cbc;
mod error;
mod get;
mod inspect;
mod listing;
mod plaintext;
mod policy;
mod put;
mod range;
mod reencrypt;
mod replace;
mod rewrap;
mod server_side;
mod threads;
mod verify;
mod walk;

use std::sync::Arc;

use provost_core::config::{HostConfiguration, KmsKeyArn};
use provost_core::envelope::{
    INSTRUCTION_FILE_MARKER, MAX_INSTRUCTION_FILE_BYTES, is_envelope_name,
};

use super::{Metadata, ObjectStore, ObjectStoreExt as _, ObjectUri, StoreError, Stores};
use crate::provider::ObjectKeys;

pub use byte_range::{ByteRange, ByteRangeError};
pub use error::ObjectError;
pub use get::Received;
pub use inspect::{Envelope, Inspection, inspect};
pub use listing::{Listed, delete, list, removable};
pub use put::Stored;
pub use range::ReceivedRange;
pub use reencrypt::{PlaintextObject, Reencrypt, Reencrypted};
pub use rewrap::{NewWrap, OlderVersion, Rewrap, Rewrapped};
pub use server_side::{ServerSideStore, Transferred};
pub use verify::Verified;
pub use walk::{Met, Walk};

/// Told how many bytes of plaintext are done, from time to time.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// Puts and gets encrypted objects, with the keys of one provider, or of KMS.
#[derive(Debug, Clone)]
pub struct EncryptedStore {
    stores: Arc<Stores>,
    keys: ObjectKeys,
    host: Arc<HostConfiguration>,
}

impl EncryptedStore {
    pub(crate) fn new(stores: Arc<Stores>, keys: ObjectKeys, host: Arc<HostConfiguration>) -> Self {
        Self { stores, keys, host }
    }

    /// The provider whose keys these are; none for CSE-KMS.
    pub fn provider(&self) -> Option<&crate::ProviderHandle> {
        self.keys.provider()
    }

    /// The KMS key of CSE-KMS that writes; none for a provider's keys.
    pub fn kms_key(&self) -> Option<&KmsKeyArn> {
        self.keys.kms_key()
    }
}

/// The name of an object's instruction file.
fn instruction_file(uri: &ObjectUri) -> Result<ObjectUri, ObjectError> {
    beside(uri, provost_core::envelope::INSTRUCTION_SUFFIX)
}

fn beside(uri: &ObjectUri, suffix: &str) -> Result<ObjectUri, ObjectError> {
    let name = format!("{uri}{suffix}");
    name.parse()
        .map_err(|source| ObjectError::Name { name, source })
}

/// Whether it says that a store cannot hold this name, and so holds nothing under it. The name of
/// an instruction file is longer than that of its object, and may be too long.
fn is_bad_name(error: &ObjectError) -> bool {
    matches!(
        error,
        ObjectError::Name { .. } | ObjectError::Store(StoreError::Name { .. })
    )
}

/// Whether it is one: not all clients mark theirs, but all write a JSON object with names of the
/// envelope.
fn is_instruction_file(metadata: &Metadata, body: &[u8]) -> bool {
    let names = |object: serde_json::Map<String, serde_json::Value>| {
        object.keys().any(|name| is_envelope_name(name))
    };
    metadata.get(INSTRUCTION_FILE_MARKER).is_some() || serde_json::from_slice(body).is_ok_and(names)
}

/// Removes the instruction file of an object that was replaced or removed. That is done and stays
/// so: what goes wrong here is only told. `ours` is the mark of the object that was written; where
/// another writer has put one since, the file may be of that.
async fn tidy_instruction_file(store: &dyn ObjectStore, uri: &ObjectUri, ours: Option<&str>) {
    let removed = async {
        let name = instruction_file(uri)?;
        let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
        match store.get_bytes(&name, limit).await {
            Ok((head, body)) if !is_instruction_file(&head.metadata, &body) => {
                tracing::warn!(%name, "is no instruction file, and stays");
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            Err(StoreError::BodyLength { .. }) => Ok(()),
            Err(error @ StoreError::Name { .. }) => Err(error.into()),
            read => {
                let found = read.ok().and_then(|(head, _)| head.info.etag);
                match store.head(uri).await {
                    Ok(now) if now.info.etag.as_deref() != ours => Ok(()),
                    _ => Ok(store.delete(&name, found.as_deref()).await?),
                }
            }
        }
    };
    match removed.await {
        // Another writer's, by now.
        Ok(()) | Err(ObjectError::Store(StoreError::Condition { .. })) => {}
        Err(error) if is_bad_name(&error) => {}
        Err(error) => tracing::warn!(%uri, "its old instruction file stays behind: {error}"),
    }
}
