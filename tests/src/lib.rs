//! The conformance suite of Provost, as a library: for providers and stores of any author.

pub mod stores;
