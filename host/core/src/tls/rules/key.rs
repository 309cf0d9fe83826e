//! Rules about the private key.

use super::Set;
use crate::config::Sha256Digest;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::rule::RuleId;

/// SHA-256 of the public halves of private keys that anyone can download.
const KNOWN: [&str; 2] = [
    "2a2c0921e2ada3c38e96324f3fc4ca5bf369a3aa61bf2238841695e6bf24958b",
    "760e7521cfac9609513607bc4b32307e0727388cb8de2443b5085d654413c292",
];

/// The key is not that of the first certificate. That of one which stands in the wrong place is a
/// matter of order.
pub(super) fn not_of_the_certificate(set: &Set<'_>) -> Vec<Finding> {
    let (Some(key), Some(certificate)) = (set.key, set.certificate()) else {
        return Vec::new();
    };
    if key.is_of(certificate) {
        return Vec::new();
    }
    let message = format!(
        "the private key ({}) is not that of the certificate {} ({})",
        key.key,
        certificate.name(),
        certificate.public_key(),
    );
    let finding = Finding::new(
        RuleId::Key006,
        Place::file(ArtifactFile::PrivateKey),
        message,
    );
    let other = |file, certificates: &[crate::tls::Certificate]| {
        let mut found = certificates.iter().enumerate();
        let found = found.find(|(_, certificate)| key.is_of(certificate));
        found.map(|(index, c)| Place::certificate(file, index, &c.name()))
    };
    let place = other(ArtifactFile::CertificateChain, set.chain)
        .or_else(|| other(ArtifactFile::TrustedCertificates, set.trusted()));
    vec![
        finding.hint(match place {
            Some(place) => format!("it is that of {place}"),
            None => "use the key that the certificate was requested with, or have the certificate \
                 issued anew for this key"
                .to_owned(),
        }),
    ]
}

/// A key that was published: this node's, or one of a certificate that is sent or trusted.
pub(super) fn publicly_known(set: &Set<'_>) -> Vec<Finding> {
    let own = set.key.and_then(|key| {
        let place = Place::file(ArtifactFile::PrivateKey);
        published(key.spki(), &KNOWN, place, "the private key")
    });
    let chain = set.chain.iter().enumerate();
    let chain = chain.map(|(index, c)| (ArtifactFile::CertificateChain, index, c));
    let trusted = set.trusted().iter().enumerate();
    let trusted = trusted.map(|(index, c)| (ArtifactFile::TrustedCertificates, index, c));
    let others = chain
        .chain(trusted)
        .filter_map(|(file, index, certificate)| {
            let place = Place::certificate(file, index, &certificate.name());
            published(certificate.spki(), &KNOWN, place, "its private key")
        });
    own.into_iter().chain(others).collect()
}

fn published(spki: &[u8], known: &[&str], place: Place, whose: &str) -> Option<Finding> {
    let digest = Sha256Digest::of(spki).to_string();
    if !known.contains(&digest.as_str()) {
        return None;
    }
    let message = format!("{whose} is published: anyone can be who it belongs to");
    let finding = Finding::new(RuleId::Key009, place, message);
    Some(finding.hint("make a new key, and have a certificate issued for it"))
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PublicKeyData as _};

    use aws_lc_rs::digest::{SHA256, digest};

    use super::{KNOWN, Place, published};
    use crate::tls::RuleId;

    fn key() -> (Vec<u8>, String) {
        let spki = KeyPair::generate().unwrap().subject_public_key_info();
        let digest = digest(&SHA256, &spki);
        let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        (spki, hex.collect())
    }

    #[test]
    fn a_key_is_known_by_the_digest_of_its_public_half() {
        let ((one, digest), (other, _)) = (key(), key());
        let known = [KNOWN[0], &digest];
        let published = |spki: &[u8], known: &[&str]| {
            published(spki, known, Place::default(), "it").map(|finding| finding.rule)
        };
        assert_eq!(published(&one, &known), Some(RuleId::Key009));
        assert_eq!(published(&other, &known), None);
        assert_eq!(published(&one, &KNOWN), None);
    }

    #[test]
    fn digests_are_written_as_they_are_compared() {
        let lower_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        for known in KNOWN {
            assert!(known.len() == 64 && known.chars().all(lower_hex), "{known}");
        }
    }
}
