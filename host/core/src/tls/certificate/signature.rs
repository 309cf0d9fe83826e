//! How certificates are signed, and whether a signature verifies.

use std::fmt;

use aws_lc_rs::signature::{self as aws, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::signature_algorithm::{RsaSsaPssParams, SignatureAlgorithm as Parsed};
use x509_parser::x509::AlgorithmIdentifier;

use super::{Certificate, PublicKey};

/// The hash that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// MD2: broken.
    Md2,
    /// MD5: broken.
    Md5,
    /// SHA-1: broken for signatures.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a certificate was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSA PKCS #1 v1.5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, with MGF1 over the same hash.
    RsaPss(Hash),
    /// ECDSA.
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// Something that is not verified here.
    Other {
        /// Its object identifier.
        oid: String,
    },
}

impl SignatureAlgorithm {
    pub(super) fn read(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        let oid = algorithm.algorithm.to_id_string();
        let other = || Self::Other { oid: oid.clone() };
        match oid.as_str() {
            "1.2.840.113549.1.1.2" => Self::RsaPkcs1(Hash::Md2),
            "1.2.840.113549.1.1.4" => Self::RsaPkcs1(Hash::Md5),
            "1.2.840.113549.1.1.5" => Self::RsaPkcs1(Hash::Sha1),
            "1.2.840.113549.1.1.14" => Self::RsaPkcs1(Hash::Sha224),
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(Hash::Sha256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(Hash::Sha384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(Hash::Sha512),
            "1.2.840.10045.4.1" => Self::Ecdsa(Hash::Sha1),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Hash::Sha224),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Hash::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Hash::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Hash::Sha512),
            "1.3.101.112" => Self::Ed25519,
            "1.2.840.113549.1.1.10" => match Parsed::try_from(algorithm) {
                Ok(Parsed::RSASSA_PSS(parameters)) => {
                    pss_hash(&parameters).map_or_else(other, Self::RsaPss)
                }
                _ => other(),
            },
            _ => other(),
        }
    }

    /// The hash, where one is chosen.
    pub fn hash(&self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => Some(*hash),
            Self::Ed25519 | Self::Other { .. } => None,
        }
    }

    /// Whether such signatures are verified here, if they are by `key`.
    pub(super) fn is_verifiable_with(&self, key: &PublicKey) -> bool {
        self.verifier(key).is_some()
    }

    pub(super) fn verify(&self, issuer: &Certificate, tbs: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = self.verifier(issuer.public_key()) else {
            return false;
        };
        // aws-lc takes a whole SubjectPublicKeyInfo, parameters included.
        UnparsedPublicKey::new(algorithm, issuer.spki())
            .verify(tbs, signature)
            .is_ok()
    }

    fn verifier(&self, key: &PublicKey) -> Option<&'static dyn VerificationAlgorithm> {
        use Hash::{Sha1, Sha256, Sha384, Sha512};
        Some(match (self, key) {
            // Small keys are a finding of their own; whether a signature verifies is another.
            (Self::RsaPkcs1(hash), PublicKey::Rsa { bits }) => match (hash, bits) {
                (Sha1, 1024..=8192) => &aws::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
                (Sha256, 1024..=8192) => &aws::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
                (Sha384, 2048..=8192) => &aws::RSA_PKCS1_2048_8192_SHA384,
                (Sha512, 1024..=8192) => &aws::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
                _ => return None,
            },
            (Self::RsaPss(hash), PublicKey::RsaPss | PublicKey::Rsa { bits: 2048..=8192 }) => {
                match hash {
                    Sha256 => &aws::RSA_PSS_2048_8192_SHA256,
                    Sha384 => &aws::RSA_PSS_2048_8192_SHA384,
                    Sha512 => &aws::RSA_PSS_2048_8192_SHA512,
                    _ => return None,
                }
            }
            (Self::Ecdsa(hash), key) => match (key, hash) {
                (PublicKey::P256, Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
                (PublicKey::P256, Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
                (PublicKey::P256, Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
                (PublicKey::P384, Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
                (PublicKey::P384, Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
                (PublicKey::P384, Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
                (PublicKey::P521, Sha1) => &aws::ECDSA_P521_SHA1_ASN1,
                (PublicKey::P521, Sha256) => &aws::ECDSA_P521_SHA256_ASN1,
                (PublicKey::P521, Sha384) => &aws::ECDSA_P521_SHA384_ASN1,
                (PublicKey::P521, Sha512) => &aws::ECDSA_P521_SHA512_ASN1,
                _ => return None,
            },
            (Self::Ed25519, PublicKey::Ed25519) => &aws::ED25519,
            _ => return None,
        })
    }
}

/// The hash of PSS parameters whose mask generation uses the same one (RFC 4055, section 3.1).
fn pss_hash(parameters: &RsaSsaPssParams<'_>) -> Option<Hash> {
    let mask = parameters.mask_gen_algorithm().ok()?;
    let hash = match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => Hash::Sha256,
        "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
        "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
        _ => return None,
    };
    (mask.hash == *parameters.hash_algorithm_oid()).then_some(hash)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// As people call it: `RSA with SHA-256`.
impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(hash) => write!(f, "RSA with {hash}"),
            Self::RsaPss(hash) => write!(f, "RSASSA-PSS with {hash}"),
            Self::Ecdsa(hash) => write!(f, "ECDSA with {hash}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other { oid } => write!(f, "algorithm {oid}"),
        }
    }
}
