//! Artifacts, and where they are from.

use provost_core::tls::RawTlsFiles;

use crate::provider::ProvidedTls;

/// A set of artifacts from a zip, a folder, a provider or an installation. Nothing in it has been
/// validated.
#[derive(Debug)]
#[non_exhaustive]
pub struct Collected {
    /// Where they are from: a path, or a provider's class.
    pub name: String,
    /// The files.
    pub raw: RawTlsFiles,
    /// What a provider calls this state of them.
    pub generation: Option<String>,
}

impl Collected {
    /// A set from a place of this name.
    pub fn new(name: impl Into<String>, raw: RawTlsFiles) -> Self {
        Self {
            name: name.into(),
            raw,
            generation: None,
        }
    }
}

impl From<ProvidedTls> for Collected {
    fn from(provided: ProvidedTls) -> Self {
        let ProvidedTls {
            files,
            generation,
            provider,
        } = provided;
        Self {
            generation: Some(generation).filter(|generation| !generation.is_empty()),
            ..Self::new(provider.class.to_string(), files)
        }
    }
}
