//! What kind of key an encoding says it holds, before the key itself is looked at.

use x509_parser::asn1_rs::{Any, FromDer, Header, Oid, Tag};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::tls::certificate::PublicKey;
use crate::tls::pem::Kind;

/// The kind that the key's own algorithm or curve names; none where it does not parse that far.
pub(super) fn named(kind: Kind, der: &[u8]) -> Option<PublicKey> {
    match kind {
        Kind::Pkcs8 => pkcs8(der),
        Kind::Sec1 => sec1(der),
        _ => None,
    }
}

/// The version of PKCS#8, counted from 1; none for other encodings.
pub(super) fn version(kind: Kind, der: &[u8]) -> Option<u8> {
    let (_, sequence) = Any::from_der(der).ok().filter(|_| kind == Kind::Pkcs8)?;
    let (_, version) = u8::from_der(sequence.data).ok()?;
    Some(version.saturating_add(1))
}

/// The kind of a public key, DER.
pub(super) fn of_spki(der: &[u8]) -> Option<PublicKey> {
    let (_, spki) = SubjectPublicKeyInfo::from_der(der).ok()?;
    PublicKey::read(&spki)
}

/// `PrivateKeyInfo` (RFC 5958): version, algorithm, key.
fn pkcs8(der: &[u8]) -> Option<PublicKey> {
    let (_, sequence) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(sequence.data).ok()?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(rest).ok()?;
    PublicKey::of_algorithm(&algorithm)
}

/// `ECPrivateKey` (RFC 5915): version, key, and the curve in `[0]`.
fn sec1(der: &[u8]) -> Option<PublicKey> {
    let (_, sequence) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(sequence.data).ok()?;
    let (rest, _key) = Any::from_der(rest).ok()?;
    let (inner, header) = Header::from_der(rest).ok()?;
    if header.tag() != Tag(0) {
        return None;
    }
    let curve = Oid::from_der(inner).ok().map(|(_, oid)| oid);
    Some(PublicKey::of_curve(curve.as_ref(), 0))
}
