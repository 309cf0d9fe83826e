//! TLS artifacts: what is accepted, what is refused, and what other implementations say.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod limbo;
//! TLS artifacts: what is read, what is refused, and what is said about it.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions
mod archive;
mod bundle;
mod bundle_hostile;
mod bundle_tools;
mod foreign;
mod openssl;
mod pem;
mod pem_blocks;
mod properties;
