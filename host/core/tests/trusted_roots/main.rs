//! Default trusted roots, from files that Java's and OpenSSL's own tools made.

#![allow(clippy::unwrap_used)] // in helpers of tests, too

mod damaged;
mod made;
mod pem;
mod stores;

use std::collections::BTreeSet;

use provost_core::tls::{DefaultRoots, JAVA_PASSWORD, RootsError};

/// SHA-256 fingerprints as `keytool` writes them.
type Fingerprints = BTreeSet<String>;

fn fingerprints(roots: &DefaultRoots) -> Fingerprints {
    roots.roots().iter().map(|c| fingerprint(c.der())).collect()
}

fn fingerprint(der: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    let bytes: Vec<String> = digest.as_ref().iter().map(|b| format!("{b:02X}")).collect();
    bytes.join(":")
}

fn read(store: &[u8]) -> Result<DefaultRoots, RootsError> {
    DefaultRoots::from_java_keystore("cacerts", store, JAVA_PASSWORD)
}

#[track_caller]
fn refused(result: Result<DefaultRoots, RootsError>) -> RootsError {
    result.map(|roots| fingerprints(&roots)).unwrap_err()
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in {text:?}");
}
