//! `provost tls check`: what the rules say of sets of artifacts.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use provost_core::tls::{Report, TlsArtifacts, TlsPolicy};
use serde::Serialize;

use super::document::SetDocument;
use super::verdict::text;
use super::{judgement, source};
use crate::Error;
use crate::artifacts::Collected;
use crate::cli::args::{Global, Judgement, Output};
use crate::cli::configuration;
use crate::cli::progress::Progress;
use crate::cli::report::{self, Failure};

/// The sets at `paths`, or else the one that the security configuration names.
pub(super) fn run(
    paths: &[PathBuf],
    judgement: &Judgement,
    global: &Global,
) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = judgement::policy(judgement, &host)?.allow_proof_of_concept();
    let mut tally = Tally::default();
    if paths.is_empty() {
        let security = configuration::security_if_any(global, &host)?;
        let found = source::configured(host, security.ok_or_else(nothing_named)?)?;
        tally.add(check(found, &policy), global.output)?;
    }
    // On a terminal the results show how far it is.
    let is_shown = global.output == Output::Text && std::io::stdout().is_terminal();
    let progress = (!is_shown).then(|| Progress::counting("checking", paths.len()));
    let count = progress.as_ref().map(Progress::callback);
    for (done, path) in paths.iter().enumerate() {
        if let Some(count) = &count {
            count(done as u64);
        }
        match source::at(path) {
            Ok(found) => tally.add(check(found, &policy), global.output)?,
            Err(error) => tally.unreadable(path, &error, global.output)?,
        }
    }
    if let Some(progress) = progress {
        progress.finish();
    }
    tally.close(global.output)
}

fn nothing_named() -> Failure {
    Failure::new("nothing to check: neither a path nor a security configuration is named").hint(
        "name zips or folders; or the security configuration that names artifacts, with \
         --security-configuration FILE or in the provost.toml of --config FILE",
    )
}

fn check(found: Collected, policy: &TlsPolicy) -> (String, Report) {
    let Collected { name, raw, .. } = found;
    (name, TlsArtifacts::validate(raw, policy).report)
}

/// What has been found so far.
#[derive(Default)]
struct Tally {
    sets: Vec<SetDocument>,
    unreadable: Vec<UnreadableDocument>,
    checked: usize,
    refused: usize,
}

#[derive(Serialize)]
struct Document {
    sets: Vec<SetDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<UnreadableDocument>,
}

#[derive(Serialize)]
struct UnreadableDocument {
    name: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Tally {
    fn add(&mut self, (name, report): (String, Report), output: Output) -> Result<(), Failure> {
        self.checked += 1;
        self.refused += usize::from(!report.is_accepted());
        match output {
            // Said as soon as it is known.
            Output::Text => report::print(text(&name, &report).trim_end()),
            Output::Json => {
                self.sets.push(SetDocument::new(&name, &report));
                Ok(())
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &Error, output: Output) -> Result<(), Failure> {
        self.checked += 1;
        self.refused += 1;
        let name = path.display().to_string();
        let (message, hint) = (report::chain(error), error.hint());
        match output {
            Output::Text => {
                let hint =
                    hint.map(|hint| format!("\n{}", report::hint_lines(&hint, "            ")));
                let hint = hint.unwrap_or_default();
                let told = report::one_line(&format!("{name}: {message}"));
                report::print(&format!("refused   {told}{hint}"))
            }
            Output::Json => {
                self.unreadable.push(UnreadableDocument {
                    name,
                    message,
                    hint,
                });
                Ok(())
            }
        }
    }

    fn close(self, output: Output) -> Result<(), Failure> {
        let Self {
            sets,
            unreadable,
            checked,
            refused,
        } = self;
        if output == Output::Json {
            report::json(&Document { sets, unreadable })?;
        }
        match (refused, checked) {
            (0, _) => Ok(()),
            (_, 1) => Err(Failure::new("the set is refused").in_document()),
            (refused, checked) => {
                Err(Failure::new(format!("{refused} of {checked} sets are refused")).in_document())
            }
        }
    }
}
