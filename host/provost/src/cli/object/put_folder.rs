//! `provost object put -r`: a folder's files become objects.

use std::sync::{Arc, Mutex};

use serde::Serialize;

use super::many::{Item, Many, Nothing, Outcome, Words};
use super::tree::{LocalFile, Met, Tree, check_apart};
use super::{Description, description, failed, object_prefix, objects_under};
use crate::EncryptedStore;
use crate::cli::args::{Global, Put};
use crate::cli::report::Failure;
use crate::store::encrypted::{ObjectError, Stored};
use crate::store::{ObjectStoreExt, ObjectUri, Scheme, Stores};

const WORDS: Words = Words {
    doing: "encrypting",
    done: "encrypted",
};

#[derive(Serialize)]
struct Details {
    file: String,
    plaintext_bytes: u64,
    stored_bytes: u64,
    format: String,
    wrap: String,
    envelope: String,
    description: Description,
}

pub(super) fn run(put: &Put, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(&put.uri)?;
    let shown = put.source.display();
    if prefix.scheme() == Scheme::File {
        check_apart(&put.source, &std::path::Path::new("/").join(prefix.key()))?;
    }
    let mut tree = Tree::open(&put.source).map_err(|error| {
        Failure::new(format!("cannot open the folder `{shown}`: {error}"))
            .hint("with -r the first name is that of a folder; leave -r out to put a file")
    })?;
    let (host, objects) = objects_under(&prefix, global)?;
    let host = Arc::new(host);
    let next = async || {
        Ok(tree.next().map(|met| match met {
            Met::File(file) => match prefix.join(&file.key) {
                Ok(uri) => Item::Work {
                    name: uri.to_string(),
                    of: (uri, file),
                },
                Err(error) => Item::Settled {
                    name: file.path.display().to_string(),
                    skipped: None,
                    failed: Some(
                        Failure::new(format!("no object may have this name: {}", error.problem))
                            .hint("rename the file"),
                    ),
                },
            },
            Met::Skipped { path, reason } => Item::Settled {
                name: path.display().to_string(),
                skipped: Some(reason.to_owned()),
                failed: None,
            },
            Met::Failed { path, failure } => Item::Settled {
                name: path.display().to_string(),
                skipped: None,
                failed: Some(failure),
            },
        }))
    };
    let skip_existing = put.skip_existing;
    let work = |(uri, file), _| {
        let (objects, host) = (objects.clone(), Arc::clone(&host));
        async move { put_one(&objects, host.stores(), &uri, &file, skip_existing).await }
    };
    let many = Many {
        words: WORDS,
        jobs: put.whole.jobs.get(),
        global,
    };
    many.run(&Arc::new(Mutex::new(Nothing)), next, work)
}

async fn put_one(
    objects: &EncryptedStore,
    stores: &Stores,
    uri: &ObjectUri,
    file: &LocalFile,
    skip_existing: bool,
) -> Outcome<Details> {
    if skip_existing {
        match exists(stores, uri).await {
            Ok(false) => {}
            Ok(true) => {
                return Outcome::Skipped {
                    reason: "the object exists".to_owned(),
                    worth_a_line: false,
                };
            }
            Err(error) => return Outcome::Failed(failed(error)),
        }
    }
    let (reader, size) = match file.open() {
        Ok(opened) => opened,
        Err(failure) => return Outcome::Failed(failure),
    };
    match objects.put(uri, reader, Some(size), None).await {
        Ok(stored) => Outcome::Done {
            bytes: stored.plaintext,
            details: details(&stored, file),
        },
        Err(error) => Outcome::Failed(failed(error)),
    }
}

async fn exists(stores: &Stores, uri: &ObjectUri) -> Result<bool, ObjectError> {
    match stores.open(uri)?.head(uri).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn details(stored: &Stored, file: &LocalFile) -> Details {
    Details {
        file: file.path.display().to_string(),
        plaintext_bytes: stored.plaintext,
        stored_bytes: stored.body,
        format: stored.format.to_string(),
        wrap: stored.wrap.to_string(),
        envelope: stored.place.to_string(),
        description: description(Some(&stored.description)),
    }
}
