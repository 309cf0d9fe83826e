//! The binary interface between Provost and its provider libraries.
//!
//! Two sides, two halves: [`v1`] holds the layouts that cross and what a library needs to answer
//! ([`v1::Dispatch`], [`v1::Header`]); [`host`] opens a library's header and calls it. Provider
//! authors and embedders use neither: `provost-plugin-api` wraps both.
//!
//! - **Memory.** Requests are borrowed for the length of a call. Answers are owned, and whoever
//!   drops them hands the memory back to the allocator that made it.
//! - **Trust.** What a library answers is bytes: [`v1::Text`] is not known to be UTF-8, numbers
//!   are not known to name anything, lengths are not known to be sensible. `provost-plugin-api`
//!   checks all of it before the host sees it.
//! - **Version.** The layouts are checked when a library is opened, together with this package's
//!   version: it stays 1.x for as long as [`v1`] is spoken. A second version of the interface
//!   would be a second symbol and a second module beside this one.
//!
//! Nothing outside this crate sees `abi_stable`.

// An error crosses by value: a box would be one more allocation to hand over, and its answer's
// success beside it is larger.
#![allow(clippy::result_large_err)]
// `sabi_trait` writes paths in full, and the lint ascribes them to the crate.
#![allow(unused_qualifications)]

pub mod host;
pub mod v1;
