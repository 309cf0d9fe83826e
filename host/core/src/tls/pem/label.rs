//! What a label says that a block holds.

use super::Kind;

/// What a label says that a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Certificate,
    /// A certificate in another format: with trust settings behind it, or by its old name.
    OtherCertificate,
    /// A private key of a kind that is read.
    Key(Kind),
    EncryptedKey,
    /// A private key of another kind.
    OtherKey,
    /// The curve that OpenSSL writes before an EC key. The key names it too.
    EcParameters,
    Request,
    RevocationList,
    Pkcs7,
    Other,
}

/// Labels that are known wherever they stand: of two that begin alike, the longer one first.
const KNOWN: [(&str, Meaning); 21] = [
    ("CERTIFICATE REQUEST", Meaning::Request),
    ("CERTIFICATE", Meaning::Certificate),
    ("TRUSTED CERTIFICATE", Meaning::OtherCertificate),
    ("X509 CERTIFICATE", Meaning::OtherCertificate),
    ("NEW CERTIFICATE REQUEST", Meaning::Request),
    ("ATTRIBUTE CERTIFICATE", Meaning::Other),
    ("X509 CRL", Meaning::RevocationList),
    ("PRIVATE KEY", Meaning::Key(Kind::Pkcs8)),
    ("RSA PRIVATE KEY", Meaning::Key(Kind::Pkcs1)),
    ("EC PRIVATE KEY", Meaning::Key(Kind::Sec1)),
    ("ENCRYPTED PRIVATE KEY", Meaning::EncryptedKey),
    ("DSA PRIVATE KEY", Meaning::OtherKey),
    ("OPENSSH PRIVATE KEY", Meaning::OtherKey),
    ("PGP PRIVATE KEY", Meaning::OtherKey),
    ("PUBLIC KEY", Meaning::Other),
    ("RSA PUBLIC KEY", Meaning::Other),
    ("EC PARAMETERS", Meaning::EcParameters),
    ("DSA PARAMETERS", Meaning::Other),
    ("DH PARAMETERS", Meaning::Other),
    ("PKCS7", Meaning::Pkcs7),
    ("CMS", Meaning::Pkcs7),
];

/// What `label` means.
pub(super) fn meaning(label: &str) -> Meaning {
    match KNOWN.iter().find(|(known, _)| *known == label) {
        Some((_, meaning)) => *meaning,
        // `ED25519 PRIVATE KEY`, `SSH2 ENCRYPTED PRIVATE KEY`, and what else is written.
        None if label.contains(PRIVATE) => Meaning::OtherKey,
        None if label.starts_with("PKCS #7") => Meaning::Pkcs7,
        None => Meaning::Other,
    }
}

/// The known label that `text` begins with, whatever its case. Of damaged lines only this is
/// shown: behind it there may be a key.
pub(super) fn known(text: &[u8]) -> Option<&'static str> {
    let first = text.first()?.to_ascii_uppercase();
    let begins = |label: &[u8]| {
        // One comparison for most.
        label.first() == Some(&first)
            && text
                .get(..label.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(label))
    };
    let found = KNOWN.iter().find(|(label, _)| begins(label.as_bytes()));
    found.map(|(label, _)| *label)
}

/// What the labels of all private keys have in them.
pub(super) const PRIVATE: &str = "PRIVATE KEY";

/// Whether `label` is one: capital letters and digits, in words. RFC 7468 allows more, which
/// nobody writes.
pub(super) fn is_label(label: &str) -> bool {
    const LONGEST: usize = 64;
    let allowed = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || b" #".contains(&c);
    (1..=LONGEST).contains(&label.len())
        && label.bytes().all(allowed)
        && label.trim_ascii() == label
}

impl Meaning {
    /// Whether the block holds, or may hold, a private key.
    pub(super) fn is_private(self) -> bool {
        matches!(self, Self::Key(_) | Self::EncryptedKey | Self::OtherKey)
    }

    /// Whether the block holds a certificate in some format.
    pub(super) fn is_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::OtherCertificate)
    }
}
