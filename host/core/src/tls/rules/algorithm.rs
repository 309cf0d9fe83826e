//! Rules about keys and signatures on the path.

use crate::tls::certificate::{Hash, PublicKey};
use crate::tls::finding::Finding;
use crate::tls::path::{Path, Step};
use crate::tls::policy::TlsPolicy;
use crate::tls::rule::RuleId;

/// A key that every engine refuses.
pub(super) fn too_small(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let small = path
        .all()
        .filter(|step| match step.certificate.public_key() {
            PublicKey::Rsa { bits } => *bits < 1024,
            PublicKey::OtherCurve { bits, .. } => *bits < 224,
            _ => false,
        });
    small
        .map(|step| {
            let message = format!("its key is too small: {}", size(step));
            Finding::new(RuleId::Alg001, step.place(), message)
                .hint("use RSA of at least 2048 bits, or P-256")
        })
        .collect()
}

/// A key that Java takes, with a warning, and others refuse.
pub(super) fn small(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    let small = path.all().filter(|step| {
        matches!(step.certificate.public_key(), PublicKey::Rsa { bits } if (1024..2048).contains(bits))
    });
    small
        .map(|step| {
            let message = format!("its key has fewer than 2048 bits: {}", size(step));
            Finding::new(RuleId::Alg002, step.place(), message)
                .hint("use `-newkey rsa:2048` or larger; OpenSSL refuses this key by default")
        })
        .collect()
}

/// A signature that can be forged.
pub(super) fn broken_hash(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    signed_with(path, &[Hash::Md2, Hash::Md5])
        .map(|(step, hash)| {
            let message = format!("it is signed with {hash}, which can be forged");
            Finding::new(RuleId::Alg003, step.place(), message)
                .hint("have it issued anew with SHA-256")
        })
        .collect()
}

/// SHA-1 below the anchor. What a certificate that trusts itself says of itself proves nothing.
pub(super) fn sha1(path: &Path<'_>, _: &TlsPolicy) -> Vec<Finding> {
    if matches!(path.end, crate::tls::path::End::TrustsItself(_)) {
        return Vec::new();
    }
    signed_with(path, &[Hash::Sha1])
        .map(|(step, hash)| {
            let message = format!("it is signed with {hash}, which can be forged");
            Finding::new(RuleId::Alg004, step.place(), message)
                .hint("have it issued anew with SHA-256")
        })
        .collect()
}

fn signed_with<'p, 'a>(
    path: &'p Path<'a>,
    hashes: &'p [Hash],
) -> impl Iterator<Item = (&'p Step<'a>, Hash)> {
    path.steps.iter().filter_map(|step| {
        let hash = step.certificate.signature_algorithm().hash()?;
        hashes.contains(&hash).then_some((step, hash))
    })
}

fn size(step: &Step<'_>) -> String {
    match step.certificate.public_key() {
        PublicKey::OtherCurve { bits, .. } => {
            format!("{} of {bits} bits", step.certificate.public_key())
        }
        key => key.to_string(),
    }
}
