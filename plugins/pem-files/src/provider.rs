//! The provider: one set of artifacts for every node that asks.

use provost_key_files::Loaded;
use provost_plugin_api::{
    Call, ClassContext, Provider, ProviderError, RawTlsArtifacts, Status, TlsArtifactsProvider,
    TlsRequest,
};

use crate::artifacts::{Artifacts, Files};

/// TLS artifacts from PEM files.
pub struct PemFiles {
    context: ClassContext,
    files: Files,
    artifacts: Loaded<Artifacts>,
}

impl Provider for PemFiles {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let files = Files::configured(context.conf())?;
        Ok(Self {
            context: context.clone(),
            artifacts: Loaded::new(files.load()?),
            files,
        })
    }

    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        self.artifacts.refresh(&self.context, || self.files.load())
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(self.artifacts.status(|artifacts| {
            let mut status = Status::healthy(artifacts.generation.as_str());
            let also = match artifacts.trusted_certificates {
                Some(_) => "trusted certificates",
                None => "no trusted certificates",
            };
            status.message = format!("a private key, its certificate chain, and {also}");
            status
        }))
    }
}

impl TlsArtifactsProvider for PemFiles {
    fn tls_artifacts(&self, _request: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        let artifacts = self.artifacts.get();
        let mut answer = RawTlsArtifacts::from_pem(
            artifacts.private_key.clone_secret(),
            artifacts.certificate_chain.clone(),
        )
        .with_generation(artifacts.generation.as_str());
        answer
            .trusted_certificates
            .clone_from(&artifacts.trusted_certificates);
        Ok(answer)
    }
}
