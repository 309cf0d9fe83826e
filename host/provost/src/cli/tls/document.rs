//! A verdict, for programs. `docs/tls.md` and `docs/schemas/tls-check.json` say what each field is.

use provost_core::config::Sha256Digest;
use provost_core::tls::{Certificate, Finding, Place, Report, moment};
use serde::Serialize;

use super::verdict::is_proof_of_concept;

/// A set, and what was found.
#[derive(Serialize)]
pub(super) struct SetDocument {
    name: String,
    accepted: bool,
    /// It is, and only because nobody asked for more.
    proof_of_concept: bool,
    findings: Vec<FindingDocument>,
    chain: Vec<CertificateDocument>,
    trusted: Vec<CertificateDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<CertificateDocument>,
}

#[derive(Serialize)]
struct FindingDocument {
    rule: &'static str,
    severity: String,
    message: String,
    place: PlaceDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    source: &'static str,
}

#[derive(Serialize)]
struct PlaceDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

#[derive(Serialize)]
struct CertificateDocument {
    subject: String,
    issuer: String,
    names: Vec<String>,
    key: String,
    signature: String,
    ca: bool,
    not_before: String,
    not_after: String,
    sha256: String,
    spki_sha256: String,
}

impl SetDocument {
    pub(super) fn new(name: &str, report: &Report) -> Self {
        let all = |certificates: &[Certificate]| {
            let documents = certificates.iter().map(CertificateDocument::from);
            documents.collect::<Vec<_>>()
        };
        Self {
            name: name.to_owned(),
            accepted: report.is_accepted(),
            proof_of_concept: is_proof_of_concept(report),
            findings: report.findings.iter().map(FindingDocument::from).collect(),
            chain: all(&report.chain),
            trusted: all(&report.trusted),
            anchor: report.anchor.as_ref().map(CertificateDocument::from),
        }
    }
}

impl From<&Finding> for FindingDocument {
    fn from(finding: &Finding) -> Self {
        let Place {
            file,
            line,
            certificate,
            subject,
            ..
        } = finding.place.clone();
        Self {
            rule: finding.rule.as_str(),
            severity: finding.severity.to_string(),
            message: finding.message.clone(),
            place: PlaceDocument {
                file,
                line,
                certificate,
                subject,
            },
            hint: finding.hint.clone(),
            source: finding.rule.source(),
        }
    }
}

impl From<&Certificate> for CertificateDocument {
    fn from(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.name(),
            issuer: certificate.issuer().to_string(),
            names: certificate.shown_names(),
            key: certificate.public_key().to_string(),
            signature: certificate.signature_algorithm().to_string(),
            ca: certificate.is_ca(),
            not_before: moment(certificate.not_before()),
            not_after: moment(certificate.not_after()),
            sha256: Sha256Digest::of(certificate.der()).to_string(),
            spki_sha256: Sha256Digest::of(certificate.spki()).to_string(),
        }
    }
}
