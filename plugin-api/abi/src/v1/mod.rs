//! Version 1 of the interface.

mod secret;

pub use secret::SecretBuf;
