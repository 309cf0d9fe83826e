//! The data key: one object's secret.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::randomness::fill_nonzero;
use super::suite::DATA_KEY_BYTES;
use super::{Randomness, RandomnessError};

/// A data key of 32 bytes: wiped when dropped, compared in constant time, never printed.
///
/// It is used for one object only. Wrapping takes it over and sealing takes over the wrapped one,
/// so that a second object needs a second key. The one exception has a type of its own:
/// [`ReusableDataKey`](super::ReusableDataKey), which is bounded and for V3 alone.
pub struct DataKey(Box<Zeroizing<[u8; DATA_KEY_BYTES]>>);

impl DataKey {
    /// A new random data key.
    pub fn generate(randomness: &mut dyn Randomness) -> Result<Self, RandomnessError> {
        let mut key = Self::zeroed();
        fill_nonzero(randomness, "data key", key.0.as_mut_slice())?;
        Ok(key)
    }

    /// Copies `bytes`, which must be 32 and stay the caller's to wipe.
    pub(super) fn copy_from(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != DATA_KEY_BYTES {
            return None;
        }
        let mut key = Self::zeroed();
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    pub(super) fn secret_bytes(&self) -> &[u8; DATA_KEY_BYTES] {
        &self.0
    }

    /// Its bytes, where they are.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "moving the bytes would leave a copy behind"
    )]
    pub(super) fn into_secret_bytes(self) -> Box<Zeroizing<[u8; DATA_KEY_BYTES]>> {
        self.0
    }

    /// A second copy: to wrap an object's own key again, and behind [`ReusableDataKey`](super::ReusableDataKey).
    pub(super) fn copied(&self) -> Self {
        let mut key = Self::zeroed();
        key.0.copy_from_slice(self.secret_bytes());
        key
    }

    /// Boxed from the start: moving it leaves no copy behind.
    fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; DATA_KEY_BYTES])))
    }
}

impl PartialEq for DataKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for DataKey {}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({DATA_KEY_BYTES} bytes)")
    }
}
