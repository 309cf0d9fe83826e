//! The configuration files that a command runs from.

use provost_core::config::{HostConfiguration, Loaded, SecurityConfiguration};

use super::args::Global;
use super::report::{self, Failure};
use crate::configuration::{self, ConfigurationError};
use crate::error::chain;

/// provost.toml, or the defaults and the environment.
pub(crate) fn load_host(global: &Global) -> Result<Loaded<HostConfiguration>, Failure> {
    let loaded = match &global.config {
        Some(path) => configuration::load_host(path),
        None => configuration::host_without_file(),
    };
    Ok(loaded.map_err(crate::Error::from)?)
}

/// The security configuration, if the command line or provost.toml names one.
pub(crate) fn load_security(
    global: &Global,
    host: &HostConfiguration,
) -> Result<Option<Loaded<SecurityConfiguration>>, Failure> {
    if let Some(path) = &global.security_configuration {
        let loaded = configuration::load_security(path).map_err(crate::Error::from)?;
        return Ok(Some(loaded));
    }
    let Some(named) = &host.security_configuration else {
        return Ok(None);
    };
    match (configuration::load_security(named.get()), named.span()) {
        (Ok(loaded), _) => Ok(Some(loaded)),
        (Err(error @ ConfigurationError::Read { .. }), Some(span)) => {
            let hint = "name the file here; a relative path starts at the folder of this file";
            let diagnostic = host.error(span, chain(&error)).hint(hint);
            Err(Failure::diagnostics(vec![diagnostic]))
        }
        (Err(error), _) => Err(crate::Error::from(error).into()),
    }
}

/// provost.toml, or the defaults and the environment. Warnings are printed.
pub(crate) fn host(global: &Global) -> Result<HostConfiguration, Failure> {
    Ok(warned(load_host(global)?))
}

/// The security configuration, if there is one. Warnings are printed.
pub(crate) fn security_if_any(
    global: &Global,
    host: &HostConfiguration,
) -> Result<Option<SecurityConfiguration>, Failure> {
    Ok(load_security(global, host)?.map(warned))
}

/// The security configuration; a command that encrypts or decrypts runs from one.
pub(crate) fn security(
    global: &Global,
    host: &HostConfiguration,
) -> Result<SecurityConfiguration, Failure> {
    security_for(global, host, "how objects are encrypted")
}

/// The security configuration, which a command needs for what it `says`.
pub(crate) fn security_for(
    global: &Global,
    host: &HostConfiguration,
    says: &str,
) -> Result<SecurityConfiguration, Failure> {
    security_if_any(global, host)?.ok_or_else(|| {
        let failure = Failure::new(format!("no security configuration: nothing says {says}"));
        match global.config {
            None => failure.hint(
                "name provost.toml with --config FILE, or the security configuration with \
                 --security-configuration FILE",
            ),
            Some(_) => failure.hint(
                "name one in provost.toml, or with --security-configuration FILE:\n\
                 security_configuration = \"security.json\"",
            ),
        }
    })
}

fn warned<T>(loaded: Loaded<T>) -> T {
    report::warnings(&loaded.warnings);
    loaded.value
}
