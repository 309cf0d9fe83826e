//! The heart of Provost: parsing, validation and the envelope, with no I/O and no async.
//!
//! - [`config`]: the security configuration and `provost.toml`, parsed once into values.
//! - [`section`]: what a provider library says of itself, read from its bytes.
//! - [`materials`]: what a provider returned, once it has been checked.
//! - [`tls`]: TLS artifacts, from PEM and zip to what may be installed.
//! - [`envelope`]: objects as Amazon's S3 Encryption Client stores them, sealed and opened in place.
//!
//! Whoever does I/O hands in bytes and randomness. `unsafe` is in one module, `envelope::evp`.

pub mod config;
pub mod envelope;
pub mod materials;
pub mod section;
pub mod tls;
