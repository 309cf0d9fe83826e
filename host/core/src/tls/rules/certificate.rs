//! Rules about single certificates.

use super::Set;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::path::Path;
use crate::tls::policy::TlsPolicy;
use crate::tls::rule::RuleId;

/// A certificate that the chain holds twice: Java refuses to store such a chain.
pub(super) fn duplicate(set: &Set<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, certificate) in set.chain.iter().enumerate() {
        let before = set.chain.iter().take(index);
        if let Some(first) = before.clone().position(|c| c.der() == certificate.der()) {
            let place =
                Place::certificate(ArtifactFile::CertificateChain, index, &certificate.name());
            let message = format!("the same certificate is certificate {first} already");
            let finding = Finding::new(RuleId::Crt003, place, message);
            findings.push(finding.hint("remove one of the two"));
        }
    }
    findings
}

/// A version without extensions, and so without alternative names or usages. webpki refuses it.
pub(super) fn old_version(set: &Set<'_>) -> Vec<Finding> {
    let step = set.path.end_entity();
    let step = step.filter(|step| step.certificate.version() < 3);
    step.map(|step| {
        let version = step.certificate.version();
        let message = format!("it is an X.509 v{version} certificate; v3 is what clients expect");
        Finding::new(RuleId::Crt004, step.place(), message)
            .hint("have it issued as v3, with alternative names")
    })
    .into_iter()
    .collect()
}

/// An extension that must not be ignored and is not understood. Of an anchor only name and key
/// count (RFC 5280, section 6.1.1), though OpenSSL looks at more.
pub(super) fn unknown_critical_extension(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let steps = path.steps.iter().map(|step| (step, false));
    let all = steps.chain(path.anchor_above().map(|step| (step, true)));
    all.filter_map(|(step, is_anchor)| {
        let unknown = &*step.certificate.extensions().unknown_critical;
        let [oid, others @ ..] = unknown else {
            return None;
        };
        let more = match others.len() {
            0 => String::new(),
            others => format!(" (nor are {others} more)"),
        };
        let message = format!("the critical extension {oid} is not understood{more}");
        let finding = Finding::new(RuleId::Crt005, step.place(), message)
            .hint("have the certificate issued without it, or not critical");
        Some(if is_anchor {
            finding.warning()
        } else {
            finding
        })
    })
    .collect()
}
