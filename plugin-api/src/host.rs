//! The host's view of a provider library. Not for provider authors, and not covered by this
//! crate's version: it moves with the host.

use std::fmt;

use provost_plugin_abi::host::{Answered, LogLine, Provider, open_static};
pub use provost_plugin_abi::host::{Module, OpenError, open};
use provost_plugin_abi::v1::Str;
pub use provost_plugin_abi::v1::{Header, SYMBOL};

use crate::bridge::{self, CallLoan, ContextLoan, DescriptionLoan, Malformed};
use crate::{
    Attributes, Call, Candidates, Conf, DecryptRequest, EncryptRequest, GenerateRequest, Level,
    ProviderError, RawMaterials, RawTlsArtifacts, SecretBytes, Status, TlsRequest, UnwrapRequest,
    WrapRequest, Wrapped,
};

/// The most that an answer may hold, before any rule of the host's own. In bytes, unless it says
/// otherwise.
pub mod limits {
    /// Classes of one library, in number.
    pub const CLASSES: usize = 256;
    /// A class name.
    pub const CLASS_NAME: usize = 255;
    /// Names, ids, algorithms, generations.
    pub const NAME: usize = 4 * 1024;
    /// An error's or a status's message; more is cut off.
    pub const MESSAGE: usize = 4 * 1024;
    /// A description: all names and values together.
    pub const DESCRIPTION: usize = 64 * 1024;
    /// Entries of a description, in number.
    pub const DESCRIPTION_ENTRIES: usize = 256;
    /// A key, plain, encoded or wrapped.
    pub const KEY: usize = 64 * 1024;
    /// The private key of TLS artifacts, PEM, with whatever text stands around it.
    pub const PRIVATE_KEY: usize = 1024 * 1024;
    /// PEM certificates of one field.
    pub const CERTIFICATES: usize = 4 * 1024 * 1024;
    /// Attributes of both kinds together, in number.
    pub const ATTRIBUTES: usize = 64;
    /// The value of an attribute.
    pub const ATTRIBUTE: usize = 64 * 1024;
}

/// Why a call gave no answer that can be used.
#[derive(Debug)]
pub enum CallError {
    /// The provider's own answer.
    Provider(ProviderError),
    /// The answer is malformed: which field, what was found, what would be right.
    Protocol(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(error) => error.fmt(f),
            Self::Protocol(text) => write!(f, "malformed answer: {text}"),
        }
    }
}

impl std::error::Error for CallError {}

impl From<Malformed> for CallError {
    fn from(Malformed(text): Malformed) -> Self {
        Self::Protocol(text)
    }
}

/// What a class provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassKind {
    /// Keys for data at rest.
    Materials,
    /// TLS artifacts.
    Tls,
    /// Something that this host does not know.
    Other(u32),
}

/// A class that a library says it has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignClass {
    /// Its name.
    pub name: String,
    /// What it provides.
    pub kind: ClassKind,
}

/// An opened library. Cheap to clone: libraries are never closed.
#[derive(Debug, Clone)]
pub struct ForeignModule {
    module: Module,
    classes: Vec<ForeignClass>,
}

impl ForeignModule {
    /// Asks an opened library for its classes.
    pub fn new(module: Module) -> Result<Self, CallError> {
        let found = module.classes();
        if found.len() > limits::CLASSES {
            let (count, max) = (found.len(), limits::CLASSES);
            return Err(CallError::Protocol(format!(
                "`classes` has {count} entries, at most {max} are allowed"
            )));
        }
        let classes = found.into_iter().map(|class| {
            Ok(ForeignClass {
                name: bridge::text("classes: name", class.name, limits::CLASS_NAME)?,
                kind: match class.kind {
                    provost_plugin_abi::v1::ClassKind::MATERIALS => ClassKind::Materials,
                    provost_plugin_abi::v1::ClassKind::TLS => ClassKind::Tls,
                    other => ClassKind::Other(other.0),
                },
            })
        });
        let classes = classes.collect::<Result<Vec<_>, CallError>>()?;
        Ok(Self { module, classes })
    }

    /// A library that is part of this program, by the static that `export_providers!` made in it.
    pub fn of_static(header: &'static Header) -> Result<Self, CallError> {
        let module = open_static(header).map_err(|error| CallError::Protocol(error.to_string()))?;
        Self::new(module)
    }

    /// The minor number of the interface that the library was built with.
    pub fn abi_minor(&self) -> u32 {
        self.module.abi_minor()
    }

    /// The library's classes, in the order of their declaration.
    pub fn classes(&self) -> &[ForeignClass] {
        &self.classes
    }

