//! Each setting, its value and where it came from.

use provost_core::config::{ConfSource, HostConfiguration, Origin};
use serde::Serialize;

use crate::registry::Registry;

/// One setting, as it may be shown.
#[derive(Serialize)]
pub(super) struct Explained {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: String,
}

pub(super) fn explain(host: &HostConfiguration, registry: &Registry) -> Vec<Explained> {
    let file = host.source().name();
    let hidden = secrets_in_the_clear(host, registry);
    let settings = host.explain().into_iter().map(|setting| Explained {
        value: if hidden.contains(&setting.name) {
            "(hidden: the library declares it a secret)".to_owned()
        } else if setting.value.is_empty() {
            "(none)".to_owned()
        } else {
            setting.value
        },
        origin: match setting.origin {
            Origin::File { line } => format!("{file}:{line}"),
            origin => origin.to_string(),
        },
        name: setting.name,
    });
    settings.collect()
}

/// The settings whose plain value is a secret, as a library declares it. They are refused when they
/// are to be used; this shows them before.
fn secrets_in_the_clear(host: &HostConfiguration, registry: &Registry) -> Vec<String> {
    let mut names = Vec::new();
    for (class, settings) in host.classes() {
        let mut plain = settings
            .conf
            .iter()
            .filter(|entry| matches!(entry.source.get(), ConfSource::Plain(_)))
            .peekable();
        if plain.peek().is_none() {
            continue;
        }
        let secret = registry.secret_keys(class);
        let plain = plain.filter(|entry| secret.contains(entry.key.get()));
        names.extend(plain.map(|e| format!("classes.\"{class}\".conf.\"{}\"", e.key.get())));
    }
    names
}
