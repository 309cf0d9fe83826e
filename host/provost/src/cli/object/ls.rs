//! `provost object ls`.

use std::fmt::Write as _;

use serde::Serialize;

use super::{object_prefix, stores};
use crate::Error;
use crate::cli::args::{Global, Jobs, Output};
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::{self, Listed};

pub(super) fn run(prefix: &str, jobs: Jobs, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(prefix)?;
    let stores = stores(global)?;
    let listed = with_runtime(async || {
        let listed = encrypted::list(&stores, &prefix, jobs.get()).await;
        listed.map_err(|error| Error::from(error).into())
    })?;
    match global.output {
        Output::Json => report::json(&ListDocument {
            objects: listed.iter().map(ListedDocument::from).collect(),
        }),
        Output::Text if listed.is_empty() => {
            report::note(&format!("no objects under {prefix}"));
            Ok(())
        }
        Output::Text => report::print(lines(&listed).trim_end()),
    }
}

fn lines(listed: &[Listed]) -> String {
    let mut text = String::new();
    for object in listed {
        let uri = &object.info.uri;
        let _ = match (object.plaintext, &object.problem) {
            (Some(size), _) => writeln!(text, "{size:>14}  {uri}"),
            (None, None) => writeln!(text, "{:>14}  {uri}  (not encrypted, or legacy)", "-"),
            (None, Some(problem)) => {
                // It may quote a damaged file.
                let problem = problem.escape_debug().to_string().replace("\\\"", "\"");
                writeln!(text, "{:>14}  {uri}  ({problem})", "-")
            }
        };
    }
    text
}

#[derive(Serialize)]
struct ListDocument {
    objects: Vec<ListedDocument>,
}

#[derive(Serialize)]
struct ListedDocument {
    uri: String,
    plaintext_bytes: Option<u64>,
    stored_bytes: u64,
    problem: Option<String>,
}

impl From<&Listed> for ListedDocument {
    fn from(listed: &Listed) -> Self {
        Self {
            uri: listed.info.uri.to_string(),
            plaintext_bytes: listed.plaintext,
            stored_bytes: listed.info.size,
            problem: listed.problem.clone(),
        }
    }
}
