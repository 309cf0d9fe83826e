//! Rules about trust anchors.

use super::Set;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::path::{End, Path, Step};
use crate::tls::policy::TlsPolicy;
use crate::tls::rule::RuleId;

/// Something has the right name, and yet nothing leads to an anchor. Of a signature that cannot be
/// verified another rule has said so.
pub(super) fn no_path(set: &Set<'_>) -> Vec<Finding> {
    let (message, hint) = match &set.path.end {
        End::NotSigned(issuer) if is_verifiable(set, issuer) => (
            "the path to a trust anchor breaks here: what has the issuer's name did not sign it",
            "add the CA certificate that issued it",
        ),
        End::GivenUp => (
            "no path to a trust anchor was found within the limits of this host",
            "leave only the end-entity certificate and its intermediates in the chain",
        ),
        _ => return Vec::new(),
    };
    let last = set.path.steps.last();
    let place = last.map_or_else(|| Place::file(ArtifactFile::CertificateChain), Step::place);
    vec![Finding::new(RuleId::Tru001, place, message).hint(hint)]
}

/// No default root, and no trusted certificates to look among.
pub(super) fn absent(set: &Set<'_>) -> Vec<Finding> {
    let (End::NoIssuer, Some(last), None) = (&set.path.end, set.path.steps.last(), set.trusted)
    else {
        return Vec::new();
    };
    let place = Place::file(ArtifactFile::TrustedCertificates);
    let message = format!(
        "it is needed, and absent: {} is not issued by one of the default roots ({})",
        last.place(),
        roots(set),
    );
    vec![Finding::new(RuleId::Tru002, place, message).hint(what_to_trust(set, last))]
}

/// Trusted certificates, and none that issued anything here.
pub(super) fn not_completed(set: &Set<'_>) -> Vec<Finding> {
    let (End::NoIssuer, Some(last), Some(_)) = (&set.path.end, set.path.steps.last(), set.trusted)
    else {
        return Vec::new();
    };
    let place = Place::file(ArtifactFile::TrustedCertificates);
    let message = format!(
        "no certificate in it issued {}, nor did a default root ({})",
        last.place(),
        roots(set),
    );
    vec![Finding::new(RuleId::Tru003, place, message).hint(what_to_trust(set, last))]
}

/// What the trusted certificates lack, for a path that ends at `last`.
fn what_to_trust(set: &Set<'_>, last: &Step<'_>) -> String {
    match last.certificate.is_self_issued() {
        true if set.path.steps.len() == 1 => {
            "the certificate is self-signed: have a CA issue one, and add the CA's certificate"
                .to_owned()
        }
        true => "add that certificate to trustedCertificates.pem".to_owned(),
        false => format!(
            "add the certificate of its CA: {}",
            last.certificate.issuer()
        ),
    }
}

/// The proof of concept of the guide; or one that hides it: the node has the key of its own CA.
pub(super) fn trusts_itself(set: &Set<'_>) -> Vec<Finding> {
    let own = set.path.end_entity().map(|step| step.certificate.spki());
    if let Some(issuer) = set
        .path
        .issuers()
        .find(|i| Some(i.certificate.spki()) == own)
    {
        let message = "its key is the key of this node too: nothing else vouches for the node, \
                       and whoever has its key can be any other";
        let finding = Finding::new(RuleId::Tru004, issuer.place(), message);
        return vec![finding.hint("keep the CA's key away from nodes, and give each its own")];
    }
    let End::TrustsItself(anchor) = &set.path.end else {
        return Vec::new();
    };
    let message = "the certificate is self-signed and its own trust anchor: \
                   nothing vouches for it, and it cannot be replaced without trusting anew";
    let finding = Finding::new(RuleId::Tru004, anchor.place(), message);
    vec![finding.hint("for production, have a CA issue the certificate, and trust the CA")]
}

/// An anchor that may not issue. A v1 certificate cannot say whether it may, so it has to be a root.
pub(super) fn anchor_is_no_ca(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let Some(anchor) = path.anchor_above() else {
        return Vec::new();
    };
    let certificate = anchor.certificate;
    let is_old = certificate.version() < 3;
    if certificate.is_ca() || (is_old && certificate.is_self_issued()) {
        return Vec::new();
    }
    let message = if is_old {
        let version = certificate.version();
        format!("it issued a certificate and is no root, but X.509 v{version}: OpenSSL refuses it")
    } else {
        "it issued a certificate and is no CA (no CA:TRUE): Java refuses the path".to_owned()
    };
    let finding = Finding::new(RuleId::Tru005, anchor.place(), message);
    vec![finding.hint("have the certificate issued by a CA")]
}

/// An anchor that somebody else issued. OpenSSL does not stop there unless it is told to.
pub(super) fn anchor_is_an_intermediate(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let Some(anchor) = path.anchor_above() else {
        return Vec::new();
    };
    if anchor.certificate.is_self_issued() {
        return Vec::new();
    }
    let message = "the path ends here, at an intermediate: OpenSSL wants the root, or to be told \
                   that a partial chain will do";
    let finding = Finding::new(RuleId::Tru008, anchor.place(), message);
    vec![finding.hint(format!(
        "trust its issuer too: {}",
        anchor.certificate.issuer()
    ))]
}

/// A trusted end entity: it does no harm, and ends with the certificate.
pub(super) fn end_entity_is_trusted(set: &Set<'_>) -> Vec<Finding> {
    let Some(certificate) = set.certificate() else {
        return Vec::new();
    };
    let trusted = set.trusted().iter().enumerate();
    trusted
        .filter(|(_, trusted)| trusted.der() == certificate.der())
        .map(|(index, trusted)| {
            let place =
                Place::certificate(ArtifactFile::TrustedCertificates, index, &trusted.name());
            let message = "the end-entity certificate itself is among the trusted ones: \
                           its successor will not be trusted";
            Finding::new(RuleId::Tru006, place, message).hint("trust its CA instead")
        })
        .collect()
}

fn is_verifiable(set: &Set<'_>, issuer: &Step<'_>) -> bool {
    let last = set.path.steps.last();
    last.is_none_or(|last| last.certificate.is_verifiable_with(issuer.certificate))
}

fn roots<'s>(set: &'s Set<'_>) -> &'s str {
    match set.policy.default_roots().name() {
        "" => "none",
        name => name,
    }
}
