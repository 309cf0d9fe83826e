//! Write a key provider or a TLS artifacts provider for Provost.

#![forbid(unsafe_code)]

mod attributes;
mod bridge;
mod conf;
mod error;
mod export;
#[doc(hidden)]
pub mod host;
mod materials;
mod provider;
mod request;
mod secret;
mod section;
mod tls;

pub use attributes::Attributes;
pub use conf::{ClassContext, Conf, ConfValue, Level};
pub use error::{ErrorKind, ProviderError};
pub use materials::{Candidates, MaterialsDescription, RawKey, RawMaterials, Status, Wrapped};
pub use provider::{EncryptionMaterialsProvider, Provider, TlsArtifactsProvider};
pub use request::{
    Call, DecryptRequest, EncryptRequest, GenerateRequest, Purpose, TlsRequest, UnwrapRequest,
    WrapRequest,
};
pub use secret::SecretBytes;
pub use tls::RawTlsArtifacts;

/// What [`export_providers!`] expands to. Not for anyone else.
#[doc(hidden)]
pub mod __private {
    pub use provost_plugin_abi::v1::{ClassEntry, Header, Library};

    pub use crate::export::{check_names, check_repeated, materials_class, tls_class};
    pub use crate::section::{Class, ConfKey, Facts, bytes, length};

    /// The compiler that builds this crate, and so the library.
    pub const RUSTC: &str = env!("PROVOST_RUSTC");
    /// What it is built for.
    pub const TARGET: &str = env!("PROVOST_TARGET");
}
