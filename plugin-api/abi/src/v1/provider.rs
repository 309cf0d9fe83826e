//! The provider object: one table of functions for every class.

// `sabi_trait` writes the table's unsafe code, and impls inside a function.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    non_local_definitions,
    clippy::pedantic
)]

use abi_stable::std_types::{RBox, RResult};
use abi_stable::{StableAbi, sabi_trait};

use super::{
    CallRef, CandidatesAnswer, DecryptRef, EncryptRef, ErrorAnswer, GenerateAnswer, GenerateRef,
    MaterialsAnswer, RefreshAnswer, Slice, StatusAnswer, TlsAnswer, TlsRef, UnwrapAnswer,
    UnwrapRef, WrapAnswer, WrapRef,
};

/// What crosses: every operation of every kind of class.
#[sabi_trait]
pub trait ProviderV1: Send + Sync {
    fn class(&self) -> Slice<'_, u8>;
    fn refresh(&self, call: &CallRef<'_>) -> RResult<RefreshAnswer, ErrorAnswer>;
    fn status(&self, call: &CallRef<'_>) -> RResult<StatusAnswer, ErrorAnswer>;
    fn materials_for_encrypt(
        &self,
        request: &EncryptRef<'_>,
    ) -> RResult<MaterialsAnswer, ErrorAnswer>;
    fn materials_for_decrypt(
        &self,
        request: &DecryptRef<'_>,
    ) -> RResult<CandidatesAnswer, ErrorAnswer>;
    fn generate_data_key(&self, request: &GenerateRef<'_>) -> RResult<GenerateAnswer, ErrorAnswer>;
    fn wrap(&self, request: &WrapRef<'_>) -> RResult<WrapAnswer, ErrorAnswer>;
    fn unwrap(&self, request: &UnwrapRef<'_>) -> RResult<UnwrapAnswer, ErrorAnswer>;
    #[sabi(last_prefix_field)]
    fn tls_artifacts(&self, request: &TlsRef<'_>) -> RResult<TlsAnswer, ErrorAnswer>;
}

/// A provider, owned by the host, implemented by the library.
#[repr(transparent)]
#[derive(StableAbi)]
pub struct ProviderObject(pub(crate) ProviderV1_TO<'static, RBox<()>>);
