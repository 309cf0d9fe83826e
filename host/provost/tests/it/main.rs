//! The tests of the host and its command, in one binary.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod answers;
mod configured;
mod crashes;
mod description;
mod flips;
mod installed;
mod json_schema;
mod keys;
mod legacy;
mod listing;
mod loading;
mod log;
mod minimal_provider;
mod plugins;
mod prefix;
mod proof;
mod ranges;
mod reading;
mod release;
mod replaced;
mod replacing;
mod rig;
mod rotation;
mod secrets;
mod surroundings;
mod tls_command;
mod tls_provider;
mod transcript;
mod worker_program;
mod writing;
