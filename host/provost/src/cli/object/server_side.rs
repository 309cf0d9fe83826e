//! Objects that the store encrypts, for `provost object`.

use std::io::Read;
use std::path::Path;

use serde::Serialize;

use crate::Error;
use crate::cli::args::{Global, Output};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::{ServerSideStore, Transferred};
use crate::store::{Existing, ObjectUri, ServerSideEncryption};

pub(super) fn put(
    objects: &ServerSideStore,
    uri: &ObjectUri,
    (source, size): (Box<dyn Read + Send>, Option<u64>),
    global: &Global,
) -> Result<(), Failure> {
    let progress = Progress::new("sending", size);
    let stored = with_runtime(async || {
        let callback = Some(progress.callback());
        let stored = objects.put(uri, source, size, callback).await;
        stored.map_err(|error| Error::from(error).into())
    });
    progress.finish();
    let stored = stored?;
    match global.output {
        Output::Json => report::json(&Document::from(&stored)),
        Output::Text => report::print(&format!(
            "{}: {} bytes, encrypted by the store with {}",
            stored.uri,
            stored.bytes,
            objects.mode()
        )),
    }
}

pub(super) fn get(
    objects: &ServerSideStore,
    uri: &ObjectUri,
    destination: &Path,
    force: bool,
    global: &Global,
) -> Result<(), Failure> {
    let to_stdout = destination == Path::new("-");
    let progress = Progress::new("receiving", None);
    let received = with_runtime(async || {
        let callback = Some(progress.callback());
        let received = if to_stdout {
            let sink = std::io::stdout();
            objects.get_to_writer(uri, sink, callback).await
        } else {
            let existing = if force {
                Existing::Replace
            } else {
                Existing::Refuse
            };
            objects
                .get_to_file(uri, destination, existing, callback)
                .await
        };
        received.map_err(|error| Error::from(error).into())
    });
    progress.finish();
    let received = received?;
    match global.output {
        _ if to_stdout => Ok(()),
        Output::Json => report::json(&Document::from(&received)),
        Output::Text => report::print(&format!(
            "{}: {} bytes, decrypted by the store, into {}",
            received.uri,
            received.bytes,
            destination.display()
        )),
    }
}

pub(super) fn inspected(
    uri: &ObjectUri,
    size: u64,
    mode: &ServerSideEncryption,
    global: &Global,
) -> Result<(), Failure> {
    match global.output {
        Output::Json => report::json(&Document {
            uri: uri.to_string(),
            plaintext_bytes: size,
            server_side_encryption: Some(mode.to_string()),
        }),
        Output::Text => report::print(&format!(
            "object       {uri}\nencryption   {mode}, by the store; no client encrypted it\n\
             plaintext    {size} bytes"
        )),
    }
}

#[derive(Serialize)]
struct Document {
    uri: String,
    plaintext_bytes: u64,
    server_side_encryption: Option<String>,
}

impl From<&Transferred> for Document {
    fn from(transferred: &Transferred) -> Self {
        Self {
            uri: transferred.uri.to_string(),
            plaintext_bytes: transferred.bytes,
            server_side_encryption: transferred.mode.as_ref().map(ToString::to_string),
        }
    }
}
