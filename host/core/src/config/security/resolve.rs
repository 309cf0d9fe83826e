//! Which library stands behind a class.

use super::{NamedClass, SecurityConfiguration};
use crate::config::diagnostic::Diagnostic;
use crate::config::digest::Sha256Digest;
use crate::config::host::{HostConfiguration, Unpinned};
use crate::config::location::Location;

/// The library of a class, as both configurations together tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedLibrary {
    /// Where it is; never a JAR.
    pub location: Location,
    /// What it has to hash to. Always there for a fetched library, unless the operator allowed
    /// unpinned ones for its class.
    pub sha256: Option<Sha256Digest>,
}

impl SecurityConfiguration {
    /// The library of `named`: what `provost.toml` says for the class, else `S3Object`.
    ///
    /// Refused: a JAR without a stand-in, and a fetched library without a digest, unless its class
    /// allows that.
    pub fn resolve_library(
        &self,
        host: &HostConfiguration,
        named: &NamedClass,
    ) -> Result<ResolvedLibrary, Diagnostic> {
        let class = named.class.get();
        let settings = host.class(class);
        let location = match &settings.library {
            Some(library) => library.get(),
            None => named.library.get(),
        };
        if location.is_jar() {
            let message = format!("class `{class}` is in a JAR, which cannot be loaded");
            return Err(self
                .error(named.library.span(), message)
                .label("a Java archive")
                .hint(format!(
                    "name the library that stands in for it, in provost.toml:\n\
                     [classes.\"{class}\"]\nlibrary = \"/path/to/lib.so\""
                )));
        }
        let sha256 = settings.sha256.as_ref().map(|digest| *digest.get());
        if location.is_remote() && sha256.is_none() && *settings.unpinned.get() == Unpinned::Refuse
        {
            let message = format!("the library of class `{class}` is fetched, and has no digest");
            return Err(self
                .error(named.library.span(), message)
                .label("a fetched library")
                .hint(format!(
                    "pin it, in provost.toml:\n\
                     [classes.\"{class}\"]\nsha256 = \"64 hexadecimal digits\""
                )));
        }
        Ok(ResolvedLibrary {
            location: location.clone(),
            sha256,
        })
    }
}
