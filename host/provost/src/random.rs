//! The operating system's randomness.

use provost_core::envelope::{Randomness, RandomnessError};

/// Random bytes from the kernel.
#[derive(Debug)]
pub(crate) struct OsRandomness;

impl Randomness for OsRandomness {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        getrandom::fill(bytes).map_err(|error| RandomnessError::unavailable(error.to_string()))
    }
}
