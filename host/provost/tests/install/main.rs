//! Installing TLS artifacts: what is written, what is kept, and what is refused.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod changed;
mod layout;
mod leftovers;
mod owner;
mod place;
mod rig;
mod rollback;
