//! What a worker can be asked, and what it answers.

use provost_plugin_api::{
    Call, DecryptRequest, EncryptRequest, GenerateRequest, RawMaterials, RawTlsArtifacts,
    SecretBytes, Status, TlsRequest, UnwrapRequest, WrapRequest, Wrapped,
};

/// A call of a provider's method, on borrowed requests: it may be sent twice.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Request<'a> {
    /// [`Provider::refresh`](provost_plugin_api::Provider::refresh).
    Refresh(&'a Call),
    /// [`Provider::status`](provost_plugin_api::Provider::status).
    Status(&'a Call),
    /// `EncryptionMaterialsProvider::materials_for_encrypt`.
    MaterialsForEncrypt(&'a EncryptRequest),
    /// `EncryptionMaterialsProvider::materials_for_decrypt`.
    MaterialsForDecrypt(&'a DecryptRequest),
    /// `EncryptionMaterialsProvider::generate_data_key`.
    GenerateDataKey(&'a GenerateRequest),
    /// `EncryptionMaterialsProvider::wrap`.
    Wrap(&'a WrapRequest),
    /// `EncryptionMaterialsProvider::unwrap`.
    Unwrap(&'a UnwrapRequest),
    /// `TlsArtifactsProvider::tls_artifacts`.
    TlsArtifacts(&'a TlsRequest),
}

/// A provider's answer, of the variant that belongs to the [`Request`]: well formed, not validated.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// To [`Request::Refresh`].
    Refreshed,
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::MaterialsForEncrypt`].
    Materials(RawMaterials),
    /// To [`Request::MaterialsForDecrypt`]: one to [`MAX`](provost_plugin_api::Candidates::MAX).
    Candidates(Vec<RawMaterials>),
    /// To [`Request::GenerateDataKey`].
    DataKey(SecretBytes, Wrapped),
    /// To [`Request::Wrap`].
    Wrapped(Wrapped),
    /// To [`Request::Unwrap`].
    Unwrapped(SecretBytes),
    /// To [`Request::TlsArtifacts`].
    TlsArtifacts(RawTlsArtifacts),
}

impl<'a> Request<'a> {
    /// The method's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refresh(_) => "refresh",
            Self::Status(_) => "status",
            Self::MaterialsForEncrypt(_) => "materials_for_encrypt",
            Self::MaterialsForDecrypt(_) => "materials_for_decrypt",
            Self::GenerateDataKey(_) => "generate_data_key",
            Self::Wrap(_) => "wrap",
            Self::Unwrap(_) => "unwrap",
            Self::TlsArtifacts(_) => "tls_artifacts",
        }
    }

    /// Request id, time left and attributes. A worker is told the time that really is left.
    pub fn call(&self) -> &'a Call {
        match self {
            Self::Refresh(call) | Self::Status(call) => call,
            Self::MaterialsForEncrypt(request) => &request.call,
            Self::MaterialsForDecrypt(request) => &request.call,
            Self::GenerateDataKey(request) => &request.call,
            Self::Wrap(request) => &request.call,
            Self::Unwrap(request) => &request.call,
            Self::TlsArtifacts(request) => &request.call,
        }
    }

    pub(crate) fn is_answered_by(&self, answer: &Answer) -> bool {
        matches!(
            (self, answer),
            (Self::Refresh(_), Answer::Refreshed)
                | (Self::Status(_), Answer::Status(_))
                | (Self::MaterialsForEncrypt(_), Answer::Materials(_))
                | (Self::MaterialsForDecrypt(_), Answer::Candidates(_))
                | (Self::GenerateDataKey(_), Answer::DataKey(..))
                | (Self::Wrap(_), Answer::Wrapped(_))
                | (Self::Unwrap(_), Answer::Unwrapped(_))
                | (Self::TlsArtifacts(_), Answer::TlsArtifacts(_))
        )
    }
}
