//! The class `provost.tls.PemFiles`: TLS artifacts from PEM files.
//!
//! The files are read when the provider is built and again when it is refreshed, all of them as
//! they were at one moment. What is in them is the host's to judge: this provider only looks at
//! sizes and modes.

#![forbid(unsafe_code)]

mod artifacts;
mod provider;

pub use provider::PemFiles;

provost_plugin_api::export_providers! {
    tls "provost.tls.PemFiles" => PemFiles {
        conf: [
            "private_key" (required) "the private key, PEM, not encrypted: the absolute path of a file",
            "certificate_chain" (required) "the certificate and its intermediates, in order, PEM: the absolute path of a file",
            "trusted_certificates" () "the certificates to trust, PEM: the absolute path of a file; absent where the chain leads to a default root",
        ],
        needs: [files],
    };
}
