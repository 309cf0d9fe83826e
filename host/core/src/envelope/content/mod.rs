//! Content: sealing and opening an object's body, in place and piece by piece.
//!
//! S3EC format, section 3. The body is the ciphertext followed by the tag; nothing precedes it.
//! Legacy content has padding instead of a tag.

mod cbc;
mod error;
mod key_commitment;
mod keyed;
mod length;
mod opener;
mod range;
mod sealer;
mod segment;

pub use cbc::{UnauthenticatedOpener, open_unauthenticated, unauthenticated_length};
pub use error::ContentError;
pub(super) use opener::plaintext_length;
pub use opener::{Opener, open};
pub use range::{UnverifiedRange, open_range_unverified, open_unauthenticated_range};
pub use sealer::{Sealer, seal};
pub use segment::{
    OpenSegment, SealSegment, SegmentOpener, SegmentSealer, open_segments, seal_segments,
};

#[cfg(test)]
mod wycheproof_cbc;
#[cfg(test)]
mod wycheproof_hkdf;
