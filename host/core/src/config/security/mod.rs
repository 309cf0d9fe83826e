//! The security configuration: EMR's JSON, unchanged.
//!
//! The grammar and the rules are those of the EMR management guide, "Create a security
//! configuration". R1 to R12 number the rules; the tests are named after them.

mod at_rest;
mod foreign;
mod in_transit;
mod read;
mod resolve;

use std::path::Path;
use std::sync::Arc;

pub use self::at_rest::{
    AtRestEncryption, BucketOverride, LocalDiskEncryption, LocalDiskKey, S3Encryption,
    S3EncryptionConfiguration,
};
pub use self::in_transit::{CertificateSource, InTransitEncryption};
pub use self::resolve::ResolvedLibrary;

use super::class_name::ClassName;
use super::diagnostic::{Diagnostic, Diagnostics, Loaded, Report};
use super::document::parse_json;
use super::kms_key_arn::KmsKeyArn;
use super::location::Location;
use super::source::{Source, Span, Spanned};

/// What is encrypted, and which class or key does it.
///
/// A half that is disabled is checked like the other, and then left out.
#[derive(Debug, Clone)]
pub struct SecurityConfiguration {
    source: Arc<Source>,
    at_rest: Option<AtRestEncryption>,
    in_transit: Option<InTransitEncryption>,
    untouched: Vec<(String, Span)>,
}

/// A provider class and the library that the security configuration names for it.
///
/// The library may be a JAR, for which `provost.toml` has to name a stand-in: see
/// [`SecurityConfiguration::resolve_library`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedClass {
    /// `EncryptionKeyProviderClass` or `CertificateProviderClass`.
    pub class: Spanned<ClassName>,
    /// `S3Object`.
    pub library: Spanned<Location>,
}

impl SecurityConfiguration {
    /// Parses and checks a security configuration. A relative `S3Object` is accepted only with a
    /// `folder` to start at: the absolute path of the one the file is in.
    pub fn parse(source: Source, folder: Option<&Path>) -> Result<Loaded<Self>, Diagnostics> {
        let report = Report::new(Arc::new(source));
        let value =
            parse_json(&report).and_then(|root| read::configuration(&root, folder, &report));
        report.finish(value)
    }

    /// The text it was parsed from, for diagnostics that point back to it.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Encryption at rest, if it is enabled.
    pub fn at_rest(&self) -> Option<&AtRestEncryption> {
        self.at_rest.as_ref()
    }

    /// Encryption in transit, if it is enabled.
    pub fn in_transit(&self) -> Option<&InTransitEncryption> {
        self.in_transit.as_ref()
    }

    /// The fields that concern others (Kerberos, EMRFS roles, instance metadata) with their JSON,
    /// as it was written.
    pub fn untouched(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let text = self.source.text();
        self.untouched.iter().map(move |(name, span)| {
            let json = text.get(span.start..span.end).unwrap_or_default();
            (name.as_str(), json)
        })
    }

    /// R4: an error for each KMS key outside the cluster's region.
    pub fn check_region(&self, cluster_region: &str) -> Vec<Diagnostic> {
        self.kms_keys()
            .filter(|key| key.region() != cluster_region)
            .map(|key| {
                let message = format!(
                    "the key is in {}, the cluster is in {cluster_region}",
                    key.region()
                );
                self.error(key.span(), message)
                    .label("key of another region")
                    .hint("key, cluster and buckets have to be in one region")
            })
            .collect()
    }

    /// An error that points into this configuration.
    pub fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.source, span, message)
    }

    /// Each KMS key that is in use, in the order of the grammar.
    pub fn kms_keys(&self) -> impl Iterator<Item = &Spanned<KmsKeyArn>> {
        self.at_rest.iter().flat_map(AtRestEncryption::kms_keys)
    }

    /// Each provider class that is in use, in the order of the grammar.
    pub fn classes(&self) -> impl Iterator<Item = &NamedClass> {
        let at_rest = self.at_rest.iter().flat_map(AtRestEncryption::classes);
        let in_transit = self
            .in_transit
            .iter()
            .filter_map(InTransitEncryption::class);
        at_rest.chain(in_transit)
    }
}
