//! Write a key provider or a TLS artifacts provider for Provost.

#![forbid(unsafe_code)]

mod attributes;
mod conf;
mod error;
mod materials;
mod provider;
mod request;
mod secret;
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
