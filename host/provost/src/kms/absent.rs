//! In a build without the feature `aws`, KMS is not there.

use provost_core::config::KmsSettings;
use provost_plugin_api::{MaterialsDescription, SecretBytes};

use super::{Answer, KmsFailure};

#[derive(Debug)]
pub(super) struct Sdk;

// As asynchronous as the SDK's.
#[allow(clippy::unused_async)]
impl Sdk {
    pub(super) fn new(_: KmsSettings) -> Self {
        Self
    }

    pub(super) async fn own_region(&self) -> Option<String> {
        None
    }

    #[allow(clippy::unused_self)]
    pub(super) fn place(&self, _: Option<&str>) -> String {
        "no endpoint".to_owned()
    }

    pub(super) async fn generate(
        &self,
        _: Option<&str>,
        _: &str,
        _: &MaterialsDescription,
    ) -> Result<Answer<(SecretBytes, Vec<u8>)>, KmsFailure> {
        Err(KmsFailure::NotBuilt)
    }

    pub(super) async fn encrypt(
        &self,
        _: Option<&str>,
        _: &str,
        _: &MaterialsDescription,
        _: &SecretBytes,
    ) -> Result<Answer<Vec<u8>>, KmsFailure> {
        Err(KmsFailure::NotBuilt)
    }

    pub(super) async fn decrypt(
        &self,
        _: Option<&str>,
        _: &str,
        _: &MaterialsDescription,
        _: &[u8],
    ) -> Result<Answer<SecretBytes>, KmsFailure> {
        Err(KmsFailure::NotBuilt)
    }
}
