//! A verdict, for people and for programs.

use aws_lc_rs::digest::{SHA256, digest};
use provost_core::config::Sha256Digest;
use provost_core::tls::{Certificate, Finding, Place, Report, moment};
use serde::Serialize;

use crate::cli::report;

/// One line for the set, then one for each finding, with its hint.
pub(super) fn text(name: &str, report: &Report) -> String {
    let mark = if report.is_accepted() {
        "accepted"
    } else {
        "refused "
    };
    let mut text = format!("{mark}  {name}: {}\n", summary(report));
    for finding in &report.findings {
        text.push_str(&self::finding(finding, "          "));
        text.push('\n');
    }
    text
}

/// A finding and its hint, behind `indent`.
pub(super) fn finding(finding: &Finding, indent: &str) -> String {
    let hint = finding.hint.as_deref().map(|hint| {
        let indent = format!("{indent}  ");
        format!("\n{}", report::hint_lines(hint, &indent))
    });
    format!("{indent}{finding}{}", hint.unwrap_or_default())
}

/// `1 error, 2 warnings`.
pub(super) fn summary(report: &Report) -> String {
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let counts: Vec<String> = [
        count(report.errors().count(), "error"),
        count(report.warnings().count(), "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if counts.is_empty() {
        return "nothing to remark".to_owned();
    }
    counts.join(", ")
}

/// SHA-256 of a certificate, in hexadecimal.
pub(super) fn fingerprint(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    Sha256Digest::from_bytes(digest.as_ref().try_into().unwrap_or_default()).to_string()
}

/// A set, for programs; `docs/tls.md` says what each field is.
#[derive(Serialize)]
pub(super) struct SetDocument {
    name: String,
    accepted: bool,
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
            sha256: fingerprint(certificate.der()),
            spki_sha256: fingerprint(certificate.spki()),
        }
    }
}
