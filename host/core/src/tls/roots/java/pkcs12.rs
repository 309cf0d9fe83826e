//! PKCS#12 stores (RFC 7292).

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;

use super::Contents;
use crate::tls::roots::RootsError;
use crate::tls::shown;

const KIND: &str = "PKCS#12";
/// scrypt, 1.3.6.1.4.1.11591.4.11 (RFC 7914, section 7), as DER has it.
const SCRYPT: &[u8] = &[
    0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b,
];

/// The crate takes scrypt with up to 1 GiB of memory, which a store of 200 bytes can ask for, and
/// no deadline gives it back in time. Java writes no scrypt: a store that names it is refused
/// before anything is read. Keys within an encrypted part are decrypted too, and what they name is
/// seen by the crate only: whoever writes such a part can still ask for that much, once at a time.
///
/// A certificate is trusted if it carries Java's attribute that says so, as in Java. The archive
/// is read rather than the crate's key store, whose names cost more the more of them are the same.
pub(super) fn read(bytes: &[u8], password: &str) -> Result<Contents, RootsError> {
    if bytes.windows(SCRYPT.len()).any(|window| window == SCRYPT) {
        return Err(unreadable(
            "it names scrypt, which takes as much memory as a store likes, expected PBKDF2 or \
             the derivation of PKCS#12, as Java writes",
        ));
    }
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
