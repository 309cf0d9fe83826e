//! A provider's configuration and its line to the host's log.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{Attributes, ProviderError, SecretBytes};

/// What a provider is built from: its class name, its configuration, and a log.
///
/// Cheap to clone; a provider may keep it.
#[derive(Debug, Clone)]
pub struct ClassContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    class: String,
    conf: Conf,
    attributes: Attributes,
    log: LogSink,
}

type Log = dyn Fn(Level, &str) + Send + Sync;

struct LogSink(Box<Log>);

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// For the provider's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is not as it should be, and goes on.
    Warn,
    /// Something failed.
    Error,
}

impl ClassContext {
    /// A context, as the host makes it; in a provider's own tests too.
    pub fn new(
        class: impl Into<String>,
        conf: Conf,
        attributes: Attributes,
        log: impl Fn(Level, &str) + Send + Sync + 'static,
    ) -> Self {
        let log = LogSink(Box::new(log));
        Self(Arc::new(Inner {
            class: class.into(),
            conf,
            attributes,
            log,
        }))
    }

    /// The class name by which the operator asked for this provider.
    pub fn class(&self) -> &str {
        &self.0.class
    }

    /// The configuration of the class.
    pub fn conf(&self) -> &Conf {
        &self.0.conf
    }

    /// Facts that have no accessor yet.
    pub fn attributes(&self) -> &Attributes {
        &self.0.attributes
    }

    /// Writes one line to the host's log, under the class name. Never log a secret.
    pub fn log(&self, level: Level, message: &str) {
        (self.0.log.0)(level, message);
    }
}

/// The `conf` table of a class: flat, string keys.
#[derive(Debug, Default)]
pub struct Conf(BTreeMap<String, ConfValue>);

/// One configuration value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfValue {
    /// Text that may be shown.
    Plain(String),
    /// Bytes that may not.
    Secret(SecretBytes),
}

impl Conf {
    /// An empty configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a plain value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.insert(key, ConfValue::Plain(value.into()));
        self
    }

    /// Sets a value.
    pub fn insert(&mut self, key: impl Into<String>, value: ConfValue) {
        self.0.insert(key.into(), value);
    }

    /// The plain value of `key`; secrets are not returned here.
    pub fn get(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(ConfValue::Plain(value)) => Some(value),
            _ => None,
        }
    }

    /// The plain value of `key`, or an error that names it.
    pub fn require(&self, key: &str) -> Result<&str, ProviderError> {
        match self.0.get(key) {
            Some(ConfValue::Plain(value)) if !value.is_empty() => Ok(value),
            Some(ConfValue::Plain(_)) => Err(ProviderError::configuration(
                key,
                format!("`{key}` is empty"),
            )),
            Some(ConfValue::Secret(_)) => Err(ProviderError::configuration(
                key,
                format!("`{key}` was given as a secret, and this provider reads it as text"),
            )),
            None => Err(missing(key)),
        }
    }

    /// The value of `key` as bytes, whether it was given as a secret or as text.
    pub fn secret(&self, key: &str) -> Option<&[u8]> {
        match self.0.get(key)? {
            ConfValue::Secret(value) => Some(value.secret_bytes()),
            ConfValue::Plain(value) => Some(value.as_bytes()),
        }
    }

    /// The same, or an error that names the key.
    pub fn require_secret(&self, key: &str) -> Result<&[u8], ProviderError> {
        self.secret(key).ok_or_else(|| missing(key))
    }

    /// `key` as a path.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        self.get(key).map(PathBuf::from)
    }

    /// `key` as `true` or `false`.
    pub fn bool(&self, key: &str) -> Result<Option<bool>, ProviderError> {
        self.parsed(key, "`true` or `false`", |text| text.parse().ok())
    }

    /// `key` as a whole number.
    pub fn u64(&self, key: &str) -> Result<Option<u64>, ProviderError> {
        self.parsed(key, "a whole number", |text| text.parse().ok())
    }

    /// `key` as a number of seconds.
    pub fn seconds(&self, key: &str) -> Result<Option<Duration>, ProviderError> {
        self.parsed(key, "a number of seconds", |text| {
            text.parse().ok().map(Duration::from_secs)
        })
    }

    fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ProviderError> {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Some(value) => Ok(Some(value)),
            None => Err(ProviderError::configuration(
                key,
                format!("`{key}` is `{text}`, expected {expected}"),
            )),
        }
    }

    /// All entries, sorted by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &ConfValue)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }
}

fn missing(key: &str) -> ProviderError {
    ProviderError::configuration(key, format!("`{key}` is not set"))
}
