//! What content is encrypted under: for V2 the data key and the stored IV, for V3 a derived key.

use zeroize::Zeroizing;

use super::{ContentError, key_commitment};
use crate::envelope::DataKey;
use crate::envelope::evp::{Direction, Gcm, open_message, seal_message};
use crate::envelope::metadata::{ContentMetadata, ContentParameters};
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, GCM_TAG_BYTES, V3_CONTENT_IV};

/// The key that content is encrypted under: wiped when dropped, and boxed, so that moving it leaves
/// no copy behind.
pub(super) struct ContentKey(Box<Zeroizing<[u8; DATA_KEY_BYTES]>>);

impl ContentKey {
    /// A key that is still to be filled.
    pub(super) fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; DATA_KEY_BYTES])))
    }

    /// V2: the data key itself.
    pub(super) fn from_data_key(key: DataKey) -> Self {
        Self(key.into_secret_bytes())
    }

    /// The same for who keeps the data key.
    pub(super) fn copy_of(key: &DataKey) -> Self {
        let mut copy = Self::zeroed();
        copy.0.copy_from_slice(key.secret_bytes());
        copy
    }

    pub(super) fn secret_bytes(&self) -> &[u8; DATA_KEY_BYTES] {
        &self.0
    }

    pub(super) fn secret_bytes_mut(&mut self) -> &mut [u8; DATA_KEY_BYTES] {
        &mut self.0
    }
}

/// Key, IV and additional data of one object's content.
pub(super) struct Keyed {
    pub(super) key: ContentKey,
    pub(super) iv: [u8; GCM_IV_BYTES],
    pub(super) aad: &'static [u8],
}

impl Keyed {
    /// For reading; content without a tag is refused. For V3 the commitment is compared first, in
    /// constant time; the content key is derived only if it matches.
    pub(super) fn for_opening(
        metadata: &ContentMetadata,
        key: &DataKey,
    ) -> Result<Self, ContentError> {
        let aad = metadata.suite().aad;
        match metadata.content() {
            ContentParameters::Cbc { .. } => Err(ContentError::Unauthenticated),
            ContentParameters::V2 { iv } => Ok(Self {
                key: ContentKey::copy_of(key),
                iv: *iv,
                aad,
            }),
            ContentParameters::V3 {
                message_id,
                commitment,
            } => Ok(Self {
                key: key_commitment::verify(key, message_id, commitment)?,
                iv: V3_CONTENT_IV,
                aad,
            }),
        }
    }
}

/// An object's content, in order. Its cipher is set up when there is something to run it over, and
/// not at all if that comes in one call.
pub(super) enum InOrder {
    Waiting(Keyed),
    Begun(Gcm),
}

impl InOrder {
    pub(super) fn begun(self, direction: Direction) -> Result<Gcm, ContentError> {
        match self {
            Self::Waiting(Keyed { key, iv, aad }) => {
                Ok(Gcm::new(direction, key.secret_bytes(), &iv, aad)?)
            }
            Self::Begun(gcm) => Ok(gcm),
        }
    }

    /// Encrypts the rest, which may be all; returns the tag.
    pub(super) fn seal(self, data: &mut [u8]) -> Result<[u8; GCM_TAG_BYTES], ContentError> {
        Ok(match self {
            Self::Waiting(Keyed { key, iv, aad }) => {
                seal_message(key.secret_bytes(), &iv, aad, data)?
            }
            Self::Begun(mut gcm) => {
                gcm.update(data)?;
                gcm.tag()?
            }
        })
    }

    /// Decrypts the rest, which may be all, and ends in the tag; to be wiped on an error.
    pub(super) fn open(self, body: &mut [u8]) -> Result<(), ContentError> {
        let authentic = match self {
            Self::Waiting(Keyed { key, iv, aad }) => {
                open_message(key.secret_bytes(), &iv, aad, body)?
            }
            Self::Begun(mut gcm) => {
                let Some((ciphertext, tag)) = body.split_last_chunk_mut() else {
                    return Err(ContentError::NotAuthentic);
                };
                gcm.update(ciphertext)?;
                gcm.verify(tag)?
            }
        };
        authentic.then_some(()).ok_or(ContentError::NotAuthentic)
    }
}
