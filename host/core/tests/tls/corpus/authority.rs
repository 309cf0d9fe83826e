//! Certificates by rcgen: a root, an intermediate, and whatever they issue.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;

use super::{DAY, Files, NOW};

/// A certificate with its private key.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) params: CertificateParams,
    pub(crate) key: Arc<KeyPair>,
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
}

impl Issued {
    /// Self-signed, with a new P-256 key.
    pub(crate) fn by_itself(params: CertificateParams) -> Self {
        Self::by_itself_with(params, Arc::new(KeyPair::generate().unwrap()))
    }

    /// Self-signed with a key that is there.
    pub(crate) fn by_itself_with(params: CertificateParams, key: Arc<KeyPair>) -> Self {
        let certificate = params.self_signed(&*key).unwrap();
        Self::from(params, key, &certificate)
    }

    /// Issues a certificate for a new P-256 key.
    pub(crate) fn issue(&self, params: CertificateParams) -> Self {
        self.issue_for(params, Arc::new(KeyPair::generate().unwrap()))
    }

    /// Issues a certificate for a key that is there.
    pub(crate) fn issue_for(&self, params: CertificateParams, key: Arc<KeyPair>) -> Self {
        let issuer = Issuer::from_params(&self.params, &*self.key);
        let certificate = params.signed_by(&*key, &issuer).unwrap();
        Self::from(params, key, &certificate)
    }

    /// The same certificate, but for the last byte of its signature.
    pub(crate) fn with_another_signature(&self) -> Self {
        let mut der = self.der.clone();
        *der.last_mut().unwrap() ^= 1;
        Self {
            pem: pem("CERTIFICATE", &der),
            der,
            ..self.clone()
        }
    }

    fn from(
        params: CertificateParams,
        key: Arc<KeyPair>,
        certificate: &rcgen::Certificate,
    ) -> Self {
        Self {
            params,
            key,
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
        }
    }
}

/// A root, and an intermediate that issues for servers.
pub(crate) struct Pki {
    pub(crate) root: Issued,
    pub(crate) intermediate: Issued,
    /// A root that has nothing to do with the others.
    pub(crate) stranger: Issued,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let root = Issued::by_itself(ca("Corpus Root"));
        let intermediate = root.issue(ca("Corpus Intermediate"));
        let stranger = Issued::by_itself(ca("Another Root"));
        Self {
            root,
            intermediate,
            stranger,
        }
    }

    /// An end entity of the intermediate's.
    pub(crate) fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        self.intermediate.issue(changed(server(), change))
    }

    /// End entity and intermediate, with the root trusted.
    pub(crate) fn set(&self, change: impl FnOnce(&mut CertificateParams)) -> Files {
        Files::of(&[&self.leaf(change), &self.intermediate], &[&self.root])
    }

    /// The usual set: nothing is to be said of it.
    pub(crate) fn usual(&self) -> Files {
        self.set(|_| ())
    }

    /// The usual end entity below a changed intermediate, with the root trusted.
    pub(crate) fn below(&self, change: impl FnOnce(&mut CertificateParams)) -> Files {
        let intermediate = self.root.issue(changed(ca("Corpus Intermediate"), change));
        Files::of(
            &[&intermediate.issue(server()), &intermediate],
            &[&self.root],
        )
    }
}

/// The usual end entity directly below a root of its own.
pub(crate) fn rooted(change: impl FnOnce(&mut CertificateParams)) -> Files {
    let root = Issued::by_itself(changed(ca("Changed Root"), change));
    Files::of(&[&root.issue(server())], &[&root])
}

/// Parameters with a change.
pub(crate) fn changed(
    mut params: CertificateParams,
    change: impl FnOnce(&mut CertificateParams),
) -> CertificateParams {
    change(&mut params);
    params
}

/// A server for ten months more.
pub(crate) fn server() -> CertificateParams {
    changed(named("node1.example.com"), |params| {
        params.subject_alt_names = vec![dns("node1.example.com"), dns("*.nodes.example.com")];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.not_before = at(NOW - 60 * DAY);
        params.not_after = at(NOW + 300 * DAY);
    })
}

/// An authority for nine years more.
pub(crate) fn ca(name: &str) -> CertificateParams {
    changed(named(name), |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = at(NOW - 365 * DAY);
        params.not_after = at(NOW + 9 * 365 * DAY);
    })
}

fn named(name: &str) -> CertificateParams {
    changed(CertificateParams::default(), |params| {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
    })
}

/// A `dNSName`.
pub(crate) fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

/// A time, in seconds since 1970.
pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

/// A PEM block, by the `pem` crate's rules: base64 in lines of 64 characters.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64);
    let lines: Vec<&str> = lines.map(|line| str::from_utf8(line).unwrap()).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
