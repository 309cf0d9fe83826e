//! `provost object`: encrypt, decrypt, look at, list and remove objects.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use provost_core::envelope::Format;
use provost_plugin_api::MaterialsDescription;
use serde::Serialize;

use super::args::{Global, Object, Output};
use super::progress::Progress;
use super::report::{self, Failure};
use super::{configuration, with_runtime};
use crate::provider::Proven;
use crate::store::encrypted::{self, Inspection, Listed, ObjectError, Received, Stored};
use crate::store::{Existing, ObjectPrefix, ObjectUri, Scheme, Stores, UriError};
use crate::{EncryptedStore, Error, Host};

pub(crate) fn run(command: Object, global: &Global) -> Result<(), Failure> {
    match command {
        Object::Put { source, uri } => put(&source, &uri, global),
        Object::Get {
            uri,
            destination,
            force,
        } => get(&uri, &destination, force, global),
        Object::Inspect { uri } => inspect(&uri, global),
        Object::Ls { prefix } => ls(&prefix, global),
        Object::Rm { uris } => rm(&uris, global),
    }
}

fn put(source: &Path, uri: &str, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let (reader, size) = open_source(source)?;
    let objects = objects(&uri, global)?;
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
            "put its files one by one, or pack it: `tar c {shown} | provost object put - URI`"
        )));
    }
    // The size of a pipe or device is not that of its contents.
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}

fn get(uri: &str, destination: &Path, force: bool, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let to_stdout = destination == Path::new("-");
    if to_stdout && global.output == Output::Json {
        return Err(Failure::usage(
            "standard output cannot take both the object and a JSON report",
        )
        .hint("name a file, or leave out `--output json`"));
    }
    let objects = objects(&uri, global)?;
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
            "{}: {} bytes decrypted and verified into {}",
            received.uri,
            received.plaintext,
            destination.display()
        )),
    }
}

fn inspect(uri: &str, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let host = configuration::host(global)?;
    let found = with_runtime(async || {
        let found = encrypted::inspect(&Stores::new(), &host, &uri).await;
        found.map_err(|error| Error::from(error).into())
    })?;
    match global.output {
        Output::Json => report::json(&InspectionDocument::from(&found)),
        Output::Text => report::print(&inspection(&found)),
    }
}

/// An inspection as lines for people.
pub(crate) fn inspection(found: &Inspection) -> String {
    let Inspection {
        info,
        envelope,
        plaintext,
        refusal,
        ..
    } = found;
    let mut lines = vec![
        format!("object       {}", info.uri),
        format!(
            "format       {}, algorithm {} ({} key commitment)",
            envelope.format,
            envelope.content_algorithm,
            match envelope.format {
                Format::V3 => "with",
                _ => "without",
            },
        ),
        format!(
            "data key     {} bytes, wrapped with {}",
            envelope.wrapped_key_bytes, envelope.wrap
        ),
        format!("envelope     in {}", envelope.place),
        format!("plaintext    {plaintext} bytes of {} stored", info.size),
    ];
    let mut name = "description";
    for (key, value) in envelope
        .description
        .iter()
        .flat_map(MaterialsDescription::iter)
    {
        let entry = format!("{key} = {value}").escape_debug().to_string();
        lines.push(format!("{name:<12} {}", entry.replace("\\\"", "\"")));
        name = "";
    }
    if envelope.description.is_none() {
        lines.push("description  none".to_owned());
    }
    lines.push(match refusal {
        Some(refusal) => format!("verdict      would be refused: {refusal}"),
        None => "verdict      may be read here, with its key".to_owned(),
    });
    lines.join("\n")
}

fn ls(prefix: &str, global: &Global) -> Result<(), Failure> {
    let prefix: ObjectPrefix = prefix
        .parse()
        .map_err(|error| not_a_uri(prefix, "URI prefix of objects", &error))?;
    refuse_memory(prefix.scheme())?;
    let listed = with_runtime(async || {
        let listed = encrypted::list(&Stores::new(), &prefix).await;
        listed.map_err(|error| Error::from(error).into())
    })?;
    match global.output {
        Output::Json => report::json(&ListDocument {
            objects: listed.iter().map(ListedDocument::from).collect(),
        }),
        Output::Text if listed.is_empty() => {
            report::note(&format!("no objects under {prefix}"));
            Ok(())
        }
        Output::Text => report::print(lines(&listed).trim_end()),
    }
}

