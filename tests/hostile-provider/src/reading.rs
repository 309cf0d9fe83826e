//! Providers that encrypt well and do not always decrypt.

use std::path::PathBuf;

use provost_plugin_api::{
    Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    ErrorKind, Provider, ProviderError, RawMaterials,
};

use crate::good::Good;

/// As [`Good`], but its backend is away for decryption as long as a file exists.
pub(crate) struct Away {
    good: Good,
    file: PathBuf,
}

impl Provider for Away {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        context.conf().require("while")?;
        Ok(Self {
            good: Good::new(context)?,
            file: context.conf().path("while").unwrap_or_default(),
        })
    }
}

impl EncryptionMaterialsProvider for Away {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        self.good.materials_for_encrypt(request)
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        if self.file.exists() {
            return Err(ProviderError::new(
                ErrorKind::Unavailable,
                "the backend is away",
            ));
        }
        self.good.materials_for_decrypt(request)
    }
}

/// As [`Good`], but whoever asks it to decrypt hears of it.
pub(crate) struct PanicOnDecrypt(Good);

impl Provider for PanicOnDecrypt {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Good::new(context).map(Self)
    }
}

impl EncryptionMaterialsProvider for PanicOnDecrypt {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        self.0.materials_for_encrypt(request)
    }

    fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
        panic!("hostile: asked to decrypt")
    }
}
