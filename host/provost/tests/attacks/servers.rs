//! The servers that these tests need.

use std::fs;

use serde::Deserialize;

/// An S3 server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Takes each signature for right, keeps whatever it is given, has versions and tags.
    Lenient,
    /// Checks signatures, checksums and the least size of parts.
    Strict,
}

/// Both, for tests that do not depend on which.
pub(crate) const BOTH: [Server; 2] = [Server::Lenient, Server::Strict];

impl Server {
    pub(crate) fn endpoint(self) -> String {
        variable(match self {
            Self::Lenient => "PROVOST_TEST_S3_ENDPOINT",
            Self::Strict => "PROVOST_TEST_S3_STRICT_ENDPOINT",
        })
    }
}

/// Where KMS is.
pub(crate) fn kms_endpoint() -> String {
    variable("PROVOST_TEST_KMS_ENDPOINT")
}

/// One line of what the KMS server was asked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KmsCall {
    pub(crate) key_id: Option<String>,
    pub(crate) ciphertext: Option<String>,
}

/// What the KMS server was asked so far, by all tests.
pub(crate) fn kms_calls() -> Vec<KmsCall> {
    let log = fs::read_to_string(variable("PROVOST_TEST_KMS_LOG")).unwrap();
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A variable that `tests/interop/run` sets.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `bash tests/interop/run`, which starts the servers")
    })
}
