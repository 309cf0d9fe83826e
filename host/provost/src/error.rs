//! The host's errors: three audiences, kept apart.

use provost_core::config::{Diagnostic, Diagnostics};

use crate::configuration::ConfigurationError;
use crate::loader::LoadError;
use crate::provider::ProviderFailure;
use crate::registry::{ConfError, RegistryError};

/// What can go wrong between a configuration and an object, or an installation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The embedding program uses the host wrongly.
    #[error(transparent)]
    Misuse(#[from] ApiMisuse),
    /// A configuration file was refused.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The configuration rules out what was asked for, or does not say enough.
    #[error("{0}")]
    Refused(Box<Diagnostic>),
    /// The security configuration does not enable it.
    #[error("`{configuration}` does not enable {what}")]
    Disabled {
        /// What was asked for.
        what: &'static str,
        /// What would enable it.
        takes: &'static str,
        /// The security configuration.
        configuration: String,
    },
    /// A class has no usable library.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A provider gave nothing that can be used.
    #[error(transparent)]
    Provider(#[from] ProviderFailure),
    /// A store, or an object in it.
    #[error(transparent)]
    Object(#[from] crate::store::encrypted::ObjectError),
    /// TLS artifacts that were not fetched.
    #[error(transparent)]
    Fetch(#[from] crate::fetch::FetchError),
    /// TLS artifacts that cannot be read where they are.
    #[error(transparent)]
    Artifacts(#[from] crate::artifacts::SourceError),
    /// Default trusted roots that cannot be had.
    #[error(transparent)]
    TrustedRoots(#[from] crate::trusted_roots::TrustedRootsError),
    /// An installation of TLS artifacts.
    #[error(transparent)]
    Install(#[from] crate::install::InstallError),
}

/// Wrong use of the library by the program that embeds it: fix the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiMisuse {
    /// A class is to run in a worker, and this program cannot be one.
    #[error(
        "a provider is to run in a worker process, and this program does not start with \
         `provost::worker::serve_if_worker()`"
    )]
    NoWorker,
    /// What is encrypted, and which class does it, is said by a security configuration alone.
    #[error("`Host::objects` and `Host::tls_files` need a security configuration")]
    NoSecurityConfiguration,
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        Self::Load(LoadError::Registry(error))
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Refused(Box::new(diagnostic))
    }
}

/// An error and its causes on one line; a cause that the text before it already says is left out.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Misuse(ApiMisuse::NoWorker) => Some(
                "call it first in `main`, or name a program that does: \
                 `Host::builder().worker_program(path)`"
                    .to_owned(),
            ),
            Self::Misuse(_) => None,
            Self::Configuration(error) => error.hint(),
            Self::Refused(diagnostic) => diagnostic.hint_text().map(str::to_owned),
            Self::Disabled { takes, .. } => Some(format!("it takes {takes}")),
            Self::Load(error) => error.hint(),
            Self::Provider(error) => error.hint(),
            Self::Object(error) => error.hint(),
            Self::Fetch(error) => error.hint(),
            Self::Artifacts(error) => error.hint(),
            Self::TrustedRoots(error) => error.hint(),
            Self::Install(error) => error.hint(),
        }
    }

    /// The places in configuration files that this is about.
    pub fn diagnostics(&self) -> Option<Diagnostics> {
        match self {
            Self::Configuration(ConfigurationError::Refused(found)) => Some(found.clone()),
            Self::Refused(found)
            | Self::Load(LoadError::Registry(
                RegistryError::Configuration(found)
                | RegistryError::Conf(ConfError::Unknown(found)),
            )) => Some((**found).clone().into()),
            _ => None,
        }
    }
}
