//! Roots from Java's `cacerts`: a JKS store in Java before 18, PKCS#12 since.

mod jks;
mod pkcs12;

use super::error::AS_PEM;
use super::{DefaultRoots, RootsError};
use crate::tls::{Certificate, limits};

/// The password that the `cacerts` of every Java has. It keeps no secret; it is what the store's
/// digest is made with.
pub const JAVA_PASSWORD: &str = "changeit";

/// What a store is, by its first bytes.
pub(super) enum Kind {
    Jks,
    Pkcs12,
}

impl Kind {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xfe, 0xed, 0xfe, 0xed, ..] => Some(Self::Jks),
            // A sequence, DER, which is also how a certificate begins.
            [0x30, ..] if Certificate::parse(bytes).is_err() => Some(Self::Pkcs12),
            _ => None,
        }
    }
}

/// What a store has in it.
struct Contents {
    /// Certificates, DER, that are entries of their own and trusted.
    trusted: Vec<Vec<u8>>,
    /// How many others there are: those of private keys, and ones that nothing says trust of.
    others: usize,
}

impl DefaultRoots {
    /// The trusted certificates of a Java key store: JKS, or PKCS#12 with or without a password.
    /// `password` is ASCII.
    ///
    /// A PKCS#12 store says itself how much work it is to read, and can make it much: a million
    /// rounds for each of its parts are accepted. Not all of them can be counted before the store
    /// is decrypted, so whoever cannot wait sets a deadline: rounds take time and no memory.
    pub fn from_java_keystore(
        name: impl Into<String>,
        bytes: &[u8],
        password: &str,
    ) -> Result<Self, RootsError> {
        if bytes.len() > limits::KEY_STORE {
            return Err(RootsError::TooLarge {
                at_most: limits::KEY_STORE,
                got: bytes.len(),
            });
        }
        let contents = match Kind::of(bytes) {
            Some(Kind::Jks) => jks::read(bytes, password)?,
            Some(Kind::Pkcs12) => pkcs12::read(bytes, password)?,
            None => return Err(not_a_store(bytes)),
        };
        if contents.trusted.is_empty() && contents.others > 0 {
            return Err(RootsError::NoneTrusted {
                count: contents.others,
            });
        }
        Self::from_der(name, contents.trusted.iter().map(Vec::as_slice)).not_empty()
    }
}

fn not_a_store(bytes: &[u8]) -> RootsError {
    let pem = b"-----BEGIN ";
    let (found, hint) = match bytes {
        [] => ("empty".to_owned(), "name the key store itself"),
        [0x30, ..] => (
            "a certificate, DER".to_owned(),
            "turn it into PEM: `openssl x509 -inform der -in FILE -out roots.pem`, and name \
             `pem:roots.pem`",
        ),
        [0xce, 0xce, 0xce, 0xce, ..] => ("a JCEKS store".to_owned(), AS_PEM),
        _ if bytes.windows(pem.len()).any(|window| window == pem) => (
            "PEM text".to_owned(),
            "write pem:PATH in place of cacerts:PATH",
        ),
        [a, b, c, d, ..] => (
            format!("something that begins with {a:02x}{b:02x}{c:02x}{d:02x}"),
            AS_PEM,
        ),
        _ => (format!("{} bytes", bytes.len()), AS_PEM),
    };
    RootsError::NotAStore { found, hint }
}
