//! What a library implements, in this interface's types.

use super::{
    CallRef, CandidatesAnswer, ContextRef, DecryptRef, EncryptRef, ErrorAnswer, GenerateAnswer,
    GenerateRef, MaterialsAnswer, RefreshAnswer, StatusAnswer, TlsAnswer, TlsRef, UnwrapAnswer,
    UnwrapRef, WrapAnswer, WrapRef,
};

/// What a library implements for each class: one trait for all kinds.
///
/// Every method may panic: [`ClassEntry`](super::ClassEntry) puts a guard around it. A kind of
/// class overrides what it offers.
pub trait Dispatch: Send + Sync + Sized + 'static {
    /// Builds the provider.
    fn create(context: &ContextRef<'_>) -> Result<Self, ErrorAnswer>;

    /// Reloads keys or artifacts.
    fn refresh(&self, call: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer>;

    /// Health and generation.
    fn status(&self, call: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer>;

    /// The materials to encrypt with.
    fn materials_for_encrypt(&self, _: &EncryptRef<'_>) -> Result<MaterialsAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("materials_for_encrypt"))
    }

    /// The materials that decrypt.
    fn materials_for_decrypt(&self, _: &DecryptRef<'_>) -> Result<CandidatesAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("materials_for_decrypt"))
    }

    /// Makes and wraps a data key.
    fn generate_data_key(&self, _: &GenerateRef<'_>) -> Result<GenerateAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("generate_data_key"))
    }

    /// Wraps.
    fn wrap(&self, _: &WrapRef<'_>) -> Result<WrapAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("wrap"))
    }

    /// Unwraps.
    fn unwrap(&self, _: &UnwrapRef<'_>) -> Result<UnwrapAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("unwrap"))
    }

    /// The TLS artifacts.
    fn tls_artifacts(&self, _: &TlsRef<'_>) -> Result<TlsAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("tls_artifacts"))
    }
}
