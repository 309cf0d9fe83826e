//! `provost tls show`: a chain as a tree, with names, validity and fingerprints.

use std::fmt::Write as _;
use std::path::Path;

use provost_core::tls::{Report, TlsArtifacts};

use super::document::SetDocument;
use super::verdict::{Places, summary};
use super::{judgement, source, tree};
use crate::Error;
use crate::cli::args::{Global, Output, TlsShow};
use crate::cli::configuration;
use crate::cli::report::{self, Failure};
use crate::install::{Installation, Role};

/// The set at a path, or else the one that is installed.
pub(super) fn run(command: &TlsShow, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = judgement::policy(&command.judgement, &host)?.allow_proof_of_concept();
    let directory = command.directory.as_ref();
    let directory = directory.unwrap_or(host.tls.directory.get());
    let found = match &command.path {
        Some(path) => source::at(path)?,
        None => source::installed(directory)?,
    };
    let report = TlsArtifacts::validate(found.raw, &policy).report;
    match global.output {
        Output::Json => report::json(&SetDocument::new(&found.name, &report)),
        Output::Text => {
            let mut text = text(&found.name, &report, policy.now());
            if command.path.is_none() {
                let _ = write!(text, "\n\n{}", generations(directory)?);
            }
            report::print(text.trim_end())
        }
    }
}

/// `generations: 6 (previous), 7 (current)`.
fn generations(directory: &Path) -> Result<String, Failure> {
    let listed = Installation::at(directory).list().map_err(Error::from)?;
    let told = listed.iter().map(|generation| {
        let role = match generation.role {
            Role::Current => "current",
            Role::Previous => "previous",
            Role::Leftover => "left over",
        };
        let damaged = generation.manifest.is_err().then_some(", damaged");
        format!(
            "{} ({role}{})",
            generation.number,
            damaged.unwrap_or_default()
        )
    });
    let told: Vec<String> = told.collect();
    Ok(format!("generations: {}", told.join(", ")))
}

/// What refuses it is told in short: `provost tls check` has the hints and the warnings.
fn text(name: &str, found: &Report, now: i64) -> String {
    let name = report::one_line(name);
    let mut lines = vec![format!("{name}: {}", summary(found))];
    let mut places = Places::default();
    lines.extend(found.errors().map(|error| {
        let place = places.behind_rule(&error.place);
        format!("  error[{}]{place}: {}", error.rule, error.message)
    }));
    lines.push(String::new());
    if found.chain.is_empty() {
        lines.push("no certificate could be read".to_owned());
    } else {
        lines.extend(tree::lines(found, now));
    }
    lines.join("\n")
}
