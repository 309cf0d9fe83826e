//! A private key: its kind, whether its parts belong together, and its public half.

mod kind;

use super::certificate::{Certificate, PublicKey};
use super::evp::private_key as evp;
use super::pem::{Block, Kind};

/// A private key that parses and whose parts belong together. The key itself stays in the block
/// it was read from.
#[derive(Debug, Clone)]
pub(super) struct PrivateKey {
    pub(super) key: PublicKey,
    spki: Vec<u8>,
}

/// Why a private key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PrivateKeyError {
    /// Not what its label says.
    #[error("it does not parse as {}", expected.shown())]
    Malformed {
        /// What its label says.
        expected: Kind,
        /// What it is, if it is a key of another encoding.
        found: Option<Kind>,
    },
    /// PKCS#8 of a later version (RFC 5958, section 2), with the public half behind the key.
    #[error("it is PKCS#8 of version {got}, which OpenSSL 3.0 does not read: expected version 1")]
    Version {
        /// Counted from 1.
        got: u8,
    },
    /// Bytes behind its end.
    #[error("bytes follow the key")]
    Trailing,
    /// A type that the engines do not load.
    #[error("{key} is not supported")]
    Unsupported {
        /// The type.
        key: PublicKey,
    },
    /// Its parts do not belong together.
    #[error("its parts do not belong together")]
    Inconsistent,
}

impl PrivateKey {
    pub(super) fn parse(block: &Block) -> Result<Self, PrivateKeyError> {
        let expected = block.kind;
        let named = kind::named(expected, &block.der);
        if let Some(key) = named.clone().filter(|key| !is_supported(key)) {
            return Err(PrivateKeyError::Unsupported { key });
        }
        if let Some(got @ 2..) = kind::version(expected, &block.der) {
            return Err(PrivateKeyError::Version { got });
        }
        let spki = evp::public_half(expected, &block.der).map_err(|refusal| match refusal {
            evp::Refusal::Inconsistent => PrivateKeyError::Inconsistent,
            evp::Refusal::Trailing => PrivateKeyError::Trailing,
            evp::Refusal::Malformed => PrivateKeyError::Malformed {
                expected,
                found: [Kind::Pkcs8, Kind::Pkcs1, Kind::Sec1]
                    .into_iter()
                    .filter(|kind| *kind != expected)
                    .find(|kind| evp::public_half(*kind, &block.der).is_ok()),
            },
        })?;
        // What aws-lc wrote is what it read: a key of a kind that was let pass above.
        let key = kind::of_spki(&spki).filter(is_supported);
        let key = key.ok_or(PrivateKeyError::Malformed {
            expected,
            found: None,
        })?;
        Ok(Self { key, spki })
    }

    /// `SubjectPublicKeyInfo`, DER.
    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether the certificate is for this key.
    pub(super) fn is_of(&self, certificate: &Certificate) -> bool {
        self.spki == certificate.spki() || evp::is_same_public_key(&self.spki, certificate.spki())
    }
}

/// What the engines load. RSASSA-PSS keys, other curves and Ed448 are what Java or OpenSSL of some
/// engine refuses.
fn is_supported(key: &PublicKey) -> bool {
    matches!(
        key,
        PublicKey::Rsa { .. }
            | PublicKey::P256
            | PublicKey::P384
            | PublicKey::P521
            | PublicKey::Ed25519
    )
}

impl Kind {
    /// As people call it.
    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Certificate => "a certificate",
            Self::Pkcs8 => "PKCS#8 (`PRIVATE KEY`)",
            Self::Pkcs1 => "PKCS#1 (`RSA PRIVATE KEY`)",
            Self::Sec1 => "SEC 1 (`EC PRIVATE KEY`)",
        }
    }
}
