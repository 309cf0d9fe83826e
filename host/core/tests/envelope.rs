//! The envelope, checked against an independent implementation written from the format alone.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions

#[path = "envelope/content.rs"]
mod content;
#[path = "envelope/independent.rs"]
mod independent;
#[path = "envelope/kms.rs"]
mod kms;
#[path = "envelope/legacy.rs"]
mod legacy;
#[path = "envelope/policy.rs"]
mod policy;
#[path = "envelope/properties.rs"]
mod properties;
#[path = "envelope/provider_held.rs"]
mod provider_held;
#[path = "envelope/ranges.rs"]
mod ranges;
#[path = "envelope/rewrapping.rs"]
mod rewrapping;
#[path = "envelope/round_trip.rs"]
mod round_trip;
#[path = "envelope/segments.rs"]
mod segments;
#[path = "envelope/support.rs"]
mod support;
#[path = "envelope/tampering.rs"]
mod tampering;
#[path = "envelope/writing.rs"]
mod writing;
