//! Version 1 of the interface: what crosses, and the library's side of it.
//!
//! Whatever is a choice crosses as a number ([`ErrorKind`], [`KeyKind`], …), never as an enum: a
//! number that one side does not know is still a valid value.

mod answer;
mod containers;
mod dispatch;
mod export;
#[cfg(test)]
mod layout;
mod module;
mod numbers;
mod provider;
mod request;
mod secret;
mod shim;

pub use answer::{
    AttributesAnswer, BytesEntry, CandidatesAnswer, ErrorAnswer, GenerateAnswer, KeyAnswer,
    MaterialsAnswer, RefreshAnswer, SecretEntry, StatusAnswer, TextEntry, TlsAnswer, UnwrapAnswer,
    WrapAnswer,
};
pub use containers::{List, Maybe, Slice, Str, Text};
pub use dispatch::Dispatch;
pub use export::{ClassEntry, Header, Library};
pub use numbers::{ClassKind, ConfKind, ErrorKind, KeyKind, LogLevel, Purpose};
pub use request::{
    BytesPair, CallRef, ConfPair, ContextRef, DecryptRef, EncryptRef, GenerateRef, Log, TextPair,
    TlsRef, UnwrapRef, WrapRef,
};
pub use secret::SecretBuf;

pub(crate) use module::{ClassAnswer, ProviderModuleV1, ProviderModuleV1Ref};
pub(crate) use provider::ProviderObject;

/// The interface's own minor number, told by the library: what it may know beyond the layouts,
/// such as further attribute names. Never a reason to refuse.
pub const MINOR: u32 = 0;

/// The name of the symbol that every library exports: a [`Header`].
pub const SYMBOL: &str = "provost_plugin_v1";
