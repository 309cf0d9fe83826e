//! Encryption in transit.

use super::NamedClass;
use crate::config::location::Location;
use crate::config::source::Spanned;

/// `InTransitEncryptionConfiguration`.
#[derive(Debug, Clone)]
pub struct InTransitEncryption {
    pub(super) certificates: Spanned<CertificateSource>,
}

/// `TLSCertificateConfiguration`: `CertificateProviderType` and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateSource {
    /// `PEM`: a zip with `privateKey.pem`, `certificateChain.pem` and, optionally,
    /// `trustedCertificates.pem`.
    Pem {
        /// `S3Object`.
        zip: Spanned<Location>,
    },
    /// `Custom`: artifacts from a provider class.
    Custom(NamedClass),
}

impl InTransitEncryption {
    /// Where certificates come from; the span is the type's.
    pub fn certificates(&self) -> &Spanned<CertificateSource> {
        &self.certificates
    }

    pub(super) fn class(&self) -> Option<&NamedClass> {
        match self.certificates.get() {
            CertificateSource::Custom(class) => Some(class),
            CertificateSource::Pem { .. } => None,
        }
    }
}
