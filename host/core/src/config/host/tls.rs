//! `[tls]`: where artifacts are installed, and what they are held against.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::setting::Setting;

/// `[tls]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TlsSettings {
    /// The folder that generations of artifacts are installed in. Default: `/var/lib/provost/tls`.
    pub directory: Setting<PathBuf>,
    /// Who owns the private key. Default: the user that installs it.
    pub owner: Option<Setting<FileOwner>>,
    /// The roots that are trusted beside those of the artifacts. Default: the system's.
    pub default_roots: Setting<DefaultRootsSource>,
    /// Whether artifacts that are acceptable for a trial only are refused. Default: no.
    pub strict: Setting<bool>,
}

/// Where default trusted roots come from.
///
/// Written as `native`, `webpki`, `none`, `pem:PATH` or `cacerts:PATH`; `Display` gives the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DefaultRootsSource {
    /// The system's.
    Native,
    /// Mozilla's, as they were when this program was built.
    Webpki,
    /// None: artifacts have to bring their own.
    None,
    /// The certificates of a PEM file.
    Pem(PathBuf),
    /// The trusted certificates of a Java key store, JKS or PKCS#12.
    Cacerts(PathBuf),
}

/// Why a text is not a [`DefaultRootsSource`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefaultRootsSourceError {
    /// Not one of the accepted words.
    #[error("expected one of {ACCEPTED}")]
    Unknown,
    /// `pem:` or `cacerts:`, and no path of a file.
    #[error("`{kind}:` without the path of a file")]
    Path {
        /// What stands before the colon.
        kind: &'static str,
    },
}

/// The owner of a file: a user, and a group if it is not to stay as it is. Names or numbers, as
/// `chown` takes them; whether they exist is another question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileOwner {
    user: String,
    group: Option<String>,
}

/// Why a text is not a [`FileOwner`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileOwnerError {
    /// The user, or the group, cannot be a name.
    #[error("that is no {what}; expected USER or USER:GROUP, by name or number")]
    Name {
        /// `user` or `group`.
        what: &'static str,
    },
    /// A number that the system does not give to anybody.
    #[error("the number of a {what} is at most {most}")]
    Number {
        /// `user` or `group`.
        what: &'static str,
        /// The largest.
        most: u32,
    },
}

const ACCEPTED: &str = "native, webpki, none, pem:PATH, cacerts:PATH";

impl DefaultRootsSource {
    /// Parses a source. A relative path in it stays relative.
    pub fn parse(text: &str) -> Result<Self, DefaultRootsSourceError> {
        let file = |kind, path: &str| {
            let named = !path.is_empty() && !path.contains('\0');
            let path = named.then(|| PathBuf::from(path));
            path.ok_or(DefaultRootsSourceError::Path { kind })
        };
        match text.split_once(':') {
            None if text == "native" => Ok(Self::Native),
            None if text == "webpki" => Ok(Self::Webpki),
            None if text == "none" => Ok(Self::None),
            Some(("pem", path)) => file("pem", path).map(Self::Pem),
            Some(("cacerts", path)) => file("cacerts", path).map(Self::Cacerts),
            _ => Err(DefaultRootsSourceError::Unknown),
        }
    }

    /// Parses a source; a relative path in it starts at `folder`.
    pub fn parse_in(text: &str, folder: &Path) -> Result<Self, DefaultRootsSourceError> {
        Ok(match Self::parse(text)? {
            Self::Pem(path) => Self::Pem(folder.join(path)),
            Self::Cacerts(path) => Self::Cacerts(folder.join(path)),
            other => other,
        })
    }
}

impl FromStr for DefaultRootsSource {
    type Err = DefaultRootsSourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DefaultRootsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native => f.write_str("native"),
            Self::Webpki => f.write_str("webpki"),
            Self::None => f.write_str("none"),
            Self::Pem(path) => write!(f, "pem:{}", path.display()),
            Self::Cacerts(path) => write!(f, "cacerts:{}", path.display()),
        }
    }
}

impl FileOwner {
    /// Parses `USER` or `USER:GROUP`.
    pub fn parse(text: &str) -> Result<Self, FileOwnerError> {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        Ok(Self {
            user: account("user", user)?,
            group: group.map(|group| account("group", group)).transpose()?,
        })
    }

    /// The user: a name, or a number if it is one.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The group: a name, or a number if it is one.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
}

impl FromStr for FileOwner {
    type Err = FileOwnerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for FileOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(f, "{}:{group}", self.user),
            None => f.write_str(&self.user),
        }
    }
}

/// A name of the system's accounts, which directories may make long and odd, or a number.
fn account(what: &'static str, text: &str) -> Result<String, FileOwnerError> {
    const LONGEST: usize = 256;
    /// The one above means "leave it as it is" to chown.
    const MOST: u32 = u32::MAX - 1;
    let allowed = |b: u8| b.is_ascii_graphic() && !matches!(b, b':' | b'/' | b',');
    if !(1..=LONGEST).contains(&text.len()) || text.starts_with('-') || !text.bytes().all(allowed) {
        return Err(FileOwnerError::Name { what });
    }
    let number = text.bytes().all(|b| b.is_ascii_digit());
    if number && !text.parse().is_ok_and(|number: u32| number <= MOST) {
        return Err(FileOwnerError::Number { what, most: MOST });
    }
    Ok(text.to_owned())
}

impl TlsSettings {
    pub(super) fn with_defaults() -> Self {
        Self {
            directory: Setting::default_value(PathBuf::from("/var/lib/provost/tls")),
            owner: None,
            default_roots: Setting::default_value(DefaultRootsSource::Native),
            strict: Setting::default_value(false),
        }
    }
}
