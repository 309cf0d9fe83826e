//! Where a set of artifacts comes from.

use std::path::Path;

use provost_core::config::{HostConfiguration, SecurityConfiguration};

use crate::Error;
use crate::artifacts::{self, Collected};
use crate::cli::report::Failure;
use crate::cli::workers;
use crate::install::Installation;

/// The set that a security configuration names.
pub(super) fn configured(
    host: HostConfiguration,
    security: SecurityConfiguration,
) -> Result<Collected, Failure> {
    let host = workers::host()
        .configuration(host)
        .security_configuration(security)
        .build()?;
    host.tls_files()
        .map_err(|error| Failure::located(error, host.registry()))
}

/// The set in a zip or a folder.
pub(super) fn at(path: &Path) -> Result<Collected, Error> {
    let raw = artifacts::read_path(path)?;
    Ok(Collected::new(path.display().to_string(), raw))
}

/// The set that is in force in a folder of generations.
pub(super) fn installed(directory: &Path) -> Result<Collected, Failure> {
    let installed = Installation::at(directory).current().map_err(Error::from)?;
    let installed = installed.ok_or_else(|| {
        Failure::new(format!("nothing is installed in `{}`", directory.display())).hint(
            "install artifacts with `provost tls install`, name another folder with --directory, \
             or name a zip or a folder to look at",
        )
    })?;
    let raw = installed.read().map_err(Error::from)?;
    Ok(Collected::new(installed.path().display().to_string(), raw))
}
