//! The guard between the interface and a provider: no panic leaves the library.

// Taking the provider out of its place, once, when it is dropped.
#![allow(unsafe_code)]

use std::any::Any;
use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};

use abi_stable::sabi_trait::TD_Opaque;
use abi_stable::std_types::RResult;

use super::provider::{ProviderV1, ProviderV1_TO};
use super::{
    CallRef, CandidatesAnswer, ContextRef, DecryptRef, Dispatch, EncryptRef, ErrorAnswer,
    ErrorKind, GenerateAnswer, GenerateRef, Log, LogLevel, MaterialsAnswer, ProviderObject,
    RefreshAnswer, Slice, StatusAnswer, TlsAnswer, TlsRef, UnwrapAnswer, UnwrapRef, WrapAnswer,
    WrapRef,
};

/// A provider behind its guard.
struct Shim<D: Dispatch> {
    class: &'static str,
    log: Log,
    provider: ManuallyDrop<D>,
}

/// Builds a provider of `D` and puts it behind its guard.
pub(super) fn create<D: Dispatch>(
    class: &'static str,
    context: &ContextRef<'_>,
) -> RResult<ProviderObject, ErrorAnswer> {
    guard(|| D::create(context)).map(|provider| {
        let shim = Shim {
            class,
            log: context.log,
            provider: ManuallyDrop::new(provider),
        };
        ProviderObject(ProviderV1_TO::from_value(shim, TD_Opaque))
    })
}

/// Runs `call`; a panic becomes [`ErrorKind::INTERNAL`]. The provider goes on being used: what a
/// panic may leave half-changed in it is the provider's own, and only its answers suffer.
pub(super) fn guard<T>(call: impl FnOnce() -> Result<T, ErrorAnswer>) -> RResult<T, ErrorAnswer> {
    match catch_unwind(AssertUnwindSafe(|| call().into())) {
        Ok(answer) => answer,
        Err(payload) => RResult::RErr(ErrorAnswer::new(ErrorKind::INTERNAL, panicked(payload))),
    }
}

/// What a panic said. The payload itself is leaked: dropping it may panic again.
fn panicked(payload: Box<dyn Any + Send>) -> String {
    let said = if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.as_str()
    } else {
        "without a message"
    };
    let message = format!("panicked: {said}");
    mem::forget(payload);
    message
}

impl<D: Dispatch> ProviderV1 for Shim<D> {
    fn class(&self) -> Slice<'_, u8> {
        Slice::from(self.class.as_bytes())
    }

    fn refresh(&self, call: &CallRef<'_>) -> RResult<RefreshAnswer, ErrorAnswer> {
        guard(|| self.provider.refresh(call))
    }

    fn status(&self, call: &CallRef<'_>) -> RResult<StatusAnswer, ErrorAnswer> {
        guard(|| self.provider.status(call))
    }

    fn materials_for_encrypt(
        &self,
        request: &EncryptRef<'_>,
    ) -> RResult<MaterialsAnswer, ErrorAnswer> {
        guard(|| self.provider.materials_for_encrypt(request))
    }

    fn materials_for_decrypt(
        &self,
        request: &DecryptRef<'_>,
    ) -> RResult<CandidatesAnswer, ErrorAnswer> {
        guard(|| self.provider.materials_for_decrypt(request))
    }

    fn generate_data_key(&self, request: &GenerateRef<'_>) -> RResult<GenerateAnswer, ErrorAnswer> {
        guard(|| self.provider.generate_data_key(request))
    }

    fn wrap(&self, request: &WrapRef<'_>) -> RResult<WrapAnswer, ErrorAnswer> {
        guard(|| self.provider.wrap(request))
    }

    fn unwrap(&self, request: &UnwrapRef<'_>) -> RResult<UnwrapAnswer, ErrorAnswer> {
        guard(|| self.provider.unwrap(request))
    }

    fn tls_artifacts(&self, request: &TlsRef<'_>) -> RResult<TlsAnswer, ErrorAnswer> {
        guard(|| self.provider.tls_artifacts(request))
    }
}

impl<D: Dispatch> Drop for Shim<D> {
    fn drop(&mut self) {
        // SAFETY: this is the only place that takes the provider out, and it runs once.
        let provider = unsafe { ManuallyDrop::take(&mut self.provider) };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(provider))) {
            let message = format!("while it was dropped, it {}", panicked(payload));
            self.log.write(LogLevel::ERROR, &message);
        }
    }
}
