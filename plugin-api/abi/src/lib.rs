//! The binary interface between Provost and its provider libraries.
//!
//! Nothing outside this crate sees `abi_stable`.

pub mod v1;
