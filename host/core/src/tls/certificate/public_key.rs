//! What kind of key a certificate is for.

use std::fmt;

use x509_parser::asn1_rs::Oid;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_DSA, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

/// Kind and size of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// RSA (RFC 8017).
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// RSA that may sign with PSS alone.
    RsaPss,
    /// ECDSA over P-256.
    P256,
    /// ECDSA over P-384.
    P384,
    /// ECDSA over P-521.
    P521,
    /// ECDSA over another curve, or one whose parameters are written out.
    OtherCurve {
        /// The curve's object identifier, if it has one.
        oid: Option<String>,
        /// Bits of the key, as far as its length tells.
        bits: usize,
    },
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA.
    Dsa,
    /// Something else.
    Other {
        /// The algorithm's object identifier.
        oid: String,
    },
}

impl PublicKey {
    /// The kind of a whole key; none where an RSA key does not parse.
    pub(crate) fn read(spki: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let key = Self::of_algorithm(&spki.algorithm)?;
        Some(match key {
            Self::Rsa { .. } => match spki.parsed() {
                Ok(Parsed::RSA(key)) => Self::Rsa {
                    bits: bits(key.modulus),
                },
                _ => return None,
            },
            // An uncompressed point is one byte and two coordinates.
            Self::OtherCurve { oid, .. } => Self::OtherCurve {
                oid,
                bits: (spki.subject_public_key.data.len().saturating_sub(1) / 2) * 8,
            },
            other => other,
        })
    }

    /// The kind that an algorithm names; sizes are 0. None for a curve that is missing.
    pub(crate) fn of_algorithm(identifier: &AlgorithmIdentifier<'_>) -> Option<Self> {
        let algorithm = &identifier.algorithm;
        Some(if *algorithm == OID_PKCS1_RSAENCRYPTION {
            Self::Rsa { bits: 0 }
        } else if *algorithm == OID_PKCS1_RSASSAPSS {
            Self::RsaPss
        } else if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
            let parameters = identifier.parameters.as_ref()?;
            Self::of_curve(parameters.clone().oid().ok().as_ref(), 0)
        } else if *algorithm == OID_SIG_ED25519 {
            Self::Ed25519
        } else if *algorithm == OID_SIG_ED448 {
            Self::Ed448
        } else if *algorithm == OID_KEY_TYPE_DSA {
            Self::Dsa
        } else {
            Self::Other {
                oid: algorithm.to_id_string(),
            }
        })
    }

    /// The kind that a curve's object identifier names; without one, the parameters are written
    /// out.
    pub(crate) fn of_curve(oid: Option<&Oid<'_>>, bits: usize) -> Self {
        match oid {
            Some(oid) if *oid == OID_EC_P256 => Self::P256,
            Some(oid) if *oid == OID_NIST_EC_P384 => Self::P384,
            Some(oid) if *oid == OID_NIST_EC_P521 => Self::P521,
            oid => Self::OtherCurve {
                oid: oid.map(Oid::to_id_string),
                bits,
            },
        }
    }
}

/// Bits of a big-endian number.
fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let mut significant = significant.peekable();
    let leading = significant.peek().map_or(0, |byte| byte.leading_zeros());
    (significant.count() * 8).saturating_sub(leading as usize)
}

/// As people call it: `RSA-2048`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::RsaPss => f.write_str("RSASSA-PSS"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::P521 => f.write_str("P-521"),
            Self::OtherCurve { oid: Some(oid), .. } => write!(f, "EC over curve {oid}"),
            Self::OtherCurve { oid: None, .. } => f.write_str("EC with explicit parameters"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Dsa => f.write_str("DSA"),
            Self::Other { oid } => write!(f, "algorithm {oid}"),
        }
    }
}
