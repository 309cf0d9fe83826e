//! `provost object rewrap`: the present key protects what another one did.

use std::sync::{Arc, Mutex};

use provost_core::envelope::EnvelopePlace;
use serde::Serialize;

use super::many::{Many, Outcome, Report, Words, lock};
use super::put::proof;
use super::walked::{Found, Walked};
use super::{
    Description, client_side, description, failed, object_prefix, object_uri, objects_under,
};
use crate::cli::args::{self, Global, Output, To};
use crate::cli::report::{self, Failure, one_line};
use crate::cli::with_runtime;
use crate::store::ObjectUri;
use crate::store::encrypted::{OlderVersion, Rewrap, Rewrapped};

const WORDS: Words = Words {
    doing: "rewrapping",
    done: "rewrapped",
};

/// Lines that are printed of older versions; the document has all of them.
const LINES: usize = 20;

const ALREADY: &str = "protected by the present key already";

#[derive(Serialize)]
struct Details {
    plaintext_bytes: u64,
    envelope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    /// Whether it was read back, and the old key failed on it.
    proved: bool,
    older_versions: Vec<Version>,
}

#[derive(Serialize)]
struct Document {
    uri: String,
    outcome: &'static str,
    #[serde(flatten)]
    details: Details,
}

#[derive(Clone, Serialize)]
struct Version {
    uri: String,
    version: String,
}

/// Versions that are not current and that another key than the present one opens.
#[derive(Default)]
struct Older(Vec<Version>);

#[derive(Serialize)]
struct Fields {
    older_versions: Vec<Version>,
}

pub(super) fn run(rewrap: &args::Rewrap, global: &Global) -> Result<(), Failure> {
    let how = Rewrap {
        to: rewrap.to.map(|to| match to {
            To::Metadata => EnvelopePlace::Metadata,
            To::InstructionFile => EnvelopePlace::InstructionFile,
        }),
        prove: rewrap.prove,
        verify_content: rewrap.verify_content,
    };
    if rewrap.whole.recursive {
        return run_many(rewrap, how, global);
    }
    let uri = object_uri(&rewrap.uri)?;
    let objects = client_side(&uri, global)?;
    let done = with_runtime(async || objects.rewrap(&uri, how).await.map_err(failed))?;
    match global.output {
        Output::Json => report::json(&Document {
            uri: uri.to_string(),
            outcome: if done.changed { "done" } else { "skipped" },
            details: details(&done, how),
        }),
        Output::Text => {
            for line in lines(&versions(&done.older)) {
                report::print(&line)?;
            }
            report::print(&one_line(&text(&uri, &done)))
        }
    }
}

fn text(uri: &ObjectUri, done: &Rewrapped) -> String {
    match &done.anew {
        None if done.changed => format!("{uri}: {ALREADY}; envelope moved to {}", done.place),
        None => format!("{uri}: {ALREADY}"),
        Some(anew) => format!(
            "{uri}: {} bytes rewrapped, {}, envelope in {}",
            done.plaintext,
            anew.wrap.name(),
            done.place
        ),
    }
}

fn run_many(rewrap: &args::Rewrap, how: Rewrap, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(&rewrap.uri)?;
    let (host, objects) = objects_under(&prefix, global)?;
    let mut walked = Walked::new(host.stores(), host.configuration(), &prefix);
    let many = Many {
        words: WORDS,
        jobs: rewrap.whole.jobs.get(),
        global,
    };
    many.run(
        &Arc::new(Mutex::new(Older::default())),
        async || walked.next().await,
        |Found { uri, .. }, older| {
            let objects = objects.clone();
            async move {
                match objects.rewrap(&uri, how).await {
                    Ok(done) => {
                        lock(&older).0.extend(versions(&done.older));
                        if done.changed {
                            return Outcome::Done {
                                bytes: done.plaintext,
                                details: details(&done, how),
                            };
                        }
                        Outcome::Skipped {
                            reason: ALREADY.to_owned(),
                            worth_a_line: false,
                        }
                    }
                    Err(error) => Outcome::Failed(failed(error)),
                }
            }
        },
    )
}

fn details(done: &Rewrapped, how: Rewrap) -> Details {
    let anew = done.anew.as_ref();
    Details {
        plaintext_bytes: done.plaintext,
        envelope: done.place.to_string(),
        wrap: anew.map(|anew| anew.wrap.name().to_owned()),
        description: anew.map(|anew| description(Some(&anew.description))),
        proof: anew.map(|anew| proof(anew.proof)),
        proved: how.prove && anew.is_some(),
        older_versions: versions(&done.older),
    }
}

fn versions(older: &[OlderVersion]) -> Vec<Version> {
    let older = older.iter().map(|older| Version {
        uri: older.uri.to_string(),
        version: older.version.clone(),
    });
    older.collect()
}

fn lines(older: &[Version]) -> Vec<String> {
    if older.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!(
        "{} older versions still open with other keys than the present one:",
        older.len()
    )];
    let shown = older.iter().take(LINES);
    lines.extend(shown.map(|older| one_line(&format!("  {}  {}", older.version, older.uri))));
    if older.len() > LINES {
        lines.push("  and more: --output json lists them all".to_owned());
    }
    lines
}

impl Report for Older {
    type Fields = Fields;

    fn lines(&self) -> Vec<String> {
        lines(&self.0)
    }

    fn fields(&self) -> Fields {
        Fields {
            older_versions: self.0.clone(),
        }
    }
}
