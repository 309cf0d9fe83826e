//! `provost object put`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use super::{Description, Objects, description, object_uri, objects, server_side};
use crate::Error;
use crate::cli::args::{Global, Output, Put};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::provider::Proven;
use crate::store::encrypted::Stored;

pub(super) fn run(put: &Put, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(&put.uri)?;
    let (reader, size) = open_source(&put.source)?;
    let objects = match objects(&uri, global)? {
        Objects::ClientSide(objects) => objects,
        Objects::ServerSide(objects) => {
            return server_side::put(&objects, &uri, (reader, size), global);
        }
    };
    let progress = Progress::new("encrypting", size);
    let stored = with_runtime(async || {
        let stored = objects
            .put(&uri, reader, size, Some(progress.callback()))
            .await;
        stored.map_err(|error| Error::from(error).into())
    });
    progress.finish();
    let stored = stored?;
    match global.output {
        Output::Json => report::json(&StoredDocument::from(&stored)),
        Output::Text => report::print(&format!(
            "{}: {} bytes encrypted, {} {}, envelope in {}",
            stored.uri, stored.plaintext, stored.format, stored.wrap, stored.place
        )),
    }
}

/// What is to be encrypted, and its size if that is known.
fn open_source(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let shown = path.display();
    let failed = |error: std::io::Error| {
        Failure::new(format!("cannot read `{shown}`: {error}"))
            .hint("name a file, or `-` for standard input")
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Failure::new(format!("`{shown}` is a folder")).hint(format!(
            "put its files with -r, or pack it: `tar c {shown} | provost object put - URI`"
        )));
    }
    // The size of a pipe or device is not that of its contents.
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}

/// How a write was proved, in words.
pub(crate) fn proof(proven: Proven) -> &'static str {
    match proven {
        Proven::NewWorker => "a new worker unwrapped a test value from its description",
        Proven::SecondInstance => "a second instance in this process unwrapped a test value",
        Proven::Earlier => "proved earlier in this run",
        Proven::Unwrapped => "KMS unwrapped it with the configured key and its stored context",
        Proven::Elsewhere => "not proved on this node (proof = \"elsewhere\")",
    }
}

#[derive(Serialize)]
struct StoredDocument {
    uri: String,
    plaintext_bytes: u64,
    stored_bytes: u64,
    format: String,
    wrap: String,
    envelope: String,
    description: Description,
    proof: &'static str,
}

impl From<&Stored> for StoredDocument {
    fn from(stored: &Stored) -> Self {
        Self {
            uri: stored.uri.to_string(),
            plaintext_bytes: stored.plaintext,
            stored_bytes: stored.body,
            format: stored.format.to_string(),
            wrap: stored.wrap.to_string(),
            envelope: stored.place.to_string(),
            description: description(Some(&stored.description)),
            proof: proof(stored.proof),
        }
    }
}