fn lines(listed: &[Listed]) -> String {
    let mut text = String::new();
    for object in listed {
        let uri = &object.info.uri;
        let _ = match (object.plaintext, &object.problem) {
            (Some(size), _) => writeln!(text, "{size:>14}  {uri}"),
            (None, None) => writeln!(text, "{:>14}  {uri}  (not encrypted, or legacy)", "-"),
            (None, Some(problem)) => {
                // It may quote a damaged file.
                let problem = problem.escape_debug().to_string().replace("\\\"", "\"");
                writeln!(text, "{:>14}  {uri}  ({problem})", "-")
            }
        };
    }
    text
}

fn rm(uris: &[String], global: &Global) -> Result<(), Failure> {
    // All names first: a misspelt one removes nothing.
    let uris = uris
        .iter()
        .map(|uri| object_uri(uri))
        .collect::<Result<Vec<_>, _>>()?;
    let stores = Stores::new();
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

fn objects(uri: &ObjectUri, global: &Global) -> Result<EncryptedStore, Failure> {
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
    host.objects(uri)
        .map_err(|error| Failure::located(error, host.registry()))
}

fn object_uri(text: &str) -> Result<ObjectUri, Failure> {
    let uri: ObjectUri = text
        .parse()
        .map_err(|error| not_a_uri(text, "URI of an object", &error))?;
    refuse_memory(uri.scheme())?;
    Ok(uri)
}

fn not_a_uri(text: &str, what: &str, error: &UriError) -> Failure {
    let path = std::path::absolute(text).ok();
    match path.filter(|_| !text.contains("://")) {
        Some(path) => Failure::usage(format!("`{text}` is a path, expected the {what}"))
            .hint(format!("did you mean file://{}?", path.display())),
        None => Failure::usage(format!("`{text}` is not the {what}: {}", error.problem))
            .hint("an object is named file:///absolute/path"),
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
    .hint("an object is named file:///absolute/path"))
}

/// How a write was proved, in words.
pub(crate) fn proof(proven: Proven) -> &'static str {
    match proven {
        Proven::NewWorker => "a new worker unwrapped a test value from its description",
        Proven::SecondInstance => "a second instance in this process unwrapped a test value",
        Proven::Earlier => "proved earlier in this run",
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

#[derive(Serialize)]
struct ReceivedDocument {
    uri: String,
    plaintext_bytes: u64,
    description: Description,
}

#[derive(Serialize)]
struct InspectionDocument {
    uri: String,
    format: String,
    content_algorithm: &'static str,
    wrap: String,
    wrapped_key_bytes: usize,
    envelope: String,
    plaintext_bytes: u64,
    stored_bytes: u64,
    description: Description,
    refusal: Option<String>,
}

#[derive(Serialize)]
struct ListDocument {
    objects: Vec<ListedDocument>,
}

#[derive(Serialize)]
struct ListedDocument {
    uri: String,
    plaintext_bytes: Option<u64>,
    stored_bytes: u64,
    problem: Option<String>,
}

#[derive(Serialize)]
struct RemovedDocument {
    removed: Vec<String>,
}

type Description = std::collections::BTreeMap<String, String>;

fn description(found: Option<&MaterialsDescription>) -> Description {
    let entries = found.into_iter().flat_map(MaterialsDescription::iter);
    entries
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
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

impl From<&Received> for ReceivedDocument {
    fn from(received: &Received) -> Self {
        Self {
            uri: received.uri.to_string(),
            plaintext_bytes: received.plaintext,
            description: description(received.description.as_ref()),
        }
    }
}

impl From<&Inspection> for InspectionDocument {
    fn from(found: &Inspection) -> Self {
        let Inspection {
            info,
            envelope,
            plaintext,
            refusal,
            ..
        } = found;
        Self {
            uri: info.uri.to_string(),
            format: envelope.format.to_string(),
            content_algorithm: envelope.content_algorithm,
            wrap: envelope.wrap.to_string(),
            wrapped_key_bytes: envelope.wrapped_key_bytes,
            envelope: envelope.place.to_string(),
            plaintext_bytes: *plaintext,
            stored_bytes: info.size,
            description: description(envelope.description.as_ref()),
            refusal: refusal.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Listed> for ListedDocument {
    fn from(listed: &Listed) -> Self {
        Self {
            uri: listed.info.uri.to_string(),
            plaintext_bytes: listed.plaintext,
            stored_bytes: listed.info.size,
            problem: listed.problem.clone(),
        }
    }
}
