//! The three files of a set.

use provost_core::tls::{ArtifactFile, RawTlsFiles};

use super::Issued;

/// What the three files of a set hold.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) key: Vec<u8>,
    pub(crate) chain: Vec<u8>,
    pub(crate) trusted: Option<Vec<u8>>,
}

impl Files {
    /// A set of PEM texts.
    pub(crate) fn new(key: &str, chain: &[&str], trusted: &[&str]) -> Self {
        Self {
            key: key.into(),
            chain: chain.concat().into(),
            trusted: Some(trusted.concat().into()),
        }
    }

    /// The first of the chain is the end entity, with its key.
    pub(crate) fn of(chain: &[&Issued], trusted: &[&Issued]) -> Self {
        let pem = |issued: &[&Issued]| issued.iter().map(|i| i.pem.clone()).collect::<String>();
        Self::new(
            &chain[0].key.serialize_pem(),
            &[&pem(chain)],
            &[&pem(trusted)],
        )
    }

    /// Without `trustedCertificates.pem`.
    pub(crate) fn untrusted(self) -> Self {
        Self {
            trusted: None,
            ..self
        }
    }

    /// With the key in another text.
    pub(crate) fn with_key(self, key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            ..self
        }
    }

    /// With the chain in another text.
    pub(crate) fn with_chain(self, chain: impl Into<Vec<u8>>) -> Self {
        Self {
            chain: chain.into(),
            ..self
        }
    }

    /// The files by name, those that are there.
    pub(crate) fn named(&self) -> Vec<(ArtifactFile, &[u8])> {
        let mut named = vec![
            (ArtifactFile::PrivateKey, &*self.key),
            (ArtifactFile::CertificateChain, &*self.chain),
        ];
        named.extend(
            self.trusted
                .iter()
                .map(|t| (ArtifactFile::TrustedCertificates, &**t)),
        );
        named
    }

    /// As they are handed to the host.
    pub(crate) fn raw(&self) -> RawTlsFiles {
        let mut raw = RawTlsFiles::default();
        for (file, bytes) in self.named() {
            raw.set(file, bytes.to_vec());
        }
        raw
    }
}
