//! Write a key provider or a TLS artifacts provider for Provost.
//!
//! A provider is a shared library. This is a whole one: a key that the operator configures.
//!
//! ```
//! #![forbid(unsafe_code)]
//! use provost_plugin_api::*;
//!
//! struct OneKey(SecretBytes);
//!
//! impl Provider for OneKey {
//!     fn new(context: &ClassContext) -> Result<Self, ProviderError> {
//!         let key = context.conf().require_secret("key")?;
//!         Ok(Self(SecretBytes::copy_from(key)))
//!     }
//! }
//!
//! impl EncryptionMaterialsProvider for OneKey {
//!     fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
//!         let description = MaterialsDescription::new().with("key-name", "one");
//!         Ok(RawMaterials::symmetric(self.0.clone_secret()).with_description(description))
//!     }
//!
//!     fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
//!         let description = request.description.clone().unwrap_or_default();
//!         if description.get("key-name") != Some("one") {
//!             return Err(ProviderError::not_found("the object's key is not this one"));
//!         }
//!         let materials = RawMaterials::symmetric(self.0.clone_secret());
//!         Ok(materials.with_description(description).into())
//!     }
//! }
//!
//! export_providers! {
//!     materials "com.example.keys.OneKey" => OneKey {
//!         conf: ["key" (required, secret) "the AES key, 32 bytes"],
//!     };
//! }
//! # fn main() {}
//! ```
//!
//! Its `Cargo.toml` has this crate as its one dependency, and `crate-type = ["cdylib"]`. An author
//! needs no `unsafe`, and may forbid it.
//!
//! # How the host uses a provider
//!
//! **It is found by class name.** Operators write `com.example.keys.OneKey` into the security
//! configuration. Which library has that class is read from the library's file, without executing
//! it; so is everything else that [`export_providers!`] declares.
//!
//! **It is built from its configuration** ([`Provider::new`]): flat text keys, values that are secret
//! where the operator made them so ([`Conf`]). There is one instance for each class and configuration,
//! but it may be built more than once, in one process or in several, and one of them must be able to
//! read what another encrypted. `Drop` may never run.
//!
//! **It is called from many threads at once**, and keeps no call waiting for another's backend if it
//! can help it. Each request says how long the host still waits ([`Call::remaining`]); an answer that
//! comes later is discarded. There is no cancellation: a provider that calls a backend sets its own
//! timeout from that. The request id ([`Call::request_id`]) belongs into the provider's log lines and
//! its requests to the backend.
//!
//! **At encryption** the host asks for materials, with a description of what it is about to encrypt or
//! with none. What is stored with the object is the description of the materials *returned*
//! ([`RawMaterials::description`]), in the clear. It says which key it was, never what the key is.
//!
//! **At decryption** the host gives back what was stored. The description comes from the object, and
//! whoever can write the object can write the description: it may choose one of the provider's keys,
//! and grants nothing. Where none was stored, a provider with several keys returns them all, best
//! first ([`Candidates`]).
//!
//! **Before the first write** with a key, the host proves that it can be found again: it wraps a random
//! value, starts another instance, asks as it will for a later reader (with the stored description,
//! and the object's URI and the cluster id as attributes), and unwraps. A key that fails this is not
//! used for writing.
//!
//! **A provider may hold its key** ([`RawMaterials::provider_held`]), as an HSM or a key service does. It
//! then answers [`unwrap`](EncryptionMaterialsProvider::unwrap), and
//! [`generate_data_key`](EncryptionMaterialsProvider::generate_data_key) or
//! [`wrap`](EncryptionMaterialsProvider::wrap). The host composes the bytes that are wrapped, so that
//! the object stays readable for other clients; the provider encrypts exactly those. It may add entries
//! to the stored description ([`Wrapped::description`]), such as a key version, and finds them in
//! [`UnwrapRequest::description`].
//!
//! **TLS artifacts** are asked for by node ([`TlsRequest`]), twice: they are what they are until the next
//! refresh. Private key, chain and trust come as PEM ([`RawTlsArtifacts`]), and the host validates them.
//!
//! **[`refresh`](Provider::refresh)** reloads keys or artifacts, all or nothing: a failure keeps the old
//! state. [`ErrorKind::NotFound`] on decryption makes the host refresh once and ask again, so that a key
//! that was added elsewhere is found.
//!
//! **[`status`](Provider::status)** says whether the provider is well and which generation of its keys it
//! holds. It uses no key.
//!
//! **Errors** have a kind that the host acts on and a message that people read
//! ([`ProviderError`]). [`ErrorKind::Unavailable`] and [`ErrorKind::Throttled`] say that the same call
//! may succeed later, and never count against a key. The host underlines the configuration key that an
//! error of [`Provider::new`] names ([`ProviderError::at_key`]), quotes the message as the provider's
//! own, without control characters, and cuts a long one off.
//!
//! **The only call back into the host is [`ClassContext::log`]**, from any thread, at any time, also
//! after the instance is gone: such a line is dropped. Stdout and stderr are not a provider's to use.
//!
//! **A panic** is caught, in `new`, in a call and in `drop`, and becomes [`ErrorKind::Internal`]; the
//! instance goes on being used. That needs `panic = "unwind"`, and the compiler refuses anything else.
//!
//! **The host believes nothing.** It checks lengths, text, algorithm names and keys of every answer,
//! runs libraries in a worker process unless the operator says otherwise, and ends a worker that does
//! not answer. Unknown attributes are ignored by both sides, so that new facts can travel
//! ([`Attributes`]).
//!
//! **Secrets** travel as [`SecretBytes`], which are wiped when they are dropped and are never printed.
//! They do not belong into error messages, log lines, descriptions or generations.
//!
//! # What is public
//!
//! - The contract: [`Provider`], [`EncryptionMaterialsProvider`], [`TlsArtifactsProvider`],
//!   [`export_providers!`].
//! - What a provider is built from: [`ClassContext`], [`Conf`], [`ConfValue`], [`Level`].
//! - Requests: [`EncryptRequest`], [`DecryptRequest`], [`GenerateRequest`], [`WrapRequest`],
//!   [`UnwrapRequest`], [`TlsRequest`]; in each of them [`Call`], in some [`Purpose`].
//! - Answers: [`RawMaterials`] and [`RawKey`], [`MaterialsDescription`], [`Candidates`], [`Wrapped`],
//!   [`RawTlsArtifacts`], [`Status`], [`ProviderError`] and [`ErrorKind`].
//! - In both: [`SecretBytes`], [`Attributes`].
//!
//! # Versions
//!
//! This crate follows semantic versioning. A library built with any 1.x of it loads in any host that
//! speaks version 1 of the interface; `provost plugin list` says which one a library speaks.

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
