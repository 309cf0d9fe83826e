//! `provost object inspect`.

use std::sync::Arc;

use provost_core::envelope::Format;
use provost_plugin_api::MaterialsDescription;
use serde::Serialize;

use super::{Description, description, object_uri, server_side};
use crate::Error;
use crate::cli::args::{Global, Output};
use crate::cli::report::{self, Failure};
use crate::cli::{configuration, with_runtime};
use crate::store::Stores;
use crate::store::encrypted::{self, Inspection, ObjectError};

pub(super) fn run(uri: &str, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(uri)?;
    let host = Arc::new(configuration::host(global)?);
    let found =
        with_runtime(async || Ok(encrypted::inspect(&Stores::new(&host), &host, &uri).await))?;
    let found = match found {
        Err(ObjectError::ServerSide { uri, size, mode }) => {
            return server_side::inspected(&uri, size, &mode, global);
        }
        found => found.map_err(Error::from)?,
    };
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
        encryption,
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
        match plaintext {
            Some(plaintext) => format!("plaintext    {plaintext} bytes of {} stored", info.size),
            None => format!("plaintext    of unknown length, {} bytes stored", info.size),
        },
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
    if let Some(mode) = encryption {
        lines.push(format!("store        encrypts it once more, with {mode}"));
    }
    lines.push(match refusal {
        Some(refusal) => format!("verdict      would be refused: {refusal}"),
        None => "verdict      may be read here, with its key".to_owned(),
    });
    lines.join("\n")
}

#[derive(Serialize)]
struct InspectionDocument {
    uri: String,
    format: String,
    content_algorithm: &'static str,
    wrap: String,
    wrapped_key_bytes: usize,
    envelope: String,
    authenticated: bool,
    plaintext_bytes: Option<u64>,
    stored_bytes: u64,
    server_side_encryption: Option<String>,
    description: Description,
    refusal: Option<String>,
}

impl From<&Inspection> for InspectionDocument {
    fn from(found: &Inspection) -> Self {
        let Inspection {
            info,
            envelope,
            plaintext,
            encryption,
            refusal,
            ..
        } = found;
        Self {
            uri: info.uri.to_string(),
            format: envelope.format.to_string(),
            content_algorithm: envelope.content_algorithm,
            wrap: envelope.wrap.name().to_owned(),
            wrapped_key_bytes: envelope.wrapped_key_bytes,
            envelope: envelope.place.to_string(),
            authenticated: envelope.authenticated,
            plaintext_bytes: *plaintext,
            stored_bytes: info.size,
            server_side_encryption: encryption.as_ref().map(ToString::to_string),
            description: description(envelope.description.as_ref()),
            refusal: refusal.as_ref().map(ToString::to_string),
        }
    }
}
