//! What a provider answers when it cannot answer.

use std::fmt;
use std::time::Duration;

use crate::Attributes;

/// Why a provider refuses or fails: a kind that the host acts on, and a message that people read.
///
/// The message is quoted to operators as the provider's own words. Never put a secret into it.
#[derive(Debug)]
pub struct ProviderError {
    kind: ErrorKind,
    message: String,
    conf_key: Option<String>,
    retry_after: Option<Duration>,
    attributes: Attributes,
}

/// What the host does about a [`ProviderError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The provider's configuration is wrong; name the key with [`ProviderError::at_key`].
    Configuration,
    /// No key or artifact matches the request. On decryption the host refreshes once and asks again.
    NotFound,
    /// The provider's backend refuses this caller.
    Denied,
    /// The backend cannot be reached now; a later call may succeed.
    Unavailable,
    /// The backend asks to slow down; say how long with [`ProviderError::retry_after`].
    Throttled,
    /// The wrapped key or ciphertext is not authentic.
    Rejected,
    /// This provider does not offer the operation.
    Unsupported,
    /// Anything else: a defect of the provider.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Unavailable | Self::Throttled)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "configuration",
            Self::NotFound => "not found",
            Self::Denied => "denied",
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
            Self::Rejected => "rejected",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        })
    }
}

impl ProviderError {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            conf_key: None,
            retry_after: None,
            attributes: Attributes::new(),
        }
    }

    /// Shorthand for [`ErrorKind::Configuration`] at the configuration key `key`.
    pub fn configuration(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message).at_key(key)
    }

    /// Shorthand for [`ErrorKind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Shorthand for [`ErrorKind::Unsupported`], for `operation`.
    pub fn unsupported(operation: &str) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("this provider does not offer {operation}"),
        )
    }

    /// Names the configuration key concerned, so that the host can underline it in `provost.toml`.
    #[must_use]
    pub fn at_key(mut self, key: impl Into<String>) -> Self {
        self.conf_key = Some(key.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Adds facts that have no field yet.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// What the host acts on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The provider's words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The configuration key concerned.
    pub fn conf_key(&self) -> Option<&str> {
        self.conf_key.as_deref()
    }

    /// When to try again, if the provider said.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Facts that have no field yet.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Message, configuration key and attributes, moved out.
    pub fn into_parts(self) -> (String, Option<String>, Attributes) {
        (self.message, self.conf_key, self.attributes)
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for ProviderError {}
