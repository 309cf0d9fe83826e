//! KMS, against a real endpoint on this machine: `tests/interop/with-servers cargo test -p provost --test kms`.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod bare;
mod command;
mod credentials;
mod failures;
mod faults;
mod instance_metadata;
mod keys;
mod regions;
mod reuse;
mod rewrapping;
mod rig;
mod server;