    /// Builds a provider of `class`. What it logs goes to `log`, until the provider is dropped.
    pub fn create(
        &self,
        class: &str,
        conf: &Conf,
        attributes: &Attributes,
        log: impl Fn(Level, &str) + Send + Sync + 'static,
    ) -> Result<ForeignProvider, CallError> {
        let log = LogLine::new(move |level, message| log(bridge::level(level), message));
        let loan = ContextLoan::of(class, conf, attributes);
        let provider = received(self.module.create(&loan.context(log.as_abi())), Ok)?;
        if provider.class() != class.as_bytes() {
            return Err(CallError::Protocol(format!(
                "`class` is `{}`, expected `{class}`",
                provider.class().escape_ascii()
            )));
        }
        Ok(ForeignProvider {
            provider,
            class: class.to_owned(),
            _log: log,
        })
    }
}

/// A provider that lives in a library: called directly, its answers checked for form.
#[derive(Debug)]
pub struct ForeignProvider {
    // Dropped before the log, which it may still write to.
    provider: Provider,
    class: String,
    _log: LogLine,
}

/// Turns an answer or an error into this side's types.
#[inline]
fn received<A, T>(
    answer: Answered<A>,
    check: impl FnOnce(A) -> Result<T, Malformed>,
) -> Result<T, CallError> {
    answer.fold(
        |error| Err(CallError::Provider(bridge::error(error)?)),
        |answer| Ok(check(answer)?),
    )
}

/// One operation each, as in the traits that authors implement.
impl ForeignProvider {
    /// The class.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// [`Provider::refresh`](crate::Provider::refresh).
    pub fn refresh(&self, call: &Call) -> Result<(), CallError> {
        let loan = CallLoan::of(call);
        received(self.provider.refresh(&loan.call()), |_| Ok(()))
    }

    /// [`Provider::status`](crate::Provider::status).
    pub fn status(&self, call: &Call) -> Result<Status, CallError> {
        let loan = CallLoan::of(call);
        received(self.provider.status(&loan.call()), bridge::status)
    }

    /// [`EncryptionMaterialsProvider::materials_for_encrypt`](crate::EncryptionMaterialsProvider::materials_for_encrypt).
    pub fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, CallError> {
        let loan = CallLoan::of(&request.call);
        let description = DescriptionLoan::of(request.description.as_ref());
        let request = loan.encrypt(request, &description);
        received(
            self.provider.materials_for_encrypt(&request),
            bridge::materials,
        )
    }

    /// [`EncryptionMaterialsProvider::materials_for_decrypt`](crate::EncryptionMaterialsProvider::materials_for_decrypt).
    pub fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, CallError> {
        let loan = CallLoan::of(&request.call);
        let description = DescriptionLoan::of(request.description.as_ref());
        let request = loan.decrypt(request, &description);
        received(
            self.provider.materials_for_decrypt(&request),
            bridge::candidates,
        )
    }

    /// [`EncryptionMaterialsProvider::generate_data_key`](crate::EncryptionMaterialsProvider::generate_data_key).
    pub fn generate_data_key(
        &self,
        request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), CallError> {
        let loan = CallLoan::of(&request.call);
        let answer = self.provider.generate_data_key(&loan.generate(request));
        received(answer, bridge::generated)
    }

    /// [`EncryptionMaterialsProvider::wrap`](crate::EncryptionMaterialsProvider::wrap).
    pub fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, CallError> {
        let loan = CallLoan::of(&request.call);
        received(self.provider.wrap(&loan.wrap(request)), bridge::wrapped)
    }

    /// [`EncryptionMaterialsProvider::unwrap`](crate::EncryptionMaterialsProvider::unwrap).
    pub fn unwrap(&self, request: &UnwrapRequest) -> Result<SecretBytes, CallError> {
        let loan = CallLoan::of(&request.call);
        let description = DescriptionLoan::of(request.description.as_ref());
        let answer = self.provider.unwrap(&loan.unwrap(request, &description));
        received(answer, bridge::unwrapped)
    }

    /// [`TlsArtifactsProvider::tls_artifacts`](crate::TlsArtifactsProvider::tls_artifacts).
    pub fn tls_artifacts(&self, request: &TlsRequest) -> Result<RawTlsArtifacts, CallError> {
        let loan = CallLoan::of(&request.call);
        let names = request.node_names.iter();
        let names: Vec<_> = names.map(|name| Str::from(name.as_str())).collect();
        let answer = self.provider.tls_artifacts(&loan.tls(request, &names));
        received(answer, bridge::tls)
    }
}
