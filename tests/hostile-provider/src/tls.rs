//! A class of another kind.

use provost_plugin_api::{
    ClassContext, ErrorKind, Provider, ProviderError, RawTlsArtifacts, TlsArtifactsProvider,
    TlsRequest,
};

/// Has no artifacts; it is only there to be taken for a key provider.
pub(crate) struct Tls;

impl Provider for Tls {
    fn new(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }
}

impl TlsArtifactsProvider for Tls {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Err(ProviderError::new(ErrorKind::NotFound, "no artifacts"))
    }
}
