//! TLS artifacts: a private key, its certificate chain, and the certificates to trust.
//!
//! [`bundle`] opens the guide's zip, [`pem`] finds the blocks in each file, [`certificate`] and
//! the private key are read from them, the rules look at all of it, and what holds becomes
//! [`TlsArtifacts`]. Each [`Finding`] names its rule, its place and what would be right. [`render`]
//! makes files of them.

mod artifacts;
pub mod bundle;
mod capped;
pub mod certificate;
mod evp;
mod examine;
mod finding;
pub mod limits;
mod moment;
mod path;
pub mod pem;
mod policy;
mod private_key;
mod raw;
pub mod render;
mod roots;
mod rule;
mod rules;

pub use artifacts::{Report, TlsArtifacts, Verdict};
pub use certificate::{Certificate, CertificateError, PublicKey};
pub use finding::{ArtifactFile, Finding, Place, Severity, shown};
pub use moment::moment;
pub use policy::TlsPolicy;
pub use raw::RawTlsFiles;
pub use roots::{DefaultRoots, JAVA_PASSWORD, RootsError};
pub use rule::RuleId;
