//! `provost object get`.

use std::path::Path;

use serde::Serialize;

use super::{Description, Objects, description, object_uri, objects, server_side};
use crate::Error;
use crate::cli::args::{Get, Global, Output};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::Existing;
use crate::store::encrypted::Received;

pub(super) fn run(get: &Get, global: &Global) -> Result<(), Failure> {
    to(&get.uri, &get.destination, get.force, global)
}

/// Decrypts an object into a file, or to standard output for `-`.
pub(super) fn to(
    uri: &str,
    destination: &Path,
    force: bool,
    global: &Global,
) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let to_stdout = destination == Path::new("-");
    if to_stdout && global.output == Output::Json {
        return Err(Failure::usage(
            "standard output cannot take both the object and a JSON report",
        )
        .hint("name a file, or leave out `--output json`"));
    }
    let objects = match objects(&uri, global)? {
        Objects::ClientSide(objects) => objects,
        Objects::ServerSide(objects) => {
            return server_side::get(&objects, &uri, destination, force, global);
        }
    };
    let progress = Progress::new("decrypting", None);
    let received = with_runtime(async || {
        let callback = Some(progress.callback());
        let received = if to_stdout {
            objects
                .get_to_writer(&uri, std::io::stdout(), callback)
                .await
        } else {
            let existing = if force {
                Existing::Replace
            } else {
                Existing::Refuse
            };
            objects
                .get_to_file(&uri, destination, existing, callback)
                .await
        };
        received.map_err(|error| Error::from(error).into())
    });
    progress.finish();
    let received = received?;
    match global.output {
        _ if to_stdout => Ok(()),
        Output::Json => report::json(&ReceivedDocument::from(&received)),
        Output::Text => report::print(&format!(
            "{}: {} bytes decrypted{} into {}",
            received.uri,
            received.plaintext,
            if received.authenticated {
                " and verified"
            } else {
                ", not authenticated,"
            },
            destination.display()
        )),
    }
}

#[derive(Serialize)]
struct ReceivedDocument {
    uri: String,
    plaintext_bytes: u64,
    authenticated: bool,
    description: Description,
}

impl From<&Received> for ReceivedDocument {
    fn from(received: &Received) -> Self {
        Self {
            uri: received.uri.to_string(),
            plaintext_bytes: received.plaintext,
            authenticated: received.authenticated,
            description: description(received.description.as_ref()),
        }
    }
}
