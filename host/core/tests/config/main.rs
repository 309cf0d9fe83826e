//! The two configuration files: what is accepted, and how the rest is refused.

#![allow(clippy::unwrap_used)] // in helpers of tests, too

mod conf;
mod diagnostics;
mod grammar;
mod host;
mod json;
mod kms;
mod policies;
mod robustness;
mod rules;
mod s3;
mod samples;
mod tls;
mod values;

use std::path::{Path, PathBuf};

use provost_core::config::{
    Diagnostic, Diagnostics, HostConfiguration, Loaded, SecurityConfiguration, Severity, Source,
};

/// The sample `name` of `examples/configurations`.
fn sample(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/configurations");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn security(text: &str) -> Result<Loaded<SecurityConfiguration>, Diagnostics> {
    SecurityConfiguration::parse(Source::new("security.json", text), None)
}

fn host(text: &str) -> Result<Loaded<HostConfiguration>, Diagnostics> {
    host_with(text, &[])
}

fn host_with(
    text: &str,
    environment: &[(&str, &str)],
) -> Result<Loaded<HostConfiguration>, Diagnostics> {
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let source = Source::new("provost.toml", text);
    HostConfiguration::parse(source, Path::new("/etc/provost"), &variable)
}

/// An accepted configuration without warnings.
#[track_caller]
fn clean<T>(result: Result<Loaded<T>, Diagnostics>) -> T {
    let loaded = result.unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    loaded.value
}

/// The one error of a refused configuration.
#[track_caller]
fn one_error<T: std::fmt::Debug>(result: Result<Loaded<T>, Diagnostics>) -> Diagnostic {
    let errors: Vec<Diagnostic> = result.unwrap_err().errors().cloned().collect();
    let [error] = errors.as_slice() else {
        panic!("expected one error: {errors:#?}");
    };
    error.clone()
}

/// The one warning of an accepted configuration.
#[track_caller]
fn one_warning<T>(result: Result<Loaded<T>, Diagnostics>) -> Diagnostic {
    let warnings = result.unwrap().warnings;
    let [warning] = warnings.as_slice() else {
        panic!("expected one warning: {warnings:#?}");
    };
    assert_eq!(warning.severity(), Severity::Warning);
    warning.clone()
}

/// The text that a diagnostic underlines.
fn underlined(diagnostic: &Diagnostic) -> &str {
    let span = diagnostic.span();
    &diagnostic.source().text()[span.start..span.end]
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in {text:?}");
}
