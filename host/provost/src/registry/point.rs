//! From an error to the place in a configuration file that it is about.

use std::path::Path;

use provost_core::config::{CertificateSource, ClassName, Diagnostic, Location, Setting};

use super::{ConfError, Registry, RegistryError};
use crate::artifacts::SourceError;
use crate::error::{Error, chain};
use crate::fetch::FetchError;
use crate::loader::{LoadError, ReadError, UnsafePlace};

impl Registry {
    /// What is wrong, underlined where a configuration file says so; `None` where no file does.
    pub fn point(&self, error: &Error) -> Option<Diagnostic> {
        let load = match error {
            Error::Load(load) => load,
            Error::Artifacts(artifacts) => return self.artifacts(artifacts),
            Error::Fetch(fetch) => return self.fetched_zip(fetch),
            _ => return None,
        };
        let diagnostic = match load {
            LoadError::Registry(
                RegistryError::Unknown { class, .. }
                | RegistryError::NotInLibrary { class, .. }
                | RegistryError::Kind { class, .. },
            ) => self.class(class, error)?.label("named here"),
            LoadError::Fetch(fetch) => {
                let location = fetch.location()?;
                self.library(error, |_, at| at.to_string() == location)?
            }
            LoadError::Registry(RegistryError::NotSupportedYet { class, .. }) => {
                self.library(error, |named, _| named == class)?
            }
            LoadError::Registry(RegistryError::Folder(_)) => {
                let span = self.host.libraries.folders.span()?;
                self.host.error(span, chain(error))
            }
            LoadError::Registry(RegistryError::Conf(
                ConfError::Variable { class, key, .. }
                | ConfError::Secret { class, key, .. }
                | ConfError::NoCredentials { class, key },
            )) => {
                let entries = &self.host.class(class).conf;
                let entry = entries.iter().find(|entry| entry.key.get() == key)?;
                self.host.error(entry.key.span(), chain(error))
            }
            LoadError::Digest { expected, .. } => {
                let mut pins = self
                    .host
                    .classes()
                    .filter_map(|(_, class)| class.sha256.as_ref());
                let pin = pins.find(|pin| pin.get() == expected)?;
                self.host.error(pin.span()?, chain(error)).label("the pin")
            }
            LoadError::Read(
                ReadError::Io { path, .. }
                | ReadError::NotAFile { path }
                | ReadError::TooLarge { path, .. },
            )
            | LoadError::Section { path, .. }
            | LoadError::Open { path, .. } => self.library(error, |_, at| is(at, path))?,
            LoadError::Read(ReadError::Place(
                UnsafePlace::Writable { path, .. } | UnsafePlace::Owner { path, .. },
            )) => self.library(error, |_, at| below(at, path))?,
            _ => return None,
        };
        Some(match error.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        })
    }

    /// Where the security configuration names the zip, or the folder, that cannot be read.
    fn artifacts(&self, error: &SourceError) -> Option<Diagnostic> {
        let (SourceError::Io { path, .. }
        | SourceError::Kind { path, .. }
        | SourceError::Changed { path }) = error;
        let security = self.security.as_ref()?;
        let CertificateSource::Pem { zip } = security.in_transit()?.certificates().get() else {
            return None;
        };
        let Location::File(named) = zip.get() else {
            return None;
        };
        let diagnostic = security.error(zip.span(), chain(error));
        path.starts_with(named).then(|| match error.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        })
    }

    /// Where the security configuration names the zip that was not fetched.
    fn fetched_zip(&self, error: &FetchError) -> Option<Diagnostic> {
        let security = self.security.as_ref()?;
        let CertificateSource::Pem { zip } = security.in_transit()?.certificates().get() else {
            return None;
        };
        let diagnostic = security.error(zip.span(), chain(error));
        Some(match error.hint() {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        })
    }

    /// Where the security configuration names the class.
    fn class(&self, class: &ClassName, error: &Error) -> Option<Diagnostic> {
        let security = self.security.as_ref()?;
        let named = security
            .classes()
            .find(|named| named.class.get() == class)?;
        Some(security.error(named.class.span(), chain(error)))
    }

    /// Where a library is named: in provost.toml, which stands before the security configuration.
    fn library(
        &self,
        error: &Error,
        is_meant: impl Fn(&ClassName, &Location) -> bool,
    ) -> Option<Diagnostic> {
        let set = self.host.classes().find_map(|(name, class)| {
            let library = class.library.as_ref()?;
            is_meant(name, library.get()).then_some(library)
        });
        if let Some(span) = set.and_then(Setting::span) {
            return Some(self.host.error(span, chain(error)));
        }
        let security = self.security.as_ref()?;
        let named = security
            .classes()
            .find(|named| is_meant(named.class.get(), named.library.get()))?;
        Some(security.error(named.library.span(), chain(error)))
    }
}

/// Whether a configured location is this file, under this name or another one.
fn is(location: &Location, path: &Path) -> bool {
    match location {
        Location::File(at) => at == path || at.canonicalize().is_ok_and(|at| at == path),
        _ => false,
    }
}

/// Whether a configured location is this file, or in this folder.
fn below(location: &Location, path: &Path) -> bool {
    match location {
        Location::File(at) => at.canonicalize().is_ok_and(|at| at.starts_with(path)),
        _ => false,
    }
}
