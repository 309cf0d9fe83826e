//! Attacks on objects and keys, against real servers: `bash tests/interop/run` starts them.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod bucket;
mod checksums;
mod flips;
mod foreign_key;
mod instruction_files;
mod interrupted;
mod java;
mod killed;
mod leftovers;
mod listing;
mod lost_uploads;
mod migration;
mod node;
mod proxy;
mod proxying;
mod reading;
mod replaced;
mod resent;
mod second_fetch;
mod servers;
mod shared;
mod versions;
mod wire_metadata;
mod writing;
