//! What TLS artifacts need of aws-lc that aws-lc-rs does not offer.
//!
//! This module is one of the places where `unsafe` is allowed; nothing outside it touches a pointer.

pub(super) mod certificate;
pub(super) mod private_key;
