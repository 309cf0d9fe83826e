//! Bytes that are wiped.

use std::fmt;

use provost_plugin_abi::v1::SecretBuf;
use subtle::ConstantTimeEq;

/// Secret bytes: wiped when dropped, compared in constant time, never printed.
///
/// There is no `Clone` and no serde: reading is spelled [`secret_bytes`](Self::secret_bytes) and
/// copying [`clone_secret`](Self::clone_secret), so that every exposure can be found. The bytes
/// live in one allocation that is never grown, and cross the plugin boundary without a copy.
pub struct SecretBytes(SecretBuf);

impl SecretBytes {
    /// Takes over `bytes`. Spare capacity is wiped too.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(SecretBuf::new(bytes))
    }

    /// Copies `bytes`, which stay the caller's to wipe.
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }

    /// The bytes themselves.
    pub fn secret_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The bytes, to be filled in place.
    pub fn secret_bytes_mut(&mut self) -> &mut [u8] {
        self.0.as_mut_slice()
    }

    /// A second copy, to be wiped on its own.
    #[must_use]
    pub fn clone_secret(&self) -> Self {
        Self::copy_from(self.secret_bytes())
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.secret_bytes().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.secret_bytes().is_empty()
    }

    pub(crate) fn from_abi(secret: SecretBuf) -> Self {
        Self(secret)
    }

    pub(crate) fn into_abi(self) -> SecretBuf {
        self.0
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.secret_bytes().ct_eq(other.secret_bytes()).into()
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}
