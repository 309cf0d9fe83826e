//! Object stores: where encrypted objects lie.
//!
//! [`ObjectStore`] is the small trait that an adapter implements; [`ObjectStoreExt`] adds what
//! callers like. Three adapters exist: [`FileStore`] for `file://`, [`S3Store`] for `s3://`, and
//! [`ObjectStoreAdapter`] over the `object_store` crate, used for `memory://`. [`Stores`] opens the
//! one that a URI names.
//!
//! What is stored is a body, a small map of user metadata, and nothing else. No adapter ever shows
//! a partial object under its final name.

mod adapter;
mod convenience;
pub mod encrypted;
mod error;
mod facts;
mod file;
mod joined;
mod metadata;
mod object;
mod opening;
mod release;
mod request;
#[cfg(feature = "aws")]
mod s3;
pub(crate) mod staged;
mod uri;

pub use adapter::ObjectStoreAdapter;
pub use convenience::ObjectStoreExt;
pub use error::StoreError;
pub use facts::{
    Attributes, ObjectHead, ObjectInfo, ObjectVersion, ServerSideEncryption, Tags, Upload,
};
pub use file::{FileStore, Step};
pub use metadata::{Metadata, MetadataError};
pub use object::{
    LeftOut, Object, ObjectLister, ObjectReader, ObjectStore, ObjectWriter, VersionLister,
};
pub use opening::Stores;
pub use release::{Existing, ReleaseError, Spool, VerifiedFile};
pub use request::{Condition, GetOptions, NewObject};
#[cfg(feature = "aws")]
pub use s3::S3Store;
#[cfg(feature = "cli")]
pub(crate) use s3::uploads_ended;
pub use uri::{ObjectPrefix, ObjectUri, Scheme, UriError};
