//! `provost object rm`.

use serde::Serialize;

use super::{object_uri, stores};
use crate::Error;
use crate::cli::args::{Global, Output};
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::{self, ObjectError};

pub(super) fn run(uris: &[String], global: &Global) -> Result<(), Failure> {
    // All names first: a misspelt one removes nothing.
    let uris = uris
        .iter()
        .map(|uri| object_uri(uri))
        .collect::<Result<Vec<_>, _>>()?;
    let stores = stores(global)?;
    with_runtime(async || {
        for uri in &uris {
            let store = stores.open(uri).map_err(ObjectError::from);
            let found = encrypted::removable(&*store.map_err(Error::from)?, uri).await;
            found.map_err(Error::from)?;
        }
        for uri in &uris {
            let removed = encrypted::delete(&stores, uri).await;
            removed.map_err(Error::from)?;
            if global.output == Output::Text {
                report::print(&format!("{uri}: removed"))?;
            }
        }
        Ok(())
    })?;
    match global.output {
        Output::Text => Ok(()),
        Output::Json => report::json(&RemovedDocument {
            removed: uris.iter().map(ToString::to_string).collect(),
        }),
    }
}

#[derive(Serialize)]
struct RemovedDocument {
    removed: Vec<String>,
}
