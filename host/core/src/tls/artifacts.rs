//! TLS artifacts that hold: what may be installed.

use std::fmt;

use provost_plugin_api::SecretBytes;

use super::finding::{ArtifactFile, Finding, Severity};
use super::pem;
use super::policy::TlsPolicy;
use super::raw::RawTlsFiles;
use super::{Certificate, PublicKey, examine};

/// TLS artifacts that hold under a [`TlsPolicy`]: the only way to them is [`validate`](Self::validate).
///
/// What they are written from is what was checked: PEM with one line end, in blocks, and nothing
/// around the blocks.
pub struct TlsArtifacts {
    pub(super) private_key: SecretBytes,
    pub(super) key: PublicKey,
    pub(super) chain: Vec<Certificate>,
    pub(super) trusted: Vec<Certificate>,
}

/// What was found about a set, and the set itself if it holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The artifacts, unless a finding is an error.
    pub artifacts: Option<TlsArtifacts>,
    /// What was found.
    pub report: Report,
}

/// What was found about a set of artifacts.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
    /// The certificates of the chain that parse, in the order of the file.
    pub chain: Vec<Certificate>,
    /// The trusted certificates that parse, in the order of the file.
    pub trusted: Vec<Certificate>,
    /// The trust anchor that the chain leads to. It may be one of [`trusted`](Self::trusted).
    pub anchor: Option<Certificate>,
}

impl Report {
    /// Looks at a chain alone, with the rules that need neither files nor a key.
    pub fn of_chain(
        chain: Vec<Certificate>,
        trusted: Option<Vec<Certificate>>,
        policy: &TlsPolicy,
    ) -> Self {
        examine::examine_chain(chain, trusted, policy)
    }

    /// What is refused.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.of(Severity::Error)
    }

    /// What deserves a look.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.of(Severity::Warning)
    }

    /// Whether the set holds.
    pub fn is_accepted(&self) -> bool {
        self.errors().next().is_none()
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.severity == severity)
    }
}

impl TlsArtifacts {
    /// Looks at a set with every rule.
    pub fn validate(raw: RawTlsFiles, policy: &TlsPolicy) -> Verdict {
        examine::examine(raw, policy)
    }

    /// What kind of key it is.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The end-entity certificate, then its intermediates in order.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The trusted certificates.
    pub fn trusted(&self) -> &[Certificate] {
        &self.trusted
    }

    /// One of the files as it is installed. There is none for trusted certificates that were not
    /// given.
    pub fn pem(&self, file: ArtifactFile) -> Option<SecretBytes> {
        let certificates = |certificates: &[Certificate]| {
            let blocks = certificates
                .iter()
                .map(|c| pem::write("CERTIFICATE", c.der()));
            SecretBytes::new(blocks.collect::<Vec<_>>().concat())
        };
        match file {
            ArtifactFile::PrivateKey => {
                Some(SecretBytes::new(self.private_key.secret_bytes().to_vec()))
            }
            ArtifactFile::CertificateChain => Some(certificates(&self.chain)),
            ArtifactFile::TrustedCertificates => {
                (!self.trusted.is_empty()).then(|| certificates(&self.trusted))
            }
        }
    }
}

/// Without the key.
impl fmt::Debug for TlsArtifacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            private_key: _,
            key,
            chain,
            trusted,
        } = self;
        let names = |certificates: &[Certificate]| -> Vec<String> {
            certificates.iter().map(Certificate::name).collect()
        };
        f.debug_struct("TlsArtifacts")
            .field("key", key)
            .field("chain", &names(chain))
            .field("trusted", &names(trusted))
            .finish_non_exhaustive()
    }
}
