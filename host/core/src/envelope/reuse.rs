//! One data key for several objects: an exception, bounded, for V3 alone.

use std::time::Duration;

use provost_plugin_api::MaterialsDescription;

use super::DataKey;
use super::key_wrap::{EncryptedDataKey, WrappedDataKey};
use super::suite::WriteFormat;

/// How far one data key may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReuseBounds {
    /// The most objects.
    pub objects: u64,
    /// The most bytes of plaintext in all of them.
    pub bytes: u64,
    /// How long after it was made.
    pub age: Duration,
}

/// A data key of several V3 objects, until a bound is reached.
///
/// This is the only way for a data key to meet more than one plaintext. It takes V3: there each
/// object has a random message id, from which its own content key is derived, so no content key and
/// no IV under it is used twice. In V2 the data key is the content key.
#[derive(Debug)]
pub struct ReusableDataKey {
    key: DataKey,
    encrypted: EncryptedDataKey,
    description: MaterialsDescription,
    objects_left: u64,
    bytes_left: u64,
    ends: Duration,
}

impl ReusableDataKey {
    /// Takes over a wrapped data key, made at `now`: a time on any clock that only goes forward.
    /// One of another format comes back.
    pub fn new(
        wrapped: WrappedDataKey,
        bounds: ReuseBounds,
        now: Duration,
    ) -> Result<Self, WrappedDataKey> {
        if wrapped.format != WriteFormat::V3 {
            return Err(wrapped);
        }
        let WrappedDataKey {
            key,
            format: _,
            encrypted,
            description,
        } = wrapped;
        Ok(Self {
            key,
            encrypted,
            description,
            objects_left: bounds.objects,
            bytes_left: bounds.bytes,
            ends: now.saturating_add(bounds.age),
        })
    }

    /// The key for the first object, which is given out whatever its size: it has been made for it.
    pub fn first(&mut self, plaintext_length: u64) -> WrappedDataKey {
        self.objects_left = self.objects_left.saturating_sub(1);
        self.bytes_left = self.bytes_left.saturating_sub(plaintext_length);
        self.given_out()
    }

    /// The key for the next object of `plaintext_length` bytes, which sealing has to enforce; none
    /// once a bound would be passed. What does not fit does not count.
    pub fn next(&mut self, plaintext_length: u64, now: Duration) -> Option<WrappedDataKey> {
        if self.is_spent(now) {
            return None;
        }
        let (objects, bytes) = (
            self.objects_left.checked_sub(1)?,
            self.bytes_left.checked_sub(plaintext_length)?,
        );
        (self.objects_left, self.bytes_left) = (objects, bytes);
        Some(self.given_out())
    }

    fn given_out(&self) -> WrappedDataKey {
        WrappedDataKey {
            key: self.key.copied(),
            format: WriteFormat::V3,
            encrypted: self.encrypted.clone(),
            description: self.description.clone(),
        }
    }

    /// Whether no object can get it any more: drop it, which wipes it.
    pub fn is_spent(&self, now: Duration) -> bool {
        self.objects_left == 0 || now >= self.ends
    }
}
