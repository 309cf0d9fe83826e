//! A provider in the host's own process.

use std::sync::Arc;

use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider};
use provost_plugin_api::{Attributes, Conf, Level};
use provost_worker::{Answer, Request, TextFilter};

/// Builds the provider; its log lines go to the host's log under its class name.
pub(super) fn create(
    module: &ForeignModule,
    class: &str,
    conf: &Conf,
    filter: &Arc<TextFilter>,
) -> Result<ForeignProvider, CallError> {
    let (name, lines) = (class.to_owned(), Arc::clone(filter));
    module.create(class, conf, &Attributes::new(), move |level, message| {
        log(&name, level, &lines.clean(message));
    })
}

/// Calls on the caller's thread.
#[inline]
pub(super) fn call(provider: &ForeignProvider, request: Request<'_>) -> Result<Answer, CallError> {
    Ok(match request {
        Request::Refresh(call) => {
            provider.refresh(call)?;
            Answer::Refreshed
        }
        Request::Status(call) => Answer::Status(provider.status(call)?),
        Request::MaterialsForEncrypt(request) => {
            Answer::Materials(provider.materials_for_encrypt(request)?)
        }
        Request::MaterialsForDecrypt(request) => {
            Answer::Candidates(provider.materials_for_decrypt(request)?.into_vec())
        }
        Request::GenerateDataKey(request) => {
            let (key, wrapped) = provider.generate_data_key(request)?;
            Answer::DataKey(key, wrapped)
        }
        Request::Wrap(request) => Answer::Wrapped(provider.wrap(request)?),
        Request::Unwrap(request) => Answer::Unwrapped(provider.unwrap(request)?),
        Request::TlsArtifacts(request) => Answer::TlsArtifacts(provider.tls_artifacts(request)?),
        other => {
            return Err(CallError::Protocol(format!(
                "{} is unknown here",
                other.name()
            )));
        }
    })
}

fn log(class: &str, level: Level, message: &str) {
    match level {
        Level::Debug => tracing::debug!(class, "{message}"),
        Level::Info => tracing::info!(class, "{message}"),
        Level::Warn => tracing::warn!(class, "{message}"),
        _ => tracing::error!(class, "{message}"),
    }
}
