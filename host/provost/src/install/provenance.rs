//! Where installed artifacts are from, and whose they are.

use provost_core::config::Sha256Digest;
use provost_core::tls::{Certificate, TlsArtifacts, moment, shown};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a manifest says about artifacts beside their files: where they are from, and whose they
/// are. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provenance {
    /// Where they are from, for people: a path, or a provider's class. Escaped and cut.
    pub source: String,
    /// What the provider calls this state of them. Escaped and cut.
    pub provider_generation: Option<String>,
    /// Whose they are.
    pub end_entity: Option<EndEntity>,
}

/// The certificate that a generation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EndEntity {
    /// Its subject, or its first name. Escaped and cut.
    pub subject: String,
    /// SHA-256 of the certificate, DER: its fingerprint.
    pub sha256: Sha256Digest,
    /// SHA-256 of its `SubjectPublicKeyInfo`, DER: what tells which private key is installed.
    pub spki_sha256: Sha256Digest,
    /// The first second of its validity (RFC 3339).
    pub not_before: String,
    /// The last second of its validity (RFC 3339).
    pub not_after: String,
}

impl Provenance {
    /// A source, and nothing about a certificate.
    pub fn new(source: &str) -> Self {
        Self {
            source: shown(source),
            provider_generation: None,
            end_entity: None,
        }
    }

    /// A source, and the certificate of what came from it.
    pub fn of(artifacts: &TlsArtifacts, source: &str) -> Self {
        Self {
            end_entity: artifacts.chain().first().map(EndEntity::of),
            ..Self::new(source)
        }
    }

    /// Sets what the provider calls this state of the artifacts.
    #[must_use]
    pub fn with_provider_generation(mut self, generation: &str) -> Self {
        self.provider_generation = Some(shown(generation));
        self
    }
}

impl EndEntity {
    /// What a manifest says about a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.name(),
            sha256: Sha256Digest::of(certificate.der()),
            spki_sha256: Sha256Digest::of(certificate.spki()),
            not_before: moment(certificate.not_before()),
            not_after: moment(certificate.not_after()),
        }
    }
}

/// Now, as RFC 3339 has it.
pub(super) fn now() -> String {
    moment(OffsetDateTime::now_utc().unix_timestamp())
}
