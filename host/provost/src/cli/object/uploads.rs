//! `provost object uploads`: uploads in parts that nobody finished.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::{object_prefix, object_uri, stores};
use crate::Error;
use crate::cli::args::{Global, Output, Uploads};
use crate::cli::report::{self, Failure};
use crate::cli::with_runtime;
use crate::store::encrypted::ObjectError;
use crate::store::{ObjectPrefix, Stores, Upload};

pub(super) fn run(command: Uploads, global: &Global) -> Result<(), Failure> {
    match command {
        Uploads::Ls { prefix } => ls(&prefix, global),
        Uploads::Rm {
            name,
            upload_id: Some(id),
            older_than: None,
        } => rm_one(&name, id, global),
        Uploads::Rm {
            name,
            upload_id: None,
            older_than: Some(age),
        } => rm_old(&name, age, global),
        Uploads::Rm { .. } => Err(Failure::usage(
            "which uploads are to be removed is not said, or said twice",
        )
        .hint("name one by its UPLOAD-ID, or all of a prefix by `--older-than 1d`")),
    }
}

fn ls(prefix: &str, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(prefix)?;
    let stores = stores(global)?;
    let found = with_runtime(async || uploads(&stores, &prefix).await)?;
    match global.output {
        Output::Json => report::json(&ListDocument {
            uploads: found.iter().map(UploadDocument::from).collect(),
        }),
        Output::Text if found.is_empty() => {
            report::note(&format!("no unfinished uploads under {prefix}"));
            Ok(())
        }
        Output::Text => report::print(lines(&found).trim_end()),
    }
}

fn rm_one(uri: &str, id: String, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let stores = stores(global)?;
    let upload = Upload::new(uri, id);
    with_runtime(async || remove(&stores, &upload).await)?;
    removed(&[upload], global)
}

fn rm_old(prefix: &str, age: Duration, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(prefix)?;
    let stores = stores(global)?;
    let done = with_runtime(async || {
        let before = SystemTime::now().checked_sub(age);
        let mut done = Vec::new();
        for upload in uploads(&stores, &prefix).await? {
            // One whose age is not known is not known to be old.
            let old = upload
                .begun
                .zip(before)
                .is_some_and(|(begun, before)| begun <= before);
            if old {
                remove(&stores, &upload).await?;
                done.push(upload);
            }
        }
        Ok(done)
    })?;
    if done.is_empty() && global.output == Output::Text {
        report::note(&format!("no unfinished uploads of that age under {prefix}"));
    }
    removed(&done, global)
}

async fn uploads(stores: &Stores, prefix: &ObjectPrefix) -> Result<Vec<Upload>, Failure> {
    let store = stores.open_prefix(prefix).map_err(ObjectError::from);
    let found = store.map_err(Error::from)?.uploads(prefix).await;
    Ok(found.map_err(|error| Error::from(ObjectError::from(error)))?)
}

async fn remove(stores: &Stores, upload: &Upload) -> Result<(), Failure> {
    let store = stores.open(&upload.uri).map_err(ObjectError::from);
    let removed = store.map_err(Error::from)?.abort_upload(upload).await;
    Ok(removed.map_err(|error| Error::from(ObjectError::from(error)))?)
}

fn removed(uploads: &[Upload], global: &Global) -> Result<(), Failure> {
    match global.output {
        Output::Json => report::json(&RemovedDocument {
            removed: uploads.iter().map(UploadDocument::from).collect(),
        }),
        Output::Text => {
            for upload in uploads {
                report::print(&format!(
                    "{}: removed upload {}",
                    upload.uri,
                    shown(&upload.id)
                ))?;
            }
            Ok(())
        }
    }
}

fn lines(found: &[Upload]) -> String {
    let mut text = String::new();
    for upload in found {
        let begun = begun(upload).unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(text, "{begun:<20}  {}  {}", upload.uri, shown(&upload.id));
    }
    text
}

/// It comes from a server.
fn shown(id: &str) -> String {
    id.escape_debug().to_string()
}

fn begun(upload: &Upload) -> Option<String> {
    let begun = upload.begun?;
    // Times before 1970 and after 9999 have no such form.
    let seconds = begun.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    (seconds < 253_402_300_800).then(|| humantime::format_rfc3339_seconds(begun).to_string())
}

#[derive(Serialize)]
struct ListDocument {
    uploads: Vec<UploadDocument>,
}

#[derive(Serialize)]
struct RemovedDocument {
    removed: Vec<UploadDocument>,
}

#[derive(Serialize)]
struct UploadDocument {
    uri: String,
    upload_id: String,
    begun: Option<String>,
}

impl From<&Upload> for UploadDocument {
    fn from(upload: &Upload) -> Self {
        Self {
            uri: upload.uri.to_string(),
            upload_id: upload.id.clone(),
            begun: begun(upload),
        }
    }
}
