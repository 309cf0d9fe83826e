//! Randomness, which the caller passes in.

/// A source of random bytes.
pub trait Randomness {
    /// Fills all of `bytes`, or fails and leaves them to be thrown away.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessError>;
}

/// Random bytes could not be had, or were not random.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RandomnessError {
    /// The source failed.
    #[error("no random bytes: {reason}")]
    Unavailable {
        /// What the source said.
        reason: String,
    },
    /// The source is broken: this many bytes are never all zero by chance.
    #[error("random bytes for the {what} are all zero")]
    AllZero {
        /// What they were for.
        what: &'static str,
    },
}

impl RandomnessError {
    /// The source failed, for this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Unavailable { reason }
    }
}

/// Fills `bytes`, and refuses what an unseeded source returns: all zero.
pub(super) fn fill_nonzero(
    randomness: &mut dyn Randomness,
    what: &'static str,
    bytes: &mut [u8],
) -> Result<(), RandomnessError> {
    randomness.fill(bytes)?;
    if bytes.iter().fold(0, |any, b| any | b) == 0 {
        return Err(RandomnessError::AllZero { what });
    }
    Ok(())
}
