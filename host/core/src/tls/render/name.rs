//! Names of files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most bytes of a [`FileName`].
const LONGEST: usize = 64;

/// The name of a file in the folder of a generation: 1 to 64 letters and digits of ASCII, `.`, `-`
/// and `_`, beginning with a letter or a digit. So it leads nowhere else, and names that begin with
/// a dot are left to whoever installs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// Why a text is not a [`FileName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileNameError {
    /// Empty, or too long.
    #[error("a file name has 1 to {LONGEST} bytes, this one has {got}")]
    Length {
        /// How many there are.
        got: usize,
    },
    /// Something else than letters, digits, `.`, `-` and `_`.
    #[error("{found:?} cannot be in a file name; letters, digits, `.`, `-` and `_` can")]
    Character {
        /// The first such character.
        found: char,
    },
    /// It begins with something else than a letter or a digit.
    #[error("a file name begins with a letter or a digit, not with {found:?}")]
    Beginning {
        /// The first character.
        found: char,
    },
}

impl FileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that is known to be one.
    pub(super) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

impl FromStr for FileName {
    type Err = FileNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let got = text.len();
        if got > LONGEST {
            return Err(FileNameError::Length { got });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if let Some(found) = text.chars().find(|c| !allowed(*c)) {
            return Err(FileNameError::Character { found });
        }
        match text.chars().next() {
            None => Err(FileNameError::Length { got }),
            Some(first) if first.is_ascii_alphanumeric() => Ok(Self(text.to_owned())),
            Some(found) => Err(FileNameError::Beginning { found }),
        }
    }
}

impl TryFrom<String> for FileName {
    type Error = FileNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> FileNameError {
        text.parse::<FileName>().unwrap_err()
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let character = |found| FileNameError::Character { found };
        assert_eq!(error("../key.pem"), character('/'));
        assert_eq!(error("a\0"), character('\0'));
        assert_eq!(error("k\u{e9}y"), character('\u{e9}'));
        assert_eq!(error(".."), FileNameError::Beginning { found: '.' });
        assert_eq!(error("-rf"), FileNameError::Beginning { found: '-' });
        assert_eq!(error(""), FileNameError::Length { got: 0 });
        assert_eq!(error(&"a".repeat(65)), FileNameError::Length { got: 65 });
        assert!("a".repeat(64).parse::<FileName>().is_ok());
        assert!("ssl-server.xml".parse::<FileName>().is_ok());
    }
}
