//! `provost object get -r`: objects become files in a folder.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::landing::Landing;
use super::many::{Many, Nothing, Outcome, Words};
use super::tree::check_apart;
use super::walked::{Found, Walked};
use super::{Description, description, failed, object_prefix, objects_under};
use crate::EncryptedStore;
use crate::cli::args::{Get, Global};
use crate::cli::report::Failure;
use crate::store::encrypted::ObjectError;
use crate::store::{Existing, ObjectUri, Scheme};

const WORDS: Words = Words {
    doing: "decrypting",
    done: "decrypted",
};

#[derive(Serialize)]
struct Details {
    file: String,
    plaintext_bytes: u64,
    /// False for legacy content, which anybody who writes to the store could have changed.
    authenticated: bool,
    description: Description,
}

/// What becomes of a file that is there.
#[derive(Clone, Copy)]
struct Present {
    existing: Existing,
    skip: bool,
}

pub(super) fn run(get: &Get, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(&get.uri)?;
    if get.destination == Path::new("-") {
        return Err(
            Failure::usage("standard output cannot take many objects").hint("name a folder")
        );
    }
    if prefix.scheme() == Scheme::File {
        check_apart(&get.destination, &Path::new("/").join(prefix.key()))?;
    }
    let (host, objects) = objects_under(&prefix, global)?;
    let landing = Arc::new(Landing::open(&get.destination)?);
    let present = Present {
        existing: if get.force {
            Existing::Replace
        } else {
            Existing::Refuse
        },
        skip: get.skip_existing,
    };
    let mut walked = Walked::new(host.stores(), host.configuration(), &prefix);
    let next = async || walked.next().await;
    let destination = get.destination.as_path();
    let work = |Found { uri, below }: Found, _| {
        // The object of exactly the prefix's name becomes a file of its own name.
        let key = match prefix.rest(&uri) {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => uri.name().to_owned(),
        };
        let (objects, landing) = (objects.clone(), Arc::clone(&landing));
        let file = destination.join(&key).display().to_string();
        async move {
            if let Some(owner) = below {
                let words = format!("`{uri}` needs a folder where `{owner}` is a file");
                let failure = Failure::new(words).hint("get it alone, into another folder");
                return Outcome::Failed(failure);
            }
            get_one(&objects, landing, uri, key, file, present).await
        }
    };
    let many = Many {
        words: WORDS,
        jobs: get.whole.jobs.get(),
        global,
    };
    many.run(&Arc::new(Mutex::new(Nothing)), next, work)
}

async fn get_one(
    objects: &EncryptedStore,
    landing: Arc<Landing>,
    uri: ObjectUri,
    key: String,
    file: String,
    present: Present,
) -> Outcome<Details> {
    let begun = tokio::task::spawn_blocking(move || {
        if present.skip && landing.holds(&key).unwrap_or(false) {
            return Ok(None);
        }
        landing.begin(&key, present.existing).map(Some)
    });
    let begun = match begun.await {
        Ok(Ok(Some(begun))) => begun,
        Ok(Ok(None)) => {
            return Outcome::Skipped {
                reason: "the file exists".to_owned(),
                worth_a_line: false,
            };
        }
        Ok(Err(error)) => return Outcome::Failed(failed(ObjectError::from(error))),
        Err(stopped) => return Outcome::Failed(Failure::new(stopped)),
    };
    match objects.get_into(&uri, begun, None).await {
        Ok(received) => Outcome::Done {
            bytes: received.plaintext,
            details: Details {
                file,
                plaintext_bytes: received.plaintext,
                authenticated: received.authenticated,
                description: description(received.description.as_ref()),
            },
        },
        Err(error) => Outcome::Failed(failed(error)),
    }
}
