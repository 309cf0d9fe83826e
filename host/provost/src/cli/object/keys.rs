//! `provost object inspect -r`: which keys protect how much.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use provost_core::envelope::MetadataError;
use serde::Serialize;

use super::many::{Many, Outcome, Report, Words, lock};
use super::walked::{Found, Walked};
use super::{Description, description, failed, object_prefix};
use crate::cli::args::{Global, Inspect};
use crate::cli::configuration;
use crate::cli::report::{Failure, one_line};
use crate::store::encrypted::{self, Inspection, ObjectError};
use crate::store::{ObjectStoreExt, ObjectUri, Stores};
use provost_core::config::HostConfiguration;

const WORDS: Words = Words {
    doing: "looking",
    done: "looked at",
};

/// What objects of one key have in common. Descriptions choose keys; none of it is authenticated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Protection {
    /// None if the objects are not encrypted.
    format: Option<String>,
    wrap: Option<String>,
    content_algorithm: Option<&'static str>,
    description: Description,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Amount {
    objects: u64,
    stored_bytes: u64,
}

#[derive(Default)]
struct Protections(BTreeMap<Protection, Amount>);

#[derive(Serialize)]
struct Group {
    #[serde(flatten)]
    protection: Protection,
    #[serde(flatten)]
    amount: Amount,
}

#[derive(Serialize)]
struct Fields {
    protections: Vec<Group>,
}

#[derive(Serialize)]
struct Details {
    #[serde(flatten)]
    protection: Protection,
    envelope: Option<String>,
    stored_bytes: u64,
    refusal: Option<String>,
}

pub(super) fn run(inspect: &Inspect, global: &Global) -> Result<(), Failure> {
    let prefix = object_prefix(&inspect.uri)?;
    let configuration = Arc::new(configuration::host(global)?);
    let stores = Arc::new(Stores::new(&configuration));
    let mut walked = Walked::new(&stores, &configuration, &prefix);
    let many = Many {
        words: WORDS,
        jobs: inspect.whole.jobs.get(),
        global,
    };
    many.run(
        &Arc::new(Mutex::new(Protections::default())),
        async || walked.next().await,
        |Found { uri, .. }, protections| {
            let (stores, configuration) = (Arc::clone(&stores), Arc::clone(&configuration));
            async move {
                match look(&stores, &configuration, &uri).await {
                    Ok((details, bytes)) => {
                        lock(&protections).add(&details);
                        Outcome::Done { bytes, details }
                    }
                    Err(error) => Outcome::Failed(failed(error)),
                }
            }
        },
    )
}

async fn look(
    stores: &Stores,
    configuration: &HostConfiguration,
    uri: &ObjectUri,
) -> Result<(Details, u64), ObjectError> {
    match encrypted::inspect(stores, configuration, uri).await {
        Ok(found) => {
            let plaintext = found.plaintext.unwrap_or(found.info.size);
            Ok((encrypted_details(&found), plaintext))
        }
        // By no client: what the store does by itself is not told here.
        Err(ObjectError::ServerSide { size, .. }) => Ok((plain(size), size)),
        Err(ObjectError::Envelope {
            source: MetadataError::NotEncrypted,
            ..
        }) => {
            let size = stores.open(uri)?.head(uri).await?.info.size;
            Ok((plain(size), size))
        }
        Err(error) => Err(error),
    }
}

fn plain(size: u64) -> Details {
    Details {
        protection: Protection {
            format: None,
            wrap: None,
            content_algorithm: None,
            description: Description::new(),
        },
        envelope: None,
        stored_bytes: size,
        refusal: None,
    }
}

fn encrypted_details(found: &Inspection) -> Details {
    let envelope = &found.envelope;
    Details {
        protection: Protection {
            format: Some(envelope.format.to_string()),
            wrap: Some(envelope.wrap.name().to_owned()),
            content_algorithm: Some(envelope.content_algorithm),
            description: description(envelope.description.as_ref()),
        },
        envelope: Some(envelope.place.to_string()),
        stored_bytes: found.info.size,
        refusal: found.refusal.as_ref().map(ToString::to_string),
    }
}

impl Protections {
    fn add(&mut self, details: &Details) {
        let amount = self.0.entry(details.protection.clone()).or_default();
        amount.objects += 1;
        amount.stored_bytes = amount.stored_bytes.saturating_add(details.stored_bytes);
    }
}

impl Report for Protections {
    type Fields = Fields;

    fn lines(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(protection, amount)| line(protection, *amount))
            .collect()
    }

    fn fields(&self) -> Fields {
        let groups = self.0.iter().map(|(protection, amount)| Group {
            protection: protection.clone(),
            amount: *amount,
        });
        Fields {
            protections: groups.collect(),
        }
    }
}

fn line(protection: &Protection, amount: Amount) -> String {
    let Amount {
        objects,
        stored_bytes,
    } = amount;
    let how = match (
        &protection.format,
        &protection.wrap,
        protection.content_algorithm,
    ) {
        (Some(format), Some(wrap), Some(content)) => format!("{format}  {content}  {wrap}"),
        _ => "not encrypted".to_owned(),
    };
    let entries: Vec<String> = protection
        .description
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let described = match (protection.format.is_some(), entries.is_empty()) {
        (false, _) => String::new(),
        (true, true) => "  no description".to_owned(),
        (true, false) => format!("  {}", entries.join(", ")),
    };
    one_line(&format!(
        "{objects:>8} objects  {stored_bytes:>14} bytes  {how}{described}"
    ))
}
