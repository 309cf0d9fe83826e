//! Rules about who issued what (RFC 5280, section 6.1).

use super::Set;
use crate::tls::finding::Finding;
use crate::tls::path::{End, Path};
use crate::tls::policy::TlsPolicy;
use crate::tls::rule::RuleId;

/// The issuer of the last certificate is not there, and there is reason to think that it is no
/// root: the certificate says where it can be had, or the trusted certificates are roots of
/// something else.
pub(super) fn missing_intermediate(set: &Set<'_>) -> Vec<Finding> {
    let (End::NoIssuer, Some(last)) = (&set.path.end, set.path.steps.last()) else {
        return Vec::new();
    };
    let certificate = last.certificate;
    let url = certificate.extensions().issuer_url.as_deref();
    let other_roots = set
        .trusted()
        .iter()
        .any(|trusted| trusted.is_ca() && trusted.is_self_issued());
    if certificate.is_self_issued() || (url.is_none() && !other_roots) {
        return Vec::new();
    }
    let message = format!("its issuer is missing: {}", certificate.issuer());
    let finding = Finding::new(RuleId::Chn003, last.place(), message);
    vec![
        finding.hint(match url {
            Some(url) => format!(
                "add that certificate behind it in certificateChain.pem; it can be had from {url}"
            ),
            None => "add that certificate behind it in certificateChain.pem; if it is a root, to \
                 trustedCertificates.pem"
                .to_owned(),
        }),
    ]
}

/// What has the issuer's name did not issue it, or did so in a way that cannot be verified.
pub(super) fn not_signed(set: &Set<'_>) -> Vec<Finding> {
    let (End::NotSigned(issuer), Some(last)) = (&set.path.end, set.path.steps.last()) else {
        return Vec::new();
    };
    let (certificate, place) = (last.certificate, issuer.place());
    let algorithm = certificate.signature_algorithm();
    let finding = |message| Finding::new(RuleId::Chn004, last.place(), message);
    vec![if certificate.is_verifiable_with(issuer.certificate) {
        finding(format!("its signature ({algorithm}) is not one of {place}")).hint(
            "the two have one name and belong to different keys, or the certificate was changed: \
             take both from one delivery of the CA",
        )
    } else {
        let key = issuer.certificate.public_key();
        finding(format!(
            "its signature ({algorithm}) by {place} ({key}) is of a kind that is not verified here"
        ))
        .hint(
            "have it issued with SHA-256, by an RSA key of at least 2048 bits, or by one on P-256 \
             or P-384",
        )
    }]
}

/// An intermediate without the right to issue. Anchors are another rule's.
pub(super) fn issuer_is_no_ca(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let wrong = path
        .intermediates()
        .iter()
        .filter(|step| !step.certificate.is_ca());
    wrong
        .map(|step| {
            let certificate = step.certificate;
            let why = match certificate.extensions().basic_constraints {
                Some(_) => "its basic constraints say CA:FALSE".to_owned(),
                None if certificate.version() < 3 => {
                    format!(
                        "it is an X.509 v{} certificate, which cannot say so",
                        certificate.version()
                    )
                }
                None => "it has no basic constraints".to_owned(),
            };
            let message = format!("it issued a certificate and is no CA: {why}");
            Finding::new(RuleId::Chn007, step.place(), message)
                .hint("have the certificate below it issued by a CA")
        })
        .collect()
}

/// An issuer whose key usage leaves out signing certificates. Java and OpenSSL look at the anchor's
/// too.
pub(super) fn issuer_may_not_sign(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let wrong = path.issuers().filter(|step| {
        let usage = step.certificate.extensions().key_usage;
        usage.is_some_and(|usage| !usage.key_cert_sign)
    });
    wrong
        .map(|step| {
            let message = "it issued a certificate and its key usage lacks keyCertSign";
            Finding::new(RuleId::Chn008, step.place(), message)
                .hint("have the CA's certificate issued anew with keyCertSign")
        })
        .collect()
}

/// More intermediates below an issuer than it allows. Self-issued ones do not count.
pub(super) fn too_long(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut below: u32 = 0;
    for issuer in path.issuers() {
        let constraints = issuer.certificate.extensions().basic_constraints;
        if let Some(allowed) = constraints.and_then(|c| c.path_length)
            && below > allowed
        {
            let message = format!("it allows {allowed} intermediates below it; there are {below}");
            let finding = Finding::new(RuleId::Chn009, issuer.place(), message);
            findings
                .push(finding.hint("have the end-entity certificate issued by a CA nearer to it"));
        }
        if !issuer.certificate.is_self_issued() {
            below = below.saturating_add(1);
        }
    }
    findings
}

/// A name that an issuer above may not certify. Self-issued intermediates are exempt.
pub(super) fn name_constraints(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, issuer) in path.issuers().enumerate() {
        let Some(constraints) = &issuer.certificate.extensions().constraints else {
            continue;
        };
        let below = path.steps.iter().take(index + 1).enumerate();
        for (position, step) in below {
            if position > 0 && step.certificate.is_self_issued() {
                continue;
            }
            if let Some(name) = constraints.violation(step.certificate) {
                let message = format!("{name} is outside of what {} may certify", issuer.place());
                let finding = Finding::new(RuleId::Chn010, step.place(), message);
                findings
                    .push(finding.hint("use a name within its name constraints, or another CA"));
            }
        }
    }
    findings
}

/// An intermediate for other purposes than servers. Java takes any purpose at all for a server's
/// too; OpenSSL and webpki do not.
pub(super) fn issuer_is_not_for_servers(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let hint = "have the certificate issued by a CA for servers";
    let intermediates = path.intermediates().len();
    let wrong = path.issuers().enumerate().filter_map(|(index, step)| {
        let usage = step.certificate.extensions().extended_key_usage;
        let usage = usage.filter(|usage| !usage.server)?;
        Some((step, usage, index == intermediates))
    });
    wrong
        .map(|(step, usage, is_anchor)| {
            let finding = |message| Finding::new(RuleId::Chn012, step.place(), message).hint(hint);
            if is_anchor {
                // Java does not look at the anchor's.
                finding("it issued a certificate and its extended key usage lacks serverAuth: OpenSSL refuses it")
                    .warning()
            } else if usage.any {
                finding("its extended key usage names any purpose instead of serverAuth").warning()
            } else {
                finding("it issued a certificate and its extended key usage lacks serverAuth")
            }
        })
        .collect()
}

/// Key ids that contradict each other: neither Java nor OpenSSL takes
/// the one for the issuer of the other.
pub(super) fn key_ids_differ(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let below = path.steps.iter();
    below
        .zip(path.issuers())
        .filter(|(step, issuer)| {
            let named = &step.certificate.extensions().authority_key_id;
            let own = &issuer.certificate.extensions().subject_key_id;
            matches!((named, own), (Some(named), Some(own)) if named != own)
        })
        .map(|(step, issuer)| {
            let message = format!(
                "its authority key id is not the subject key id of {}",
                issuer.place()
            );
            Finding::new(RuleId::Chn013, step.place(), message)
                .hint("have it issued anew, or take the CA's certificate that it was issued with")
        })
        .collect()
}
