//! Which bytes of an object's plaintext, as people and HTTP write it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A part of an object's plaintext, in bytes: `A-B` with both ends in it, `A-` to the end, or `-N`
/// for the last N.
///
/// Unlike in HTTP all of it has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ByteRange(Ends);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ends {
    FromTo(u64, u64),
    From(u64),
    Last(u64),
}

/// Why a text is not a [`ByteRange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ByteRangeError {
    /// It has another form.
    #[error("expected A-B, A- or -N, in bytes from 0")]
    Form,
    /// The end is before the start.
    #[error("it ends before it begins")]
    Inverted,
    /// The last 0 bytes.
    #[error("it has no bytes")]
    Empty,
}

impl ByteRange {
    /// Parses `A-B`, `A-` or `-N`.
    pub fn parse(text: &str) -> Result<Self, ByteRangeError> {
        let number = |text: &str| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.ok_or(ByteRangeError::Form)
        };
        let ends = match text.split_once('-').ok_or(ByteRangeError::Form)? {
            ("", "") => return Err(ByteRangeError::Form),
            ("", last) => Ends::Last(number(last)?),
            (first, "") => Ends::From(number(first)?),
            (first, last) => Ends::FromTo(number(first)?, number(last)?),
        };
        match ends {
            Ends::FromTo(first, last) if last < first => Err(ByteRangeError::Inverted),
            Ends::Last(0) => Err(ByteRangeError::Empty),
            ends => Ok(Self(ends)),
        }
    }

    /// The bytes of a plaintext of this length; none if they are not all there.
    pub fn of(self, length: u64) -> Option<Range<u64>> {
        let range = match self.0 {
            Ends::FromTo(first, last) => first..last.checked_add(1)?,
            Ends::From(first) => first..length,
            Ends::Last(count) => length.checked_sub(count)?..length,
        };
        (!range.is_empty() && range.end <= length).then_some(range)
    }
}

impl FromStr for ByteRange {
    type Err = ByteRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ends::FromTo(first, last) => write!(f, "{first}-{last}"),
            Ends::From(first) => write!(f, "{first}-"),
            Ends::Last(count) => write!(f, "-{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_range_are_in_it_and_a_suffix_counts_from_the_end() {
        for (text, length, range) in [
            ("0-0", 1, 0..1),
            ("3-9", 10, 3..10),
            ("9-", 10, 9..10),
            ("0-", 10, 0..10),
            ("-1", 10, 9..10),
            ("-10", 10, 0..10),
        ] {
            let parsed = ByteRange::parse(text).unwrap();
            assert_eq!(parsed.of(length), Some(range), "{text}");
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn a_range_past_the_end_is_none() {
        for (text, length) in [
            ("0-0", 0),
            ("0-", 0),
            ("-1", 0),
            ("3-10", 10),
            ("10-", 10),
            ("11-", 10),
            ("-11", 10),
            ("0-18446744073709551615", u64::MAX),
        ] {
            assert_eq!(ByteRange::parse(text).unwrap().of(length), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        use ByteRangeError::{Empty, Form, Inverted};
        for (text, error) in [
            ("", Form),
            ("-", Form),
            ("5", Form),
            ("a-b", Form),
            ("+1-2", Form),
            ("1-2-3", Form),
            ("1-2,4-5", Form),
            ("bytes=1-2", Form),
            (" 1-2", Form),
            ("0-18446744073709551616", Form),
            ("9-3", Inverted),
            ("-0", Empty),
        ] {
            assert_eq!(ByteRange::parse(text), Err(error), "{text}");
        }
    }
}
