//! PKCS#12 stores (RFC 7292).

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;

use super::Contents;
use crate::tls::roots::RootsError;
use crate::tls::shown;

const KIND: &str = "PKCS#12";

/// A certificate is trusted if it carries Java's attribute that says so, as in Java. The archive
/// is read rather than the crate's key store, whose names cost more the more of them are the same.
pub(super) fn read(bytes: &[u8], password: &str) -> Result<Contents, RootsError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|error| match error {
        Error::MacError(_) => RootsError::Password { kind: KIND },
        Error::InvalidParameters => {
            unreadable("parameters of its encryption are wrong, or ask for too much work")
        }
        other => unreadable(&other.to_string()),
    })?;
    let (trusted, others): (Vec<_>, Vec<_>) =
        archive.certs.into_iter().partition(|bag| bag.trusted);
    Ok(Contents {
        trusted: trusted
            .into_iter()
            .map(|bag| bag.cert.as_der().to_vec())
            .collect(),
        others: others.len(),
    })
}

fn unreadable(what: &str) -> RootsError {
    RootsError::Unreadable {
        kind: KIND,
        what: shown(what),
    }
}
