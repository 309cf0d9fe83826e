//! `provost object`: encrypt, decrypt, look at, list and remove objects. One file for each verb.

mod cat;
mod get;
mod get_prefix;
mod inspect;
mod keys;
mod landing;
mod ls;
mod many;
mod put;
mod put_folder;
mod reencrypt;
mod rewrap;
mod rm;
mod server_side;
mod tree;
mod uploads;
mod verify;
mod walked;

use std::sync::Arc;

use provost_plugin_api::MaterialsDescription;

use super::args::{Global, Object};
use super::configuration;
use super::report::Failure;
use super::workers;
use crate::store::encrypted::{ObjectError, ServerSideStore};
use crate::store::{ObjectPrefix, ObjectUri, Scheme, Stores, UriError};
use crate::{EncryptedStore, Error, Host};

pub(crate) use inspect::inspection;
pub(crate) use put::proof;

pub(crate) fn run(command: Object, global: &Global) -> Result<(), Failure> {
    match command {
        Object::Put(put) if put.whole.recursive => put_folder::run(&put, global),
        Object::Put(put) => put::run(&put, global),
        Object::Get(get) if get.whole.recursive => get_prefix::run(&get, global),
        Object::Get(get) => get::run(&get, global),
        Object::Cat(cat) => cat::run(&cat, global),
        Object::Inspect(inspect) if inspect.whole.recursive => keys::run(&inspect, global),
        Object::Inspect(inspect) => inspect::run(&inspect.uri, global),
        Object::Ls { prefix, jobs } => ls::run(&prefix, jobs, global),
        Object::Verify(verify) => verify::run(&verify, global),
        Object::Rewrap(rewrap) => rewrap::run(&rewrap, global),
        Object::Reencrypt(reencrypt) => reencrypt::run(&reencrypt, global),
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
    let host = host(global)?;
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

/// The same for what a client has to have encrypted.
fn client_side(uri: &ObjectUri, global: &Global) -> Result<EncryptedStore, Failure> {
    Ok(objects_under(&ObjectPrefix::from(uri), global)?.1)
}

/// The stores, where provost.toml says they are.
fn stores(global: &Global) -> Result<Stores, Failure> {
    Ok(Stores::new(&Arc::new(configuration::host(global)?)))
}

fn objects_under(
    prefix: &ObjectPrefix,
    global: &Global,
) -> Result<(Host, EncryptedStore), Failure> {
    let host = host(global)?;
    host.stores()
        .open_prefix(prefix)
        .map_err(|error| Error::from(ObjectError::from(error)))?;
    let objects = host
        .objects_under(prefix)
        .map_err(|error| Failure::located(error, host.registry()))?;
    Ok((host, objects))
}

fn host(global: &Global) -> Result<Host, Failure> {
    let configuration = configuration::host(global)?;
    let security = configuration::security(global, &configuration)?;
    let host = workers::host()
        .configuration(configuration)
        .security_configuration(security)
        .build()?;
    Ok(host)
}

/// What went wrong with an object, as all else is told.
fn failed(error: ObjectError) -> Failure {
    Error::from(error).into()
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
