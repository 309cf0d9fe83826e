//! The configuration files that a command runs from.

use provost_core::config::{HostConfiguration, Loaded, SecurityConfiguration};

use super::args::Global;
use super::report::{self, Failure};
use crate::configuration;

/// provost.toml, or the defaults and the environment. Warnings are printed.
pub(crate) fn host(global: &Global) -> Result<HostConfiguration, Failure> {
    let loaded = match &global.config {
        Some(path) => configuration::load_host(path),
        None => configuration::host_without_file(),
    };
    Ok(warned(loaded.map_err(crate::Error::from)?))
}

/// The security configuration, if the command line or provost.toml names one.
pub(crate) fn security_if_any(
    global: &Global,
    host: &HostConfiguration,
) -> Result<Option<SecurityConfiguration>, Failure> {
    let named = host
        .security_configuration
        .as_ref()
        .map(|setting| setting.get());
    match global.security_configuration.as_ref().or(named) {
        None => Ok(None),
        Some(path) => {
            let loaded = configuration::load_security(path).map_err(crate::Error::from)?;
            Ok(Some(warned(loaded)))
        }
    }
}

/// The security configuration; a command that encrypts or decrypts runs from one.
pub(crate) fn security(
    global: &Global,
    host: &HostConfiguration,
) -> Result<SecurityConfiguration, Failure> {
    security_if_any(global, host)?.ok_or_else(|| {
        Failure::new("no security configuration: nothing says how objects are encrypted").hint(
            "name one with --security-configuration FILE, or in provost.toml:\n\
             security_configuration = \"security.json\"",
        )
    })
}

fn warned<T>(loaded: Loaded<T>) -> T {
    report::warnings(&loaded.warnings);
    loaded.value
}
