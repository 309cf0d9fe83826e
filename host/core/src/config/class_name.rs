//! Names of provider classes.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a provider class, such as `com.example.keys.StaticKeyProvider`.
///
/// Invariants: identifiers of Java's ASCII grammar (`[A-Za-z_$][A-Za-z0-9_$]*`) joined by single
/// dots, at least one dot, at most [`ClassName::MAX_BYTES`] bytes. The export macro of
/// `provost-plugin-api` accepts the same names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassName(Arc<str>);

/// Why a text is not a [`ClassName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassNameError {
    /// Longer than [`ClassName::MAX_BYTES`].
    #[error("a class name has at most {max} bytes, this one has {got}", max = ClassName::MAX_BYTES)]
    TooLong {
        /// Its length in bytes.
        got: usize,
    },
    /// One identifier alone.
    #[error("a class name has at least one dot, as in `com.example.Keys`")]
    NoDot,
    /// Nothing before, after, or between two dots.
    #[error("a class name has an identifier on both sides of each dot")]
    EmptySegment,
    /// A segment begins with a digit.
    #[error("`{segment}` begins with a digit; an identifier begins with a letter, `_` or `$`")]
    LeadingDigit {
        /// The segment.
        segment: String,
    },
    /// A character outside `[A-Za-z0-9_$.]`.
    #[error("{found:?} cannot be in a class name; only A-Z, a-z, 0-9, `_`, `$` and dots can")]
    Character {
        /// The first such character.
        found: char,
    },
}

impl ClassName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, ClassNameError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ClassNameError::TooLong { got: text.len() });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
        if let Some(found) = text.chars().find(|c| !allowed(*c)) {
            return Err(ClassNameError::Character { found });
        }
        for segment in text.split('.') {
            match segment.chars().next() {
                None => return Err(ClassNameError::EmptySegment),
                Some(first) if first.is_ascii_digit() => {
                    return Err(ClassNameError::LeadingDigit {
                        segment: segment.to_owned(),
                    });
                }
                Some(_) => {}
            }
        }
        if !text.contains('.') {
            return Err(ClassNameError::NoDot);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the last segment is `jar`: grammatical, and almost always a file name by mistake.
    pub fn ends_in_jar(&self) -> bool {
        self.0
            .rsplit('.')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case("jar"))
    }
}

impl fmt::Display for ClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClassName {
    type Err = ClassNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl AsRef<str> for ClassName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ClassName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
