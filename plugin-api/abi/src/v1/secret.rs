//! Bytes that are wiped, on whichever side drops them.

use abi_stable::StableAbi;
use abi_stable::std_types::RVec;
use zeroize::Zeroize;

/// Secret bytes that may cross the boundary: freed by the allocator that made them, wiped before.
#[repr(C)]
#[derive(StableAbi)]
pub struct SecretBuf {
    bytes: RVec<u8>,
}

impl SecretBuf {
    /// Takes over `bytes` at exact capacity; what had spare capacity is copied and wiped.
    #[inline]
    pub fn new(mut bytes: Vec<u8>) -> Self {
        if bytes.capacity() == bytes.len() {
            return Self {
                bytes: bytes.into(),
            };
        }
        let mut exact = Vec::with_capacity(bytes.len());
        exact.extend_from_slice(&bytes);
        bytes.zeroize();
        Self {
            bytes: exact.into(),
        }
    }

    /// The bytes.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The bytes, to be changed in place.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        self.bytes.as_mut_slice()
    }
}

impl Drop for SecretBuf {
    #[inline]
    fn drop(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}
