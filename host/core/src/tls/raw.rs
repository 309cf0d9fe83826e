//! A set of TLS artifacts before anything about it has been checked.

use provost_plugin_api::{RawTlsArtifacts, SecretBytes};

use super::finding::{ArtifactFile, Finding};

/// The three files, or what a provider returned in their place. A file that is not there is none.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RawTlsFiles {
    /// `privateKey.pem`.
    pub private_key: Option<SecretBytes>,
    /// `certificateChain.pem`.
    pub certificate_chain: Option<Vec<u8>>,
    /// `trustedCertificates.pem`.
    pub trusted_certificates: Option<Vec<u8>>,
    /// What was found while they were collected.
    pub findings: Vec<Finding>,
}

impl RawTlsFiles {
    /// The bytes of one file.
    pub fn get(&self, file: ArtifactFile) -> Option<&[u8]> {
        match file {
            ArtifactFile::PrivateKey => self.private_key.as_ref().map(SecretBytes::secret_bytes),
            ArtifactFile::CertificateChain => self.certificate_chain.as_deref(),
            ArtifactFile::TrustedCertificates => self.trusted_certificates.as_deref(),
        }
    }

    /// Sets the bytes of one file.
    pub fn set(&mut self, file: ArtifactFile, bytes: Vec<u8>) {
        match file {
            ArtifactFile::PrivateKey => self.private_key = Some(SecretBytes::new(bytes)),
            ArtifactFile::CertificateChain => self.certificate_chain = Some(bytes),
            ArtifactFile::TrustedCertificates => self.trusted_certificates = Some(bytes),
        }
    }
}

impl From<RawTlsArtifacts> for RawTlsFiles {
    fn from(artifacts: RawTlsArtifacts) -> Self {
        Self {
            private_key: Some(artifacts.private_key),
            certificate_chain: Some(artifacts.certificate_chain),
            trusted_certificates: artifacts.trusted_certificates,
            findings: Vec::new(),
        }
    }
}
