//! Providers as the host sees them: asked through one handle, their answers validated.

mod call_threads;
mod failure;
mod handle;
mod in_process;
mod key_error;
mod keys;
mod kms_materials;
mod object_keys;
mod proof;
mod rewrap;
mod start;
mod watch;

pub use failure::{ProviderFailure, ProviderName};
pub use handle::{ProvidedTls, ProviderHandle};
pub use key_error::KeyError;
pub(crate) use keys::{ProviderKeys, populated};
pub(crate) use object_keys::ObjectKeys;
pub use proof::Proven;
pub(crate) use rewrap::{Protection, Unlocked};
pub(crate) use start::Starter;
