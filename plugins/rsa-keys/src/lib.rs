//! The class `provost.keys.Rsa`: one RSA key pair from files.
//!
//! The public half encrypts, the private half decrypts; a node without the private half only
//! writes. Configuration keys and description are those of Amazon EMR's sample provider
//! `RSAEncryptionMaterialsProvider`, so that its objects and its configuration go on working.

#![forbid(unsafe_code)]

mod key_encoding;
mod provider;

pub use key_encoding::{EncodingError, Half, to_der};
pub use provider::{NAME_ENTRY, RsaKeys};
