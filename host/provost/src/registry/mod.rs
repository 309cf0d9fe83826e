//! From a class name to the library that has it: read from configuration and ELF sections, with
//! nothing of any library run.

mod conf;
mod error;
mod library;
mod point;
mod scan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_core::config::{
    ClassName, Diagnostic, HostConfiguration, Location, NamedClass, S3Location,
    SecurityConfiguration, Sha256Digest,
};
use provost_core::section::{ClassKind, LibraryFacts, LoadPolicy};

pub use conf::{ConfError, check_conf, resolve_conf};
pub use error::RegistryError;
pub use library::{Library, LibraryError};
pub use scan::{FolderError, Scan, scan};

/// What is known of a class before its library is opened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Registration {
    /// The class.
    pub class: ClassName,
    /// The library that has it; of one that is fetched, what is left of its URI after the scheme.
    pub path: PathBuf,
    /// Where it is fetched from, if it is.
    pub fetched: Option<S3Location>,
    /// What the library has to hash to, if the operator pinned it.
    pub pin: Option<Sha256Digest>,
}

/// Resolves class names by the configuration.
#[derive(Debug)]
pub struct Registry {
    host: Arc<HostConfiguration>,
    security: Option<Arc<SecurityConfiguration>>,
}

impl Registry {
    /// A registry over both configurations.
    pub fn new(host: Arc<HostConfiguration>, security: Option<Arc<SecurityConfiguration>>) -> Self {
        Self { host, security }
    }

    /// Finds the library of `class`: what provost.toml or the security configuration name for it,
    /// else the one library in the configured folders that declares it.
    pub fn resolve(&self, class: &ClassName) -> Result<Registration, RegistryError> {
        let settings = self.host.class(class);
        if let Some(security) = &self.security {
            let mut named = security.classes().filter(|n| n.class.get() == class);
            if let Some(first) = named.next() {
                // Where provost.toml names the library, it stands in for all of them.
                let other = named.find(|other| !is_same(&first.library, &other.library));
                if let (Some(other), None) = (other, &settings.library) {
                    return Err(two_libraries(security, first, other).into());
                }
                let resolved = security.resolve_library(&self.host, first)?;
                return Self::at(class, &resolved.location, resolved.sha256);
            }
        }
        let pin = settings.sha256.as_ref().map(|digest| **digest);
        match &settings.library {
            Some(library) => Self::at(class, library, pin),
            None => self.search(class, pin),
        }
    }

    /// What the configured folders and files hold.
    pub fn scan(&self) -> Result<Scan, FolderError> {
        scan_configured(&self.host)
    }

    /// The configuration keys that a library of `class` declares secret, whether that library is
    /// usable or not.
    #[cfg(feature = "cli")]
    pub(crate) fn secret_keys(&self, class: &ClassName) -> Vec<String> {
        let set = self.host.class(class).library.as_deref();
        let named = self.security.iter().flat_map(|security| security.classes());
        let named = named.filter(|named| named.class.get() == class);
        let named = set.into_iter().chain(named.map(|n| n.library.get()));
        let policy = load_policy(&self.host);
        let mut libraries = self.scan().unwrap_or_default().libraries;
        for location in named {
            if let Location::File(path) = location {
                libraries.extend(Library::inspect(path, &policy).ok());
            }
        }
        let facts = libraries
            .iter()
            .filter_map(|l| l.facts.class(class.as_str()));
        let secret = facts.flat_map(|facts| facts.conf.iter().filter(|conf| conf.secret));
        secret.map(|conf| conf.key.clone()).collect()
    }

    /// The classes that have a library by name.
    fn named(&self) -> impl Iterator<Item = &ClassName> {
        let set = self.host.classes();
        let set = set.filter_map(|(name, class)| class.library.as_ref().map(|_| name));
        let named = self.security.iter().flat_map(|security| security.classes());
        set.chain(named.map(|named| named.class.get()))
    }

    fn at(
        class: &ClassName,
        location: &Location,
        pin: Option<Sha256Digest>,
    ) -> Result<Registration, RegistryError> {
        match location {
            Location::File(path) => Ok(Registration {
                class: class.clone(),
                path: path.clone(),
                fetched: None,
                pin,
            }),
            #[cfg(feature = "aws")]
            Location::S3(object) => Ok(Registration {
                class: class.clone(),
                path: Path::new(object.bucket()).join(object.key()),
                fetched: Some(object.clone()),
                pin,
            }),
            location => Err(RegistryError::NotSupportedYet {
                class: class.clone(),
                location: location.to_string(),
            }),
        }
    }

    fn search(
        &self,
        class: &ClassName,
        pin: Option<Sha256Digest>,
    ) -> Result<Registration, RegistryError> {
        let scan = self.scan()?;
        let mut claims = scan
            .libraries
            .iter()
            .filter(|l| l.facts.class(class.as_str()).is_some());
        let Some(first) = claims.next() else {
            return Err(RegistryError::unknown(class, &scan, self.named()));
        };
        if let Some(other) = claims.find(|other| other.digest != first.digest) {
            return Err(RegistryError::Conflict {
                class: class.clone(),
                first: first.path.clone(),
                second: other.path.clone(),
            });
        }
        Ok(Registration {
            class: class.clone(),
            path: first.path.clone(),
            fetched: None,
            pin,
        })
    }
}

/// Whether two locations are one library, under this name or another one.
fn is_same(first: &Location, second: &Location) -> bool {
    match (first, second) {
        (Location::File(a), Location::File(b)) if a != b => {
            matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
        }
        _ => first == second,
    }
}

/// A class is loaded once, so it cannot be from one library here and from another one there.
fn two_libraries(
    security: &SecurityConfiguration,
    first: &NamedClass,
    other: &NamedClass,
) -> Diagnostic {
    let class = first.class.get();
    let source = security.source();
    let line = source.position(first.library.span().start).line;
    let message = format!(
        "class `{class}` has library `{}` here, and `{}` at {}:{line}",
        other.library.get(),
        first.library.get(),
        source.name(),
    );
    security
        .error(other.library.span(), message)
        .label("another library")
        .hint(format!(
            "name the same library, or say in provost.toml which one is meant:\n\
             [classes.\"{class}\"]\nlibrary = \"{}\"",
            first.library.get()
        ))
}

/// What the folders and files of provost.toml hold.
pub fn scan_configured(host: &HostConfiguration) -> Result<Scan, FolderError> {
    let libraries = &host.libraries;
    scan(&libraries.folders, &libraries.files, &load_policy(host))
}

/// What provost.toml allows libraries.
pub(crate) fn load_policy(host: &HostConfiguration) -> LoadPolicy {
    LoadPolicy::new().allow_needed(host.libraries.needed.iter().cloned())
}

/// Checks that a library declares `class`, as what it is wanted for.
pub(crate) fn check_class(
    facts: &LibraryFacts,
    class: &ClassName,
    wanted: ClassKind,
    path: &Path,
) -> Result<(), RegistryError> {
    match facts.class(class.as_str()) {
        Some(found) if found.kind == wanted => Ok(()),
        Some(found) => Err(RegistryError::Kind {
            class: class.clone(),
            wanted,
            found: found.kind,
        }),
        None => Err(RegistryError::NotInLibrary {
            class: class.clone(),
            path: path.to_owned(),
            declared: facts
                .classes
                .iter()
                .map(|class| class.name.clone())
                .collect(),
        }),
    }
}
