//! Why a provider did not answer.

use std::time::Duration;

use provost_plugin_api::{ErrorKind, ProviderError};
use serde::{Deserialize, Serialize};

use super::attributes::WireAttributes;

/// A provider's own error, or an answer of it that could not be read.
#[derive(Serialize, Deserialize)]
pub(crate) enum Failure<'a> {
    #[serde(borrow)]
    Provider(WireError<'a>),
    Protocol(&'a str),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WireError<'a> {
    kind: u8,
    message: &'a str,
    conf_key: Option<&'a str>,
    retry_after: Option<Duration>,
    #[serde(borrow)]
    attributes: WireAttributes<'a>,
}

const KINDS: [ErrorKind; 8] = [
    ErrorKind::Internal,
    ErrorKind::Configuration,
    ErrorKind::NotFound,
    ErrorKind::Denied,
    ErrorKind::Unavailable,
    ErrorKind::Throttled,
    ErrorKind::Rejected,
    ErrorKind::Unsupported,
];

impl<'a> From<&'a ProviderError> for WireError<'a> {
    fn from(error: &'a ProviderError) -> Self {
        let kind = KINDS.iter().position(|kind| *kind == error.kind());
        Self {
            kind: kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(0),
            message: error.message(),
            conf_key: error.conf_key(),
            retry_after: error.retry_delay(),
            attributes: error.attributes().into(),
        }
    }
}

impl WireError<'_> {
    /// Unknown kinds are [`ErrorKind::Internal`].
    pub(crate) fn into_owned(self) -> ProviderError {
        let kind = KINDS.get(usize::from(self.kind)).copied();
        let mut error = ProviderError::new(kind.unwrap_or(ErrorKind::Internal), self.message)
            .with_attributes(self.attributes.into_owned());
        if let Some(key) = self.conf_key {
            error = error.at_key(key);
        }
        if let Some(delay) = self.retry_after {
            error = error.retry_after(delay);
        }
        error
    }
}
