//! Buffers that are used again: filling fresh memory costs as much as encrypting it.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::body::CHUNK;
use crate::store::{ObjectReader, StoreError};

/// Buffers of one transfer that nobody uses at the moment. There are as many as were ever in use at
/// once; each is wiped once, when all is done.
#[derive(Clone, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Zeroizing<Vec<u8>>>>>);

impl Buffers {
    /// A buffer, which comes back here when it is dropped.
    pub(super) fn take(&self) -> Buffer {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer {
            bytes: idle.unwrap_or_else(|| Zeroizing::new(vec![0; CHUNK])),
            length: 0,
            home: self.clone(),
        }
    }
}

/// A chunk of an object, plaintext or ciphertext: the first bytes of a buffer.
pub(super) struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    length: usize,
    home: Buffers,
}

impl Buffer {
    /// All there is room for.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Only the first `length` bytes count from now on.
    pub(super) fn set_length(&mut self, length: usize) {
        self.length = length.min(self.bytes.len());
    }

    /// The next chunk of a body. One that is not full is the last.
    pub(super) async fn read_from(
        &mut self,
        body: &mut dyn ObjectReader,
    ) -> Result<usize, StoreError> {
        let (bytes, length) = body.read(std::mem::take(&mut *self.bytes)).await?;
        *self.bytes = bytes;
        self.set_length(length);
        Ok(self.length)
    }

    pub(super) fn chunk(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn chunk_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.length).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.chunk()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        // A reader that failed kept it.
        if bytes.len() == CHUNK {
            let idle = &self.home.0;
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(bytes);
        }
    }
}
