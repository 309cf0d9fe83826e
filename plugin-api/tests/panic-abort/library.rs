//! Good but for the panic strategy that it is compiled with.
#![forbid(unsafe_code)]

use provost_plugin_api::*;

struct Keys;

impl Provider for Keys {
    fn new(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }
}

impl TlsArtifactsProvider for Keys {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Err(ProviderError::not_found("none"))
    }
}

export_providers! {
    tls "com.example.Keys" => Keys;
}
