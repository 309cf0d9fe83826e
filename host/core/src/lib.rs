//! To be written.
pub mod config;
pub mod section;
pub mod envelope;
pub mod materials;
