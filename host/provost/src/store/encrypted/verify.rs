//! Reading an object to its end, to know that it can be read.

use super::plaintext::Plaintext;
use super::{EncryptedStore, ObjectError};
use crate::store::ObjectUri;
use provost_core::envelope::{EnvelopePlace, Format, KeyWrap};

/// An object that was read and proved authentic.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// Its name.
    pub uri: ObjectUri,
    /// Bytes of plaintext.
    pub plaintext: u64,
    /// The envelope's format.
    pub format: Format,
    /// How the data key is wrapped.
    pub wrap: KeyWrap,
    /// Where the envelope is.
    pub place: EnvelopePlace,
}

impl EncryptedStore {
    /// Reads and authenticates a whole object; nothing of it is released. An object that has no
    /// tag is [`ObjectError::NotAuthenticable`], even where it may be read.
    pub async fn verify(&self, uri: &ObjectUri) -> Result<Verified, ObjectError> {
        let opened = self.open(uri).await?;
        let metadata = opened.metadata;
        if !metadata.is_authenticated() {
            return Err(ObjectError::NotAuthenticable {
                uri: uri.clone(),
                algorithm: metadata.suite().name,
            });
        }
        let plaintext =
            Plaintext::decrypted(uri, &metadata, &opened.key, opened.size, opened.body)?;
        let checked = tokio::task::spawn_blocking(move || plaintext.check());
        Ok(Verified {
            uri: uri.clone(),
            plaintext: checked.await.map_err(super::threads::failed)??,
            format: metadata.format(),
            wrap: metadata.wrap(),
            place: metadata.place(),
        })
    }
}
