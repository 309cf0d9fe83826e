//! To be written.
pub mod store;
