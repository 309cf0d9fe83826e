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
mod leftover;
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

use super::{ObjectUri, StoreError, Stores};
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
