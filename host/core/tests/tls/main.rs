//! TLS artifacts: what is accepted, what is refused, and what other implementations say.
#![allow(clippy::unwrap_used)] // helpers of tests, too

mod limbo;
