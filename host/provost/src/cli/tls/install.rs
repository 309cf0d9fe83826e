//! `provost tls install`: what the security configuration names, as a new generation.

use std::path::Path;

use provost_core::tls::{Report, TlsArtifacts, render};
use serde::Serialize;

use super::document::SetDocument;
use super::refusal::Refusal;
use super::{place, source, verdict};
use crate::Error;
use crate::artifacts::Collected;
use crate::cli::args::{Global, Output, TlsInstall};
use crate::cli::configuration;
use crate::cli::report::{self, Failure};
use crate::install::{Installed, Provenance};

pub(super) fn run(command: &TlsInstall, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = place::policy(&command.place, &command.judgement, &host)?;
    let installation = place::installation(&command.place, command.owner.as_ref(), &host)?
        .with_command("provost tls install");
    let security = configuration::security_for(global, &host, "where TLS artifacts come from")?;
    let Collected {
        name,
        raw,
        generation,
    } = source::configured(host, security)?;
    let verdict = TlsArtifacts::validate(raw, &policy);
    let Some(artifacts) = verdict.artifacts else {
        let refusal = Refusal {
            name: &name,
            is_refused: format!("the artifacts of `{name}` are refused"),
            proof_of_concept: "nothing was changed; for a proof of concept, install it with \
                               --proof-of-concept",
            otherwise: "nothing was changed; correct what the errors name, and try again",
        };
        return refusal.tell(&verdict.report, &policy, global);
    };
    let mut provenance = Provenance::of(&artifacts, &name);
    if let Some(generation) = generation {
        provenance = provenance.with_provider_generation(&generation);
    }
    let installed = installation
        .install(&render::pem(&artifacts), &provenance)
        .map_err(Error::from)?;
    for warning in &installed.warnings {
        report::warning(warning);
    }
    let told = match global.output {
        Output::Json => report::json(&Document::of(&installed, &name, &verdict.report)),
        Output::Text => {
            for finding in verdict::findings(&verdict.report, "") {
                report::note(&finding);
            }
            report::print(&report::one_line(&told(&installed, &name)))
        }
    };
    // Whoever sees a failure takes it for one of the installation.
    let in_force = format!(
        "generation {} is in force all the same",
        installed.generation
    );
    told.map_err(|failure| failure.hint(in_force))
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
        "installed the artifacts of `{name}` as generation {generation} in {}; {kept}",
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
