//! The provider host for encryption keys and TLS artifacts.
//!
//! Third parties ship key providers as shared libraries; an operator names them by class in a
//! security configuration. [`Host`] finds, verifies, isolates and loads them, and uses their keys
//! to encrypt objects in the format of Amazon's S3 Encryption Client.
//!
//! ```no_run
//! use std::path::Path;
//!
//! # fn main() -> Result<(), provost::Error> {
//! // First: in a worker process this does not return.
//! provost::worker::serve_if_worker();
//!
//! let host = provost::Host::builder()
//!     .configuration(provost::configuration::load_host(Path::new("provost.toml"))?.value)
//!     .security_configuration(
//!         provost::configuration::load_security(Path::new("security.json"))?.value,
//!     )
//!     .build()?;
//! let objects = host.objects(&"file:///data/store/report.pdf".parse().expect("a URI"))?;
//! if let Some(provider) = objects.provider() {
//!     println!("keys from {}", provider.name());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Everything else is reached by module: [`registry`] (which library has a class), [`loader`]
//! (what a library must be to be opened), [`provider`] (the one handle to a loaded provider),
//! [`store`] (object stores, and encrypted objects in them), [`kms`] (keys in AWS KMS), [`fetch`]
//! (what lies on S3), [`artifacts`] (TLS artifacts where they come from), [`trusted_roots`] (what they
//! may lead to beside their own roots), [`install`]
//! (generations of them), [`configuration`] (files).

pub mod artifacts;
pub mod configuration;
mod error;
pub mod fetch;
mod folder;
mod host;
pub mod install;
pub mod kms;
pub mod loader;
mod place;
mod processors;
pub mod provider;
mod random;
pub mod registry;
pub mod store;
pub mod trusted_roots;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;

pub use error::{ApiMisuse, Error};
pub use host::{Host, HostBuilder};
pub use provider::ProviderHandle;
pub use store::encrypted::EncryptedStore;

/// The worker process: what a program that hosts providers calls first in `main`.
pub mod worker {
    pub use provost_worker::{can_serve, serve_if_worker};
}
