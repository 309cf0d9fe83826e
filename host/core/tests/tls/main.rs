//! TLS artifacts: what is read, what is accepted and refused, what is said about it, and what other
//! implementations say.
#![allow(clippy::unwrap_used)] // helpers of tests, outside #[test] functions

mod adversary;
mod archive;
mod bundle;
mod bundle_hostile;
mod bundle_tools;
mod corpus;
mod coverage;
mod damage;
mod documentation;
mod extension_values;
mod foreign;
mod installed;
mod limbo;
mod openssl;
mod opinion;
mod pem;
mod pem_blocks;
mod properties;
mod recipe;
