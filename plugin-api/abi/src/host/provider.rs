//! A checked library, and providers made by it.

use std::fmt;

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
    pub fn create(&self, context: &ContextRef<'_>) -> Result<Provider, ErrorAnswer> {
        self.0.create()(context).into_result().map(Provider)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("abi_minor", &self.abi_minor())
            .finish()
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
    pub fn refresh(&self, call: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
        self.0.0.refresh(call).into_result()
    }

    /// Health and generation.
    #[inline]
    pub fn status(&self, call: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
        self.0.0.status(call).into_result()
    }

    /// The materials to encrypt with.
    #[inline]
    pub fn materials_for_encrypt(
        &self,
        request: &EncryptRef<'_>,
    ) -> Result<MaterialsAnswer, ErrorAnswer> {
        self.0.0.materials_for_encrypt(request).into_result()
    }

    /// The materials that decrypt.
    #[inline]
    pub fn materials_for_decrypt(
        &self,
        request: &DecryptRef<'_>,
    ) -> Result<CandidatesAnswer, ErrorAnswer> {
        self.0.0.materials_for_decrypt(request).into_result()
    }

    /// Makes and wraps a data key.
    #[inline]
    pub fn generate_data_key(
        &self,
        request: &GenerateRef<'_>,
    ) -> Result<GenerateAnswer, ErrorAnswer> {
        self.0.0.generate_data_key(request).into_result()
    }

    /// Wraps.
    #[inline]
    pub fn wrap(&self, request: &WrapRef<'_>) -> Result<WrapAnswer, ErrorAnswer> {
        self.0.0.wrap(request).into_result()
    }

    /// Unwraps.
    #[inline]
    pub fn unwrap(&self, request: &UnwrapRef<'_>) -> Result<UnwrapAnswer, ErrorAnswer> {
        self.0.0.unwrap(request).into_result()
    }

    /// The TLS artifacts.
    #[inline]
    pub fn tls_artifacts(&self, request: &TlsRef<'_>) -> Result<TlsAnswer, ErrorAnswer> {
        self.0.0.tls_artifacts(request).into_result()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}
