//! The class `provost.keys.Kms`: a key in AWS KMS, named by the configuration.
//!
//! It holds no key and makes no call: it says which KMS key wraps, and with which entries in the
//! encryption context; the host asks KMS. It is the provider that Amazon EMR's guide describes,
//! and the shortest way to choose KMS keys by rules of one's own.

#![forbid(unsafe_code)]

mod provider;

pub use provider::KmsKey;

provost_plugin_api::export_providers! {
    materials "provost.keys.Kms" => KmsKey {
        conf: [
            "key_id" (required) "the KMS key that wraps: its ARN, or its id or alias in the host's own account and region",
            "decrypt_key_ids" () "keys that unwrap besides, with commas between them: those that key_id replaced, at most 7",
            "description" () "entries of the encryption context, as in team=payroll, site=berlin",
        ],
    };
}
