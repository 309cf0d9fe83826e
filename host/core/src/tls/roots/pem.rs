//! Roots from a PEM file, such as the bundle of a system.

use super::java::Kind;
use super::{DefaultRoots, RootsError};
use crate::tls::finding::{ArtifactFile, Severity};
use crate::tls::{limits, pem};

impl DefaultRoots {
    /// The certificates of a PEM file. What is no error in a set's own trusted certificates, such as
    /// text between the blocks, is none here.
    pub fn from_pem(name: impl Into<String>, bytes: &[u8]) -> Result<Self, RootsError> {
        if bytes.len() > limits::TRUSTED_FILE {
            return Err(RootsError::TooLarge {
                at_most: limits::TRUSTED_FILE,
                got: bytes.len(),
            });
        }
        let mut findings = Vec::new();
        let blocks = pem::read(ArtifactFile::TrustedCertificates, bytes, &mut findings);
        let mut findings = findings.into_iter();
        if let Some(error) = findings.find(|f| f.severity == Severity::Error) {
            // The name that the file would have in a set is not the one that it has here.
            let renamed =
                |text: &str| text.replace(ArtifactFile::TrustedCertificates.name(), "FILE");
            let hint = match Kind::of(bytes) {
                Some(_) => Some("write cacerts:PATH in place of pem:PATH".to_owned()),
                None => error.hint.as_deref().map(renamed),
            };
            return Err(RootsError::Pem {
                line: error.place.line,
                message: renamed(&error.message),
                hint,
            });
        }
        let roots = blocks
            .iter()
            .filter(|block| block.kind == pem::Kind::Certificate);
        Self::from_der(name, roots.map(|block| block.der.as_slice())).not_empty()
    }
}
