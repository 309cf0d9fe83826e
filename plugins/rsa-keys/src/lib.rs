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

provost_plugin_api::export_providers! {
    materials "provost.keys.Rsa" => RsaKeys {
        conf: [
            "fs.s3.cse.rsa.name" (required) "the key pair's name, stored with every object",
            "fs.s3.cse.rsa.public" (required) "the public half, SPKI as PEM or DER: the absolute path of a file",
            "fs.s3.cse.rsa.private" () "the private half, PKCS#8 as PEM or DER: the absolute path of a file; absent on nodes that only write",
        ],
        needs: [files],
    };
}
