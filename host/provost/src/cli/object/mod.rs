//! `provost object`: encrypt, decrypt, look at, list and remove objects. One file for each verb.

mod get;
mod inspect;
mod ls;
mod put;
mod rm;
mod server_side;
mod uploads;

use std::sync::Arc;

use provost_plugin_api::MaterialsDescription;

use super::args::{Global, Object};
use super::configuration;
use super::report::Failure;
use crate::store::encrypted::{ObjectError, ServerSideStore};
use crate::store::{ObjectPrefix, ObjectUri, Scheme, Stores, UriError};
use crate::{EncryptedStore, Error, Host};

pub(crate) use inspect::inspection;
pub(crate) use put::proof;

pub(crate) fn run(command: Object, global: &Global) -> Result<(), Failure> {
    match command {
        Object::Put { source, uri } => put::run(&source, &uri, global),
        Object::Get {
            uri,
            destination,
            force,
        } => get::run(&uri, &destination, force, global),
        Object::Inspect { uri } => inspect::run(&uri, global),
        Object::Ls { prefix } => ls::run(&prefix, global),
        Object::Rm { uris } => rm::run(&uris, global),
        Object::Uploads(command) => uploads::run(command, global),
    }
}

/// Who encrypts the objects of a place.
enum Objects {
    ClientSide(EncryptedStore),
    ServerSide(ServerSideStore),
}

fn objects(uri: &ObjectUri, global: &Global) -> Result<Objects, Failure> {
    let configuration = configuration::host(global)?;
    let security = configuration::security(global, &configuration)?;
    let host = Host::builder()
        .configuration(configuration)
        .security_configuration(security)
        .build()?;
    // Before the provider is loaded: a store that cannot be opened needs no key.
    host.stores()
        .open(uri)
        .map_err(|error| Error::from(ObjectError::from(error)))?;
    if let Some(objects) = host.server_side(uri)? {
        return Ok(Objects::ServerSide(objects));
    }
    host.objects(uri)
        .map(Objects::ClientSide)
        .map_err(|error| Failure::located(error, host.registry()))
}

/// The stores, where provost.toml says they are.
fn stores(global: &Global) -> Result<Stores, Failure> {
    Ok(Stores::new(&Arc::new(configuration::host(global)?)))
}

fn object_uri(text: &str) -> Result<ObjectUri, Failure> {
    let uri: ObjectUri = text
        .parse()
        .map_err(|error| not_a_uri(text, "URI of an object", &error))?;
    refuse_memory(uri.scheme())?;
    Ok(uri)
}

fn object_prefix(text: &str) -> Result<ObjectPrefix, Failure> {
    let prefix: ObjectPrefix = text
        .parse()
        .map_err(|error| not_a_uri(text, "URI prefix of objects", &error))?;
    refuse_memory(prefix.scheme())?;
    Ok(prefix)
}

fn not_a_uri(text: &str, what: &str, error: &UriError) -> Failure {
    let path = std::path::absolute(text).ok();
    match path.filter(|_| !text.contains("://")) {
        Some(path) => Failure::usage(format!("`{text}` is a path, expected the {what}"))
            .hint(format!("did you mean file://{}?", path.display())),
        None => Failure::usage(format!("`{text}` is not the {what}: {}", error.problem))
            .hint("an object is named file:///absolute/path or s3://bucket/key"),
    }
}

/// A store in memory lives as long as this process, which is about to end.
fn refuse_memory(scheme: Scheme) -> Result<(), Failure> {
    if scheme != Scheme::Memory {
        return Ok(());
    }
    Err(Failure::usage(
        "memory:// is for programs that embed the host: it would end with this command",
    )
    .hint("an object is named file:///absolute/path or s3://bucket/key"))
}

type Description = std::collections::BTreeMap<String, String>;

fn description(found: Option<&MaterialsDescription>) -> Description {
    let entries = found.into_iter().flat_map(MaterialsDescription::iter);
    entries
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
