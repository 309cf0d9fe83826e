//! Each setting, its value and where it came from.

use provost_core::config::{HostConfiguration, Origin};
use serde::Serialize;

/// One setting, as it may be shown.
#[derive(Serialize)]
pub(super) struct Explained {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: String,
}

pub(super) fn explain(host: &HostConfiguration) -> Vec<Explained> {
    let file = host.source().name();
    let settings = host.explain().into_iter().map(|setting| Explained {
        name: setting.name,
        value: if setting.value.is_empty() {
            "(none)".to_owned()
        } else {
            setting.value
        },
        origin: match setting.origin {
            Origin::File { line } => format!("{file}:{line}"),
            origin => origin.to_string(),
        },
    });
    settings.collect()
}
