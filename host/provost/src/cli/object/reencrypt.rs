//! `provost object reencrypt`: what is plaintext, legacy or V2 becomes V3.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::many::{Many, Outcome, Report, Words, lock};
use super::put::proof;
use super::walked::{Found, Walked};
use super::{
    Description, client_side, description, failed, object_prefix, object_uri, objects_under,
};
use crate::cli::args::{self, Global, Output};
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::{PlaintextObject, Reencrypt, Reencrypted};

const WORDS: Words = Words {
    doing: "encrypting anew",
    done: "encrypted anew",
};

#[derive(Serialize)]
struct Details {
    from: String,
    /// False for plaintext and CBC, which anybody who writes to the store could have changed.
    was_authenticated: bool,
    plaintext_bytes: u64,
    stored_bytes: u64,
    format: String,
    wrap: String,
    envelope: String,
    description: Description,
    proof: &'static str,
}

#[derive(Serialize)]
struct Document {
    uri: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What the objects were before.
#[derive(Default)]
struct Before(BTreeMap<String, u64>);

#[derive(Serialize)]
struct Fields {
    from: BTreeMap<String, u64>,
}

pub(super) fn run(reencrypt: &args::Reencrypt, global: &Global) -> Result<(), Failure> {
    let how = Reencrypt {
        plaintext: reencrypt.plaintext.map(|plaintext| match plaintext {
            args::Plaintext::Fail => PlaintextObject::Fail,
            args::Plaintext::Skip => PlaintextObject::Skip,
            args::Plaintext::Encrypt => PlaintextObject::Encrypt,
        }),
        all: reencrypt.all,
    };
    if reencrypt.whole.recursive {
        return run_many(reencrypt, how, global);
    }
    let uri = object_uri(&reencrypt.uri)?;
    let objects = client_side(&uri, global)?;
    let done = with_runtime(async || objects.reencrypt(&uri, how).await.map_err(failed))?;
    let (details, reason) = told(done);
    match (global.output, details, reason) {
        (Output::Json, details, reason) => report::json(&Document {
            uri: uri.to_string(),
            outcome: if details.is_some() { "done" } else { "skipped" },
            reason,
            details,
        }),
        (Output::Text, Some(details), _) => report::print(&format!(
            "{uri}: {} bytes encrypted anew, {} {}, envelope in {}; was {}",
            details.plaintext_bytes, details.format, details.wrap, details.envelope, details.from
        )),
        (Output::Text, None, reason) => report::print(&format!(
            "{uri}: left as it is: {}",
            reason.unwrap_or_default()
        )),
    }
}

fn run_many(reencrypt: &args::Reencrypt, how: Reencrypt, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(&reencrypt.uri)?;
    let (host, objects) = objects_under(&prefix, global)?;
    let mut walked = Walked::new(host.stores(), host.configuration(), &prefix);
    let many = Many {
        words: WORDS,
        jobs: reencrypt.whole.jobs.get(),
        global,
    };
    many.run(
        &Arc::new(Mutex::new(Before::default())),
        async || walked.next().await,
        |Found { uri, .. }, before| {
            let objects = objects.clone();
            async move {
                match objects.reencrypt(&uri, how).await.map(told) {
                    Ok((Some(details), _)) => {
                        *lock(&before).0.entry(details.from.clone()).or_default() += 1;
                        Outcome::Done {
                            bytes: details.plaintext_bytes,
                            details,
                        }
                    }
                    Ok((None, reason)) => Outcome::Skipped {
                        reason: reason.unwrap_or_default().to_owned(),
                        worth_a_line: reason != Some(ALREADY),
                    },
                    Err(error) => Outcome::Failed(failed(error)),
                }
            }
        },
    )
}

const ALREADY: &str = "it is V3";

/// What was done, or why nothing was.
fn told(done: Reencrypted) -> (Option<Details>, Option<&'static str>) {
    let (stored, from, was_authenticated) = match done {
        Reencrypted::Anew {
            stored,
            from,
            was_authenticated,
        } => (stored, from, was_authenticated),
        Reencrypted::Already => return (None, Some(ALREADY)),
        Reencrypted::Plaintext => return (None, Some("it is not encrypted")),
        Reencrypted::InstructionFile => {
            return (None, Some("it is an instruction file whose object is gone"));
        }
    };
    let details = Details {
        from: from.map_or("plaintext".to_owned(), |format| format.to_string()),
        was_authenticated,
        plaintext_bytes: stored.plaintext,
        stored_bytes: stored.body,
        format: stored.format.to_string(),
        wrap: stored.wrap.name().to_owned(),
        envelope: stored.place.to_string(),
        description: description(Some(&stored.description)),
        proof: proof(stored.proof),
    };
    (Some(details), None)
}

impl Report for Before {
    type Fields = Fields;

    fn lines(&self) -> Vec<String> {
        let lines = self.0.iter();
        lines
            .map(|(from, count)| format!("{count:>8} were {from}"))
            .collect()
    }

    fn fields(&self) -> Fields {
        Fields {
            from: self.0.clone(),
        }
    }
}
