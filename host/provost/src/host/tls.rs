//! TLS artifacts from where the security configuration says.

use provost_core::config::{
    CertificateSource, ClassName, Location, SecurityConfiguration, Spanned,
};
use provost_core::section::ClassKind;

use super::Host;
use crate::artifacts::{self, Collected};
use crate::error::{ApiMisuse, Error};
use crate::fetch::fetch;
use crate::provider::{ProvidedTls, ProviderHandle};

impl Host {
    /// The TLS artifacts that the security configuration names: those of its zip, of a folder, or
    /// of its provider, which is loaded and asked. Nothing in them has been validated. Blocks.
    pub fn tls_files(&self) -> Result<Collected, Error> {
        let (security, certificates) = self.certificates()?;
        match certificates.get() {
            CertificateSource::Custom(_) => Ok(self.tls_artifacts()?.into()),
            CertificateSource::Pem { zip } => match zip.get() {
                Location::File(path) => {
                    let raw = artifacts::read_path(path)?;
                    Ok(Collected::new(path.display().to_string(), raw))
                }
                Location::S3(object) => {
                    let limit = provost_core::tls::limits::ARCHIVE as u64;
                    let fetched = fetch(&self.configuration, object, None, limit)?;
                    let raw = provost_core::tls::bundle::read(&fetched.bytes);
                    Ok(Collected::new(zip.get().to_string(), raw))
                }
                _ => Err(security
                    .error(zip.span(), "a memory store has nothing when this starts")
                    .label("in memory")
                    .hint("name a path, or an object of S3")
                    .into()),
            },
            _ => Err(security
                .error(certificates.span(), "this type is not supported yet")
                .label("where the certificates come from")
                .into()),
        }
    }

    /// Where certificates come from, if encryption in transit is enabled.
    fn certificates(&self) -> Result<(&SecurityConfiguration, &Spanned<CertificateSource>), Error> {
        let security = self
            .security
            .as_deref()
            .ok_or(ApiMisuse::NoSecurityConfiguration)?;
        let Some(in_transit) = security.in_transit() else {
            return Err(Error::Disabled {
                what: "encryption in transit",
                takes: "EnableInTransitEncryption true, and a TLSCertificateConfiguration",
                configuration: security.source().name().to_owned(),
            });
        };
        Ok((security, in_transit.certificates()))
    }

    /// The class that has the TLS artifacts, by the security configuration.
    pub fn tls_class(&self) -> Result<&ClassName, Error> {
        let (security, certificates) = self.certificates()?;
        match certificates.get() {
            CertificateSource::Custom(named) => Ok(named.class.get()),
            _ => Err(security
                .error(
                    certificates.span(),
                    "CertificateProviderType PEM names a zip, and no provider",
                )
                .label("where the certificates come from")
                .hint("with Custom, CertificateProviderClass names a provider")
                .into()),
        }
    }

    /// Loads the provider of TLS artifacts, or returns the one that is loaded. Blocks.
    pub fn tls_provider(&self) -> Result<ProviderHandle, Error> {
        let class = self.tls_class()?;
        self.loaded(&self.tls, class, ClassKind::Tls, |handle, _| handle)
    }

    /// Asks that provider for the artifacts of this node, by the names and the cluster id of the
    /// host's configuration. Loads the provider; blocks.
    ///
    /// What comes back is held to its sizes and to being the same in two calls, and not yet
    /// validated. Until the provider is refreshed it stays the same.
    pub fn tls_artifacts(&self) -> Result<ProvidedTls, Error> {
        let provider = self.tls_provider()?;
        let node_names = self.configuration.node_names.get().clone();
        let cluster_id = self.configuration.cluster_id.as_ref();
        let cluster_id = cluster_id.map(|id| id.get().clone());
        Ok(provider.ask_and_wait("tls_artifacts", move |provider| {
            provider.tls_artifacts(&node_names, cluster_id.as_deref())
        })?)
    }
}
