//! One object's content on all cores, out of order, with the tag that one pass would give.
//!
//! GCM is counter mode and GHASH. The counter can be started at any block, and GHASH is linear: the
//! hashes of segments add up, each multiplied by a power of the hash key that says how much follows.
//! NIST SP 800-38D, sections 6.4 and 7.1.
//!
//! - `field` multiplies, `hash` puts the segments' hashes together.
//! - `message` encrypts or decrypts a segment and hashes it; contexts are kept for the next one.
//! - [`SegmentSealer`] and [`SegmentOpener`] hand out each part of the content once, in order, so
//!   that no byte of keystream is used twice and no segment can be forgotten or counted twice.

mod cursor;
mod field;
mod hash;
pub(super) mod message;
mod opener;
mod sealer;

pub use opener::{OpenSegment, SegmentOpener, open_segments};
pub use sealer::{SealSegment, SegmentSealer, seal_segments};

#[cfg(test)]
mod tests;
