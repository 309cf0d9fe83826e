//! `provost tls install`: what the security configuration names, as a new generation.

use std::path::Path;

use provost_core::config::HostConfiguration;
use provost_core::tls::{Report, TlsArtifacts, TlsPolicy, render};
use serde::Serialize;

use super::place;
use super::verdict::{self, SetDocument};
use crate::artifacts::Collected;
use crate::cli::args::{Global, Output, TlsInstall};
use crate::cli::configuration;
use crate::cli::report::{self, Failure};
use crate::install::{Installed, Provenance};
use crate::{Error, Host};

pub(super) fn run(command: &TlsInstall, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = place::policy(&command.place, &command.judgement, &host)?;
    let installation = place::installation(&command.place, command.owner.as_ref(), &host)?
        .with_command("provost tls install");
    let host = host_of(host, global)?;
    let Collected {
        name,
        raw,
        generation,
    } = host.tls_files()?;
    let verdict = TlsArtifacts::validate(raw, &policy);
    let Some(artifacts) = verdict.artifacts else {
        return refused(&name, &verdict.report, &policy, global);
    };
    let mut provenance = Provenance::of(&artifacts, &name);
    if let Some(generation) = generation {
        provenance = provenance.with_provider_generation(&generation);
    }
    let installed = installation
        .install(&render::pem(&artifacts), &provenance)
        .map_err(Error::from)?;
    for warning in &installed.warnings {
        report::note(&format!("warning: {warning}"));
    }
    match global.output {
        Output::Json => report::json(&Document::of(&installed, &name, &verdict.report)),
        Output::Text => {
            for finding in &verdict.report.findings {
                report::note(&verdict::finding(finding, ""));
            }
            report::print(&told(&installed, &name))
        }
    }
}

/// A host for the set that the security configuration names.
pub(super) fn host_of(host: HostConfiguration, global: &Global) -> Result<Host, Failure> {
    let security = configuration::security_for(global, &host, "where TLS artifacts come from")?;
    let host = Host::builder()
        .configuration(host)
        .security_configuration(security)
        .build()?;
    Ok(host)
}

/// What was found, and that nothing was changed.
pub(super) fn refused(
    name: &str,
    found: &Report,
    policy: &TlsPolicy,
    global: &Global,
) -> Result<(), Failure> {
    let failure = Failure::new(format!(
        "the artifacts of {name} are refused: {}",
        verdict::summary(found)
    ));
    let only_itself = found
        .errors()
        .all(|finding| finding.rule == provost_core::tls::RuleId::Tru004);
    let failure = if only_itself && !policy.is_strict() {
        failure.hint("for a proof of concept, install it with --proof-of-concept")
    } else {
        failure.hint("nothing was changed; correct what the errors name, and try again")
    };
    match global.output {
        Output::Json => {
            report::json(&RefusedDocument {
                refused: SetDocument::new(name, found),
            })?;
            Err(failure.in_document())
        }
        Output::Text => {
            for finding in &found.findings {
                report::note(&verdict::finding(finding, ""));
            }
            Err(failure)
        }
    }
}

fn told(installed: &Installed, name: &str) -> String {
    let Installed {
        generation,
        path,
        previous,
        unchanged,
        ..
    } = installed;
    if *unchanged {
        return format!(
            "generation {generation} holds these artifacts already; nothing was changed"
        );
    }
    let kept = match previous {
        Some(previous) => format!("generation {previous} is kept for `provost tls rollback`"),
        None => "there was none before".to_owned(),
    };
    format!(
        "installed the artifacts of {name} as generation {generation} in {}; {kept}",
        path.display()
    )
}

#[derive(Serialize)]
struct Document<'a> {
    generation: u64,
    path: &'a Path,
    previous: Option<u64>,
    unchanged: bool,
    milliseconds: f64,
    fsync_milliseconds: f64,
    warnings: Vec<String>,
    set: SetDocument,
}

#[derive(Serialize)]
struct RefusedDocument {
    refused: SetDocument,
}

impl<'a> Document<'a> {
    fn of(installed: &'a Installed, name: &str, report: &Report) -> Self {
        Self {
            generation: installed.generation,
            path: &installed.path,
            previous: installed.previous,
            unchanged: installed.unchanged,
            milliseconds: installed.total.as_secs_f64() * 1e3,
            fsync_milliseconds: installed.fsync.as_secs_f64() * 1e3,
            warnings: installed.warnings.iter().map(ToString::to_string).collect(),
            set: SetDocument::new(name, report),
        }
    }
}
