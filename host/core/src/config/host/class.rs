//! What `provost.toml` says about one provider class.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use provost_plugin_api::SecretBytes;

use super::setting::Setting;
use crate::config::digest::Sha256Digest;
use crate::config::location::Location;
use crate::config::quantity::ByteSize;
use crate::config::source::Spanned;

/// A table `[classes."com.example.Keys"]`, or the defaults for a class that has none.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClassConfiguration {
    /// The library, in place of what the security configuration names.
    pub library: Option<Setting<Location>>,
    /// What the library has to hash to.
    pub sha256: Option<Setting<Sha256Digest>>,
    /// Whether a library that is fetched may come without a digest. Default: refuse.
    pub unpinned: Setting<Unpinned>,
    /// Where the library runs. Default: in a worker process.
    pub isolation: Setting<Isolation>,
    /// How long a call may take. Default: 10 s.
    pub deadline: Setting<Duration>,
    /// How many calls its worker takes at the same time, 1 to 64. Default: 4.
    pub lanes: Setting<u8>,
    /// The worker's limit of address space. Default: 1 GiB.
    pub memory: Setting<ByteSize>,
    /// Who proves that what is written can be read. Default: this node.
    pub proof: Setting<Proof>,
    /// The provider's own configuration, in the order of the file.
    pub conf: Vec<ConfEntry>,
}

/// What happens to a fetched library without a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unpinned {
    /// It is refused.
    Refuse,
    /// It is used, whatever it is.
    Allow,
}

/// Where a library runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// In a worker process.
    Process,
    /// In the host's own process.
    InProcess,
}

/// Who proves, before the first write, that what is written can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// This node does; a write without proof is refused.
    Required,
    /// Another node: this one cannot decrypt by design.
    Elsewhere,
}

/// One entry of a class's `conf` table.
#[derive(Debug)]
pub struct ConfEntry {
    /// The key; the span is the key's.
    pub key: Spanned<String>,
    /// Where the value comes from; the span is the value's.
    pub source: Spanned<ConfSource>,
}

/// Where a configuration value comes from. Whoever does I/O turns it into a
/// [`ConfValue`](provost_plugin_api::ConfValue).
pub enum ConfSource {
    /// Text that may be shown.
    Plain(String),
    /// Plain text from an environment variable: `{ env = "NAME" }`.
    Environment(String),
    /// A secret from a file: `{ file = "path" }`, relative to the configuration file.
    File(PathBuf),
    /// A secret from the file of this name in `$CREDENTIALS_DIRECTORY`: `{ credential = "name" }`.
    Credential(String),
    /// A secret in `provost.toml` itself: `{ secret = "..." }`.
    Secret(SecretBytes),
}

impl ConfSource {
    /// Whether the value is a secret.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Environment(_) => false,
            Self::File(_) | Self::Credential(_) | Self::Secret(_) => true,
        }
    }
}

/// What may be shown: of a secret, where it comes from.
impl fmt::Display for ConfSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "secret from file {}", path.display()),
            Self::Credential(name) => write!(f, "secret from credential {name}"),
            Self::Secret(_) => f.write_str("secret, inline"),
        }
    }
}

impl fmt::Debug for ConfSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfSource({self})")
    }
}

impl ClassConfiguration {
    pub(super) fn with_defaults() -> Self {
        Self {
            library: None,
            sha256: None,
            unpinned: Setting::default_value(Unpinned::Refuse),
            isolation: Setting::default_value(Isolation::Process),
            deadline: Setting::default_value(Duration::from_secs(10)),
            lanes: Setting::default_value(4),
            memory: Setting::default_value(ByteSize::from_bytes(1 << 30)),
            proof: Setting::default_value(Proof::Required),
            conf: Vec::new(),
        }
    }
}
