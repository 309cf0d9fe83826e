//! A provider of one AES key, which the operator configures.
#![forbid(unsafe_code)]

use provost_plugin_api::{
    Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    MaterialsDescription, Provider, ProviderError, RawMaterials, SecretBytes, export_providers,
};

struct OneKey(SecretBytes);

impl Provider for OneKey {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let key = context.conf().require_secret("key")?;
        if key.len() != 32 {
            let message = format!("`key` has {} bytes, expected 32", key.len());
            return Err(ProviderError::configuration("key", message));
        }
        Ok(Self(SecretBytes::copy_from(key)))
    }
}

impl EncryptionMaterialsProvider for OneKey {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        let description = MaterialsDescription::new().with("key-name", "one");
        Ok(RawMaterials::symmetric(self.0.clone_secret()).with_description(description))
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let description = request.description.clone().unwrap_or_default();
        if description.get("key-name") != Some("one") {
            return Err(ProviderError::not_found("the object's key is not this one"));
        }
        let materials = RawMaterials::symmetric(self.0.clone_secret());
        Ok(materials.with_description(description).into())
    }
}

export_providers! {
    materials "com.example.keys.OneKey" => OneKey {
        conf: ["key" (required, secret) "the AES key, 32 bytes"],
    };
}
