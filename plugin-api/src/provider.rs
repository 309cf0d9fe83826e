//! The traits that a provider author implements.

use crate::{
    Call, Candidates, ClassContext, DecryptRequest, EncryptRequest, GenerateRequest, ProviderError,
    RawMaterials, RawTlsArtifacts, SecretBytes, Status, TlsRequest, UnwrapRequest, WrapRequest,
    Wrapped,
};

/// What every provider class is.
///
/// # Contract
///
/// - Methods are called from many threads at once.
/// - There is one instance for each class and configuration, but it may be built more than once,
///   in one process or several, and `Drop` may never run.
/// - The only call back into the host is [`ClassContext::log`].
/// - There is no cancellation: an answer that comes after [`Call::remaining`] is discarded.
/// - A panic is caught and reported as [`ErrorKind::Internal`](crate::ErrorKind::Internal); the
///   instance goes on being used.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider",
    label = "does not implement `Provider`",
    note = "implement `Provider`, and `EncryptionMaterialsProvider` or `TlsArtifactsProvider`"
)]
pub trait Provider: Send + Sync + Sized + 'static {
    /// Builds the provider from its configuration.
    fn new(context: &ClassContext) -> Result<Self, ProviderError>;

    /// Reloads keys or artifacts: all or nothing, so that a failure keeps the old state.
    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Health and generation; performs no key operation.
    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(Status::healthy(""))
    }
}

/// A provider of keys for data at rest.
///
/// # Contract
///
/// - What [`materials_for_encrypt`](Self::materials_for_encrypt) returned must be found again by
///   [`materials_for_decrypt`](Self::materials_for_decrypt), in another process, from nothing but
///   the description returned: the host proves it before the first write.
/// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) on decryption makes the host call
///   [`Provider::refresh`] once and ask again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider of keys",
    label = "does not implement `EncryptionMaterialsProvider`",
    note = "a class that is declared `materials` needs it; one of TLS artifacts is declared `tls`"
)]
pub trait EncryptionMaterialsProvider: Provider {
    /// The materials to encrypt with, newest generation.
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError>;

    /// The materials that decrypt what was stored with this description.
    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError>;

    /// Makes and wraps a data key, for provider-held keys. Unsupported by default: the host then
    /// makes the data key itself and asks [`wrap`](Self::wrap).
    fn generate_data_key(
        &self,
        _request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderError> {
        Err(ProviderError::unsupported("generate_data_key"))
    }

    /// Wraps bytes with a provider-held key. Unsupported by default.
    fn wrap(&self, _request: &WrapRequest) -> Result<Wrapped, ProviderError> {
        Err(ProviderError::unsupported("wrap"))
    }

    /// Unwraps bytes with a provider-held key. Unsupported by default.
    fn unwrap(&self, _request: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        Err(ProviderError::unsupported("unwrap"))
    }
}

/// A provider of TLS artifacts for data in transit.
///
/// # Contract
///
/// - The same node gets the same artifacts, byte for byte and under the same generation, until the
///   provider is refreshed: the host asks twice, and refuses two different answers. A provider
///   whose backend issues a certificate each time keeps what was issued, and replaces it in
///   [`Provider::refresh`].
/// - Private key and chain have at most 1 MiB each, the trusted certificates 4 MiB.
/// - What is in them is validated by the host, as it validates a zip; nothing needs to be checked
///   here.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a provider of TLS artifacts",
    label = "does not implement `TlsArtifactsProvider`",
    note = "a class that is declared `tls` needs it; one of keys is declared `materials`"
)]
pub trait TlsArtifactsProvider: Provider {
    /// The artifacts that the node of [`TlsRequest::node_names`] shall use: the same until
    /// [`refresh`](Provider::refresh).
    fn tls_artifacts(&self, request: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError>;
}
