//! SHA-256 of a library: the name of its bytes.

use aws_lc_rs::digest::{SHA256, digest};
use provost_core::config::Sha256Digest;

/// The digest of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    let mut value = [0; 32];
    value.copy_from_slice(digest(&SHA256, bytes).as_ref());
    Sha256Digest::from_bytes(value)
}
