//! Sizes and durations as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of bytes, written as `512MiB` or `2GB`: a whole number and a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// Not a whole number and a known unit of bytes.
    #[error("expected a whole number and a unit, one of B, KiB, MiB, GiB, TiB, KB, MB, GB, TB")]
    ByteSize,
    /// Not numbers and units of time.
    #[error("expected a duration such as `10s`, `500ms` or `1m 30s`")]
    Duration,
    /// More than 64 bits can say.
    #[error("too large a number")]
    TooLarge,
}

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// A number of bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Parses a whole number and a unit; units are case-sensitive, a space between is allowed.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).unwrap_or_default();
        if number.is_empty() {
            return Err(QuantityError::ByteSize);
        }
        let (_, factor) = UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim_start())
            .ok_or(QuantityError::ByteSize)?;
        let number: u64 = number.parse().map_err(|_| QuantityError::TooLarge)?;
        number
            .checked_mul(*factor)
            .map(Self)
            .ok_or(QuantityError::TooLarge)
    }

    /// How many bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, factor): &&(&str, u64)| self.0 != 0 && self.0.is_multiple_of(*factor);
        match UNITS.iter().find(whole) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "0B"),
        }
    }
}

impl FromStr for ByteSize {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Parses a duration such as `10s`, `500ms` or `1m 30s`.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    humantime::parse_duration(text.trim()).map_err(|error| match error {
        humantime::DurationError::NumberOverflow => QuantityError::TooLarge,
        _ => QuantityError::Duration,
    })
}
