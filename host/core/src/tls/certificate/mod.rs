//! A certificate: its bytes, and what the rules ask of it, read once.

mod constraints;
mod der;
mod distinguished_name;
mod public_key;
mod read;
mod signature;

use std::net::IpAddr;
use std::sync::Arc;

pub use self::constraints::NameConstraints;
pub use self::distinguished_name::DistinguishedName;
pub use self::public_key::PublicKey;
pub use self::signature::{Hash, SignatureAlgorithm};

/// A certificate that parses (RFC 5280). Nothing else about it has been checked. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate(Arc<Contents>);

#[derive(Debug, PartialEq, Eq)]
struct Contents {
    der: Vec<u8>,
    /// Where `TBSCertificate` is in `der`: what is signed.
    tbs: std::ops::Range<usize>,
    subject: DistinguishedName,
    issuer: DistinguishedName,
    serial: Vec<u8>,
    version: u32,
    not_before: i64,
    not_after: i64,
    spki: Vec<u8>,
    public_key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    extensions: Extensions,
}

/// What the extensions say. One that is absent is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Extensions {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(crate) names: Option<SubjectNames>,
    pub(crate) constraints: Option<NameConstraints>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    /// Where the issuer's certificate can be had: `caIssuers` of the authority information access.
    pub(crate) issuer_url: Option<String>,
    /// Object identifiers of critical extensions that are not processed here.
    pub(crate) unknown_critical: Vec<String>,
}

/// `basicConstraints` (RFC 5280, section 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// `keyUsage` (RFC 5280, section 4.2.1.3), as far as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyUsage {
    pub(crate) digital_signature: bool,
    pub(crate) key_cert_sign: bool,
}

/// `extKeyUsage` (RFC 5280, section 4.2.1.12), as far as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExtendedKeyUsage {
    pub(crate) any: bool,
    pub(crate) server: bool,
}

/// `subjectAltName` (RFC 5280, section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SubjectNames {
    pub(crate) dns: Vec<String>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) emails: Vec<String>,
    pub(crate) directories: Vec<DistinguishedName>,
    pub(crate) uris: Vec<String>,
    /// Names of other kinds.
    pub(crate) others: usize,
    /// Names that do not have the form of their kind.
    pub(crate) malformed: usize,
    /// Whether the extension is critical.
    pub(crate) critical: bool,
}

impl SubjectNames {
    fn count(&self) -> usize {
        self.dns.len()
            + self.addresses.len()
            + self.emails.len()
            + self.directories.len()
            + self.uris.len()
            + self.others
            + self.malformed
    }
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// More than [`limits::CERTIFICATE`](super::limits::CERTIFICATE).
    #[error("it has {got} bytes; at most {at_most} are read")]
    TooLarge {
        /// The limit.
        at_most: usize,
        /// Its size.
        got: usize,
    },
    /// More of something than [`limits`](super::limits) allows.
    #[error("it has {got} {what}; at most {at_most} are read")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        at_most: usize,
        /// How many.
        got: usize,
    },
    /// Not DER, or not a certificate.
    #[error("it is not an X.509 certificate: {what}")]
    Malformed {
        /// What the parser says.
        what: String,
    },
    /// Bytes behind its end.
    #[error("{count} bytes follow the certificate")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// An extension occurs twice, or its value does not parse.
    #[error("extension {oid}: {what}")]
    Extension {
        /// Its object identifier.
        oid: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Certificate {
    /// Parses one certificate, DER.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        read::certificate(der)
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// What is signed.
    pub(crate) fn tbs(&self) -> &[u8] {
        self.0.der.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// Whose certificate it is.
    pub fn subject(&self) -> &DistinguishedName {
        &self.0.subject
    }

    /// Who issued it.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.0.issuer
    }

    /// The subject as it is shown; a first alternative name where the subject is empty.
    pub fn name(&self) -> String {
        if !self.0.subject.is_empty() {
            return self.0.subject.to_string();
        }
        let first = self.dns_names().first();
        first.map_or_else(|| "(no subject)".to_owned(), |name| super::shown(name))
    }

    /// The serial number: big-endian, as encoded.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// The first second of its validity, since 1970.
    pub fn not_before(&self) -> i64 {
        self.0.not_before
    }

    /// The last second of its validity, since 1970.
    pub fn not_after(&self) -> i64 {
        self.0.not_after
    }

    /// Whether `now`, in seconds since 1970, is within its validity.
    pub fn is_valid_at(&self, now: i64) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&now)
    }

    /// `SubjectPublicKeyInfo`, DER.
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// What kind of key it certifies.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// How it was signed.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// Whether the issuer's key made the signature on this certificate.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        self.0
            .signature_algorithm
            .verify(issuer, self.tbs(), &self.0.signature)
    }

    /// Whether signatures of this kind, by the issuer's key, are verified here at all.
    pub(crate) fn is_verifiable_with(&self, issuer: &Self) -> bool {
        self.0
            .signature_algorithm
            .is_verifiable_with(issuer.public_key())
    }

    /// Whether subject and issuer are one name.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }

    /// Whether it says that it is a certification authority.
    pub fn is_ca(&self) -> bool {
        self.0.extensions.basic_constraints.is_some_and(|c| c.ca)
    }

    /// `dNSName`s of its alternative names, as they stand.
    pub fn dns_names(&self) -> &[String] {
        self.0.extensions.names.as_ref().map_or(&[], |n| &n.dns)
    }

    /// `iPAddress`es of its alternative names.
    pub fn addresses(&self) -> &[IpAddr] {
        self.0
            .extensions
            .names
            .as_ref()
            .map_or(&[], |n| &n.addresses)
    }

    /// The names and addresses of its alternative names, as they may be shown.
    pub fn shown_names(&self) -> Vec<String> {
        let names = self.dns_names().iter().map(|name| super::shown(name));
        let addresses = self.addresses().iter().map(ToString::to_string);
        names.chain(addresses).collect()
    }

    /// How many names it has, and how many it constrains.
    pub(crate) fn count_names(&self) -> usize {
        let names = self
            .extensions()
            .names
            .as_ref()
            .map_or(0, SubjectNames::count);
        let constrained = &self.0.extensions.constraints;
        names.saturating_add(constrained.as_ref().map_or(0, NameConstraints::count))
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }
}
