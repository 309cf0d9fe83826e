//! The envelope, checked against an independent implementation written from the format alone.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions

#[path = "envelope/independent.rs"]
mod independent;
#[path = "envelope/round_trip.rs"]
mod round_trip;
#[path = "envelope/support.rs"]
mod support;
