//! Bodies in pieces.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::Progress;

/// Bytes of a piece: large enough that the work between pieces does not count.
pub(super) const CHUNK: usize = 1 << 20;

/// Pieces on their way between two threads.
pub(super) const QUEUE: usize = 3;

/// Fills `buffer` unless the source ends; says how far.
pub(super) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match source.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read.min(room.len()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Tells whoever wants to know how many bytes of plaintext are done.
pub(super) fn report(progress: Option<&Progress>, done: u64) {
    if let Some(progress) = progress {
        progress(done);
    }
}

/// Counts what several threads have done, and reports it.
pub(super) struct Done {
    bytes: Mutex<u64>,
    progress: Option<Progress>,
}

impl Done {
    pub(super) fn new(progress: Option<Progress>) -> Self {
        let bytes = Mutex::default();
        Self { bytes, progress }
    }

    pub(super) fn add(&self, more: usize) {
        // Reported under the lock, so that the number only grows.
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes = bytes.saturating_add(more as u64);
        report(self.progress.as_ref(), *bytes);
    }
}
