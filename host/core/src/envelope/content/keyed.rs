//! What content is encrypted under: for V2 the data key and the stored IV, for V3 a derived key.

use zeroize::Zeroizing;

use super::{ContentError, key_commitment};
use crate::envelope::DataKey;
use crate::envelope::evp::{Direction, Gcm};
use crate::envelope::metadata::{ContentMetadata, ContentParameters};
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_IV_BYTES, V3_CONTENT_IV};

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
    /// For reading; content without a tag is refused. For V3 the commitment is compared first, in constant time; the content key is
    /// derived only if it matches.
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

    /// All of it in order.
    pub(super) fn in_order(&self, direction: Direction) -> Result<Gcm, ContentError> {
        let key = self.key.secret_bytes();
        Ok(Gcm::new(direction, key, &self.iv, self.aad)?)
    }
}
