//! `s3://` against real servers, which `tests/interop/with-servers` starts:
//! `tests/interop/with-servers cargo test -p provost --test s3`. Without them it fails.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod answers;
#[path = "../kms/bare.rs"]
mod bare;
mod command;
mod conformance;
mod copies;
mod credentials;
mod encryption;
mod errors;
mod fetching;
#[path = "../kms/instance_metadata.rs"]
mod instance_metadata;
mod memory;
mod objects;
mod prefixes;
mod rewrapping;
mod rig;
mod uploads;
mod versions;
