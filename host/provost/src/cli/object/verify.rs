//! `provost object verify`: can it be read, all of it?

use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::many::{Many, Nothing, Outcome, Words};
use super::walked::{Found, Walked};
use super::{client_side, failed, object_uri, objects_under};
use crate::cli::args::{Global, Output, Verify};
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::Verified;

const WORDS: Words = Words {
    doing: "verifying",
    done: "verified",
};

#[derive(Serialize)]
struct Details {
    plaintext_bytes: u64,
    format: String,
    wrap: String,
    envelope: String,
}

#[derive(Serialize)]
struct Document {
    uri: String,
    #[serde(flatten)]
    details: Details,
}

pub(super) fn run(verify: &Verify, global: &Global) -> Result<(), Failure> {
    if verify.whole.recursive {
        return run_many(verify, global);
    }
    let uri = object_uri(&verify.uri)?;
    let objects = client_side(&uri, global)?;
    let verified = with_runtime(async || objects.verify(&uri).await.map_err(failed))?;
    match global.output {
        Output::Json => report::json(&Document {
            uri: uri.to_string(),
            details: Details::from(&verified),
        }),
        Output::Text => report::print(&format!("{uri}: {} bytes verified", verified.plaintext)),
    }
}

fn run_many(verify: &Verify, global: &Global) -> Result<(), Failure> {
    let prefix = super::object_prefix(&verify.uri)?;
    let (host, objects) = objects_under(&prefix, global)?;
    let mut walked = Walked::new(host.stores(), host.configuration(), &prefix);
    let many = Many {
        words: WORDS,
        jobs: verify.whole.jobs.get(),
        global,
    };
    many.run(
        &Arc::new(Mutex::new(Nothing)),
        async || walked.next().await,
        |Found { uri, .. }, _| {
            let objects = objects.clone();
            async move {
                match objects.verify(&uri).await {
                    Ok(verified) => Outcome::Done {
                        bytes: verified.plaintext,
                        details: Details::from(&verified),
                    },
                    Err(error) => Outcome::Failed(failed(error)),
                }
            }
        },
    )
}

impl From<&Verified> for Details {
    fn from(verified: &Verified) -> Self {
        Self {
            plaintext_bytes: verified.plaintext,
            format: verified.format.to_string(),
            wrap: verified.wrap.to_string(),
            envelope: verified.place.to_string(),
        }
    }
}
