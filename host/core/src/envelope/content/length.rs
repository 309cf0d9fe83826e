//! Counting plaintext against the limit and the announced length, before any of it is encrypted.

use super::ContentError;

/// How much has gone through, and how much may.
#[derive(Debug)]
pub(super) struct Length {
    max: u64,
    announced: Option<u64>,
    done: u64,
}

impl Length {
    /// Refuses an announced length beyond `max` before the first byte.
    pub(super) fn new(max: u64, announced: Option<u64>) -> Result<Self, ContentError> {
        match announced {
            Some(got) if got > max => Err(ContentError::TooLong { max, got }),
            _ => Ok(Self {
                max,
                announced,
                done: 0,
            }),
        }
    }

    /// Counts `more` bytes that are about to go through.
    pub(super) fn advance(&mut self, more: usize) -> Result<(), ContentError> {
        let got = u64::try_from(more)
            .ok()
            .and_then(|more| self.done.checked_add(more))
            .unwrap_or(u64::MAX);
        if got > self.max {
            return Err(ContentError::TooLong { max: self.max, got });
        }
        if let Some(expected) = self.announced
            && got > expected
        {
            return Err(ContentError::Length { expected, got });
        }
        self.done = got;
        Ok(())
    }

    /// How much has gone through, in bytes.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Whether all that was announced has come.
    pub(super) fn finish(&self) -> Result<(), ContentError> {
        match self.announced {
            Some(expected) if expected != self.done => Err(ContentError::Length {
                expected,
                got: self.done,
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = (1 << 36) - 32;

    #[test]
    fn announced_length_over_the_limit_is_refused_before_the_first_byte() {
        assert!(Length::new(MAX, Some(MAX)).is_ok());
        let error = Length::new(MAX, Some(MAX + 1)).unwrap_err();
        assert_eq!(
            error,
            ContentError::TooLong {
                max: MAX,
                got: MAX + 1
            }
        );
    }

    #[test]
    fn unknown_length_is_refused_at_the_limit_and_not_before() {
        let mut length = Length::new(MAX, None).unwrap();
        let piece = 1 << 30;
        for _ in 0..63 {
            length.advance(piece).unwrap();
        }
        length.advance(piece - 32).unwrap();
        length.advance(0).unwrap();
        let error = length.advance(1).unwrap_err();
        assert_eq!(
            error,
            ContentError::TooLong {
                max: MAX,
                got: MAX + 1
            }
        );
    }

    #[test]
    fn more_or_less_than_announced_is_refused() {
        let mut length = Length::new(MAX, Some(10)).unwrap();
        length.advance(4).unwrap();
        assert_eq!(
            length.finish(),
            Err(ContentError::Length {
                expected: 10,
                got: 4
            })
        );
        assert_eq!(
            length.advance(7),
            Err(ContentError::Length {
                expected: 10,
                got: 11
            })
        );
        length.advance(6).unwrap();
        assert_eq!(length.finish(), Ok(()));
    }
}
