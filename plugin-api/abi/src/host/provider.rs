//! A checked library, and providers made by it.

use std::fmt;

use abi_stable::std_types::RResult;

use crate::v1::{
    CallRef, CandidatesAnswer, ClassKind, ContextRef, DecryptRef, EncryptRef, ErrorAnswer,
    GenerateAnswer, GenerateRef, MaterialsAnswer, ProviderModuleV1Ref, ProviderObject,
    RefreshAnswer, StatusAnswer, Text, TlsAnswer, TlsRef, UnwrapAnswer, UnwrapRef, WrapAnswer,
    WrapRef,
};

/// A library that passed every check of [`open`](super::open).
#[derive(Clone, Copy)]
pub struct Module(pub(super) ProviderModuleV1Ref);

/// A class, as the library names it: unchecked.
pub struct Class {
    /// Its name.
    pub name: Text,
    /// What it provides.
    pub kind: ClassKind,
}

impl Module {
    /// The minor number of the interface that the library was built with.
    pub fn abi_minor(&self) -> u32 {
        self.0.abi_minor()
    }

    /// The library's classes.
    pub fn classes(&self) -> Vec<Class> {
        let classes = self.0.classes()().into_iter();
        classes
            .map(|class| Class {
                name: class.name,
                kind: class.kind,
            })
            .collect()
    }

    /// Builds a provider.
    pub fn create(&self, context: &ContextRef<'_>) -> Answered<Provider> {
        Answered(self.0.create()(context).map(Provider))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("abi_minor", &self.abi_minor())
            .finish()
    }
}

/// What a library answered, where it answered it: answers are large, and to move one copies it.
pub struct Answered<A>(RResult<A, ErrorAnswer>);

impl<A> Answered<A> {
    /// What `error` or `answer` makes of it.
    #[inline]
    pub fn fold<T>(self, error: impl FnOnce(ErrorAnswer) -> T, answer: impl FnOnce(A) -> T) -> T {
        match self.0 {
            RResult::ROk(answered) => answer(answered),
            RResult::RErr(refused) => error(refused),
        }
    }
}

/// A provider that lives in a library. Its answers are unchecked.
pub struct Provider(ProviderObject);

/// Calls one operation each; the library's guard has turned panics into errors.
impl Provider {
    /// The class that the provider says it is.
    #[inline]
    pub fn class(&self) -> &[u8] {
        self.0.0.class().as_slice()
    }

    /// Reloads keys or artifacts.
    #[inline]
    pub fn refresh(&self, call: &CallRef<'_>) -> Answered<RefreshAnswer> {
        Answered(self.0.0.refresh(call))
    }

    /// Health and generation.
    #[inline]
    pub fn status(&self, call: &CallRef<'_>) -> Answered<StatusAnswer> {
        Answered(self.0.0.status(call))
    }

    /// The materials to encrypt with.
    #[inline]
    pub fn materials_for_encrypt(&self, request: &EncryptRef<'_>) -> Answered<MaterialsAnswer> {
        Answered(self.0.0.materials_for_encrypt(request))
    }

    /// The materials that decrypt.
    #[inline]
    pub fn materials_for_decrypt(&self, request: &DecryptRef<'_>) -> Answered<CandidatesAnswer> {
        Answered(self.0.0.materials_for_decrypt(request))
    }

    /// Makes and wraps a data key.
    #[inline]
    pub fn generate_data_key(&self, request: &GenerateRef<'_>) -> Answered<GenerateAnswer> {
        Answered(self.0.0.generate_data_key(request))
    }

    /// Wraps.
    #[inline]
    pub fn wrap(&self, request: &WrapRef<'_>) -> Answered<WrapAnswer> {
        Answered(self.0.0.wrap(request))
    }

    /// Unwraps.
    #[inline]
    pub fn unwrap(&self, request: &UnwrapRef<'_>) -> Answered<UnwrapAnswer> {
        Answered(self.0.0.unwrap(request))
    }

    /// The TLS artifacts.
    #[inline]
    pub fn tls_artifacts(&self, request: &TlsRef<'_>) -> Answered<TlsAnswer> {
        Answered(self.0.0.tls_artifacts(request))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}
