//! The envelope: objects as Amazon's S3 Encryption Client stores them.
//!
//! Writing: [`DataKey::generate`], [`key_wrap::wrap`] (or a provider-held key's
//! [`key_wrap::compose_wrap`], or KMS's [`key_wrap::compose_kms_generate`]), [`seal`], then [`SealedEnvelope::place`] and the body through the
//! [`Sealer`]. Each step takes over what the one before made, so a data key meets one plaintext.
//!
//! Reading: [`ContentMetadata::locate`] parses all that is stored and checks it against the
//! [`ReadPolicy`] before any key is used; then [`key_wrap::unwrap`] and [`open`], or, for legacy
//! content that nothing authenticates, [`open_unauthenticated`].
//!
//! A large object goes through all cores at once with [`seal_segments`] and [`open_segments`]; a part
//! of one, which nobody authenticates, through [`open_range_unverified`].
//!
//! Nothing outside this module knows a name that begins with `x-amz-`.

mod content;
mod data_key;
mod evp;
mod flat_json;
pub mod key_wrap;
mod metadata;
mod names;
mod randomness;
mod reuse;
mod rewrap;
mod suite;

pub use content::{
    ContentError, OpenSegment, Opener, SealSegment, Sealer, SegmentOpener, SegmentSealer,
    UnauthenticatedOpener, UnverifiedRange, open, open_range_unverified, open_segments,
    open_unauthenticated, open_unauthenticated_range, seal, seal_segments, unauthenticated_length,
};
pub use data_key::DataKey;
pub use flat_json::FlatJsonError;
pub use key_wrap::{EncryptedDataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey};
pub use metadata::{
    ContentMetadata, EnvelopePlace, InInstructionFile, Legacy, Located, MAX_INSTRUCTION_FILE_BYTES,
    MAX_OBJECT_METADATA_BYTES, MetadataError, PlaceError, ReadPolicy, SealedEnvelope,
    StoredEnvelope, Unauthenticated, WritePlace,
};
pub use names::{INSTRUCTION_FILE_MARKER, INSTRUCTION_SUFFIX, is_envelope_name};
pub use randomness::{Randomness, RandomnessError};
pub use reuse::{ReusableDataKey, ReuseBounds};
pub use rewrap::{RewrapError, check_rewrap, moved, rewrap, rewrap_format};
pub use suite::{
    AES_CBC, AES_GCM, AES_GCM_COMMIT_KEY, AES_GCM_WRAPPED_BYTES, AlgorithmSuite, COMMITMENT_BYTES,
    DATA_KEY_BYTES, Format, GCM_IV_BYTES, GCM_TAG_BYTES, KeyWrap, LegacyWrap, MESSAGE_ID_BYTES,
    WrapAlgorithm, WriteFormat,
};
