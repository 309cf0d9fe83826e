//! What a TLS artifacts provider returns, unvalidated.

use crate::{Attributes, SecretBytes};

/// TLS artifacts as a provider returned them: nothing about them has been checked.
#[derive(Debug)]
#[non_exhaustive]
pub struct RawTlsArtifacts {
    /// The private key, PEM, unencrypted.
    pub private_key: SecretBytes,
    /// The end-entity certificate and its intermediates, in order, PEM.
    pub certificate_chain: Vec<u8>,
    /// The trusted certificates, PEM. Needed when the chain does not lead to a default root.
    pub trusted_certificates: Option<Vec<u8>>,
    /// Which state of the provider's artifacts this is.
    pub generation: String,
    /// Facts that have no field yet.
    pub attributes: Attributes,
}

impl RawTlsArtifacts {
    /// Artifacts from PEM.
    pub fn from_pem(private_key: SecretBytes, certificate_chain: Vec<u8>) -> Self {
        Self {
            private_key,
            certificate_chain,
            trusted_certificates: None,
            generation: String::new(),
            attributes: Attributes::new(),
        }
    }

    /// Sets the trusted certificates, PEM.
    #[must_use]
    pub fn with_trusted_certificates(mut self, pem: Vec<u8>) -> Self {
        self.trusted_certificates = Some(pem);
        self
    }

    /// Sets the generation.
    #[must_use]
    pub fn with_generation(mut self, generation: impl Into<String>) -> Self {
        self.generation = generation.into();
        self
    }
}
