//! Attacks on objects and keys, against real servers: `bash tests/interop/run` starts them.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod bucket;
mod proxy;
mod proxying;
mod servers;
