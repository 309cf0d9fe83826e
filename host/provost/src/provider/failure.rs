//! Why a provider gave nothing that can be used.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use provost_core::config::ClassName;
use provost_core::materials::MaterialsError;
use provost_plugin_api::{ErrorKind, ProviderError};
use provost_worker::{WorkerError, WorkerFailure};

/// Which provider it is, for messages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProviderName {
    /// The class.
    pub class: ClassName,
    /// The library that has it.
    pub library: Arc<PathBuf>,
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "provider `{}`", self.class)
    }
}

/// A call that gave no answer, or one that was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderFailure {
    /// The provider's own answer, in its own words.
    #[error("{provider} {}: {error}", answered(operation))]
    Answered {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// What it said.
        error: ProviderError,
    },
    /// The answer does not have the form of one.
    #[error("{provider} broke the contract in {operation}: {what}")]
    Protocol {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The materials were refused.
    #[error("{provider} returned unusable materials from {operation}: {source}")]
    Materials {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// What is wrong with them.
        source: MaterialsError,
    },
    /// Two calls, two answers.
    #[error(
        "{provider} returned two different answers to two calls of {operation}: the {field} differs"
    )]
    Unstable {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// What differs.
        field: &'static str,
    },
    /// No answer in time.
    #[error("{provider} did not answer {operation} within {after:?}")]
    Deadline {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// The deadline of the class.
        after: Duration,
    },
    /// Not asked: earlier calls did not end in time.
    #[error(
        "{provider} was not asked for {operation}: none of its earlier calls ended within {after:?}"
    )]
    Busy {
        /// Who.
        provider: ProviderName,
        /// The call.
        operation: &'static str,
        /// The deadline of the class.
        after: Duration,
    },
    /// The worker died, or could not be started.
    #[error("{source}")]
    Worker {
        /// Who.
        provider: ProviderName,
        /// What happened.
        source: WorkerError,
    },
}

impl ProviderFailure {
    /// The kind of the provider's own answer, if it gave one.
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Answered { error, .. } => Some(error.kind()),
            _ => None,
        }
    }

    /// Whether the provider broke its contract, rather than being unable to answer.
    pub fn is_violation(&self) -> bool {
        match self {
            Self::Protocol { .. } | Self::Materials { .. } | Self::Unstable { .. } => true,
            Self::Worker { source, .. } => is_violation(source),
            Self::Answered { .. } | Self::Deadline { .. } | Self::Busy { .. } => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Answered {
                provider,
                operation,
                error,
            } => answered_hint(provider, operation, error),
            Self::Materials {
                source: MaterialsError::NoPrivateKey,
                ..
            } => Some(
                "this node has the public half only; decrypt on one that has the private half"
                    .to_owned(),
            ),
            Self::Protocol { provider, .. } => Some(defect(provider)),
            Self::Unstable { provider, .. } => Some(format!(
                "what it hands out may change with `refresh` only; {}",
                defect(provider)
            )),
            Self::Materials { provider, .. } => Some(format!(
                "if the key that it was given is right, {}",
                defect(provider)
            )),
            Self::Deadline { provider, .. } => Some(slow(provider)),
            Self::Busy { provider, .. } => Some(format!(
                "if its calls are only slow, allow more of them or more time in provost.toml:\n\
                 [classes.\"{}\"]\nlanes = 16\ndeadline = \"30s\"\n\
                 if they hang in this process, only a restart ends them",
                provider.class
            )),
            Self::Worker { provider, source } => match &source.failure {
                WorkerFailure::Deadline { .. } => Some(slow(provider)),
                WorkerFailure::OutOfMemory { limit: Some(_) } => Some(format!(
                    "if it needs that much, allow it more in provost.toml:\n\
                     [classes.\"{}\"]\nmemory = \"4GiB\"",
                    provider.class
                )),
                failure => {
                    let known = failure.hint().map(str::to_owned);
                    known.or_else(|| is_violation(source).then(|| defect(provider)))
                }
            },
        }
    }
}

/// What kind of answer it was, by the call.
fn answered(operation: &str) -> String {
    match operation {
        "new" => "did not start".to_owned(),
        operation => format!("answered to {operation}"),
    }
}

fn defect(provider: &ProviderName) -> String {
    format!(
        "this is a defect of the provider; its library is `{}`",
        provider.library.display()
    )
}

fn slow(provider: &ProviderName) -> String {
    format!(
        "if it is only slow, give it more time in provost.toml:\n\
         [classes.\"{}\"]\ndeadline = \"30s\"",
        provider.class
    )
}

fn answered_hint(
    provider: &ProviderName,
    operation: &str,
    error: &ProviderError,
) -> Option<String> {
    if let Some(key) = error.conf_key() {
        return Some(format!(
            "see `{key}` under [classes.\"{}\".conf] in provost.toml",
            provider.class
        ));
    }
    match error.kind() {
        ErrorKind::Unavailable => Some("its backend may be back soon; try again".to_owned()),
        ErrorKind::Throttled => Some(match error.retry_delay() {
            Some(delay) => format!("try again in {delay:?}"),
            None => "try again later".to_owned(),
        }),
        ErrorKind::Internal => Some(defect(provider)),
        ErrorKind::NotFound | ErrorKind::Denied if operation == "tls_artifacts" => Some(
            "it was asked for the node of `node_names` and `cluster_id` in provost.toml".to_owned(),
        ),
        _ => None,
    }
}

/// Whether a worker's failure is its provider's breach of contract.
pub(super) fn is_violation(error: &WorkerError) -> bool {
    matches!(
        error.failure,
        WorkerFailure::Signalled { .. }
            | WorkerFailure::Exited { .. }
            | WorkerFailure::OutOfMemory { .. }
            | WorkerFailure::Protocol { .. }
    )
}
