//! Why content is not sealed or opened.

use std::ops::Range;

use crate::envelope::RandomnessError;
use crate::envelope::evp::CipherError;

/// Content cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// The plaintext is longer than one key may encrypt.
    #[error("plaintext of {got} bytes is too long; at most {max} bytes can be encrypted")]
    TooLong {
        /// The limit in bytes.
        max: u64,
        /// The length in bytes; where it is not known beforehand, how far it has come.
        got: u64,
    },
    /// Another length than announced.
    #[error("content is {got} bytes long; {expected} were announced")]
    Length {
        /// The length in bytes that was announced.
        expected: u64,
        /// The length in bytes so far.
        got: u64,
    },
    /// A segment that others follow ends inside a block.
    #[error("a segment of {got} bytes is not the last one, and no multiple of 16 bytes")]
    Unaligned {
        /// The segment's length in bytes.
        got: usize,
    },
    /// A segment was reserved, and neither sealed nor opened.
    #[error("a segment of the content is missing")]
    Segments,
    /// A range outside the plaintext, or an empty one.
    #[error("bytes {}..{} are not a part of the plaintext's {length} bytes", range.start, range.end)]
    Range {
        /// What was asked for.
        range: Range<u64>,
        /// The plaintext's length in bytes.
        length: u64,
    },
    /// The body cannot even hold a tag.
    #[error("body of {got} bytes is shorter than its {tag} byte tag")]
    ShorterThanTag {
        /// The tag's length in bytes.
        tag: u64,
        /// The body's length in bytes.
        got: u64,
    },
    /// CBC: the body is not made of whole blocks, of which there is at least one.
    #[error("body of {got} bytes is not a CBC body: expected a positive multiple of {block} bytes")]
    NotWholeBlocks {
        /// The block's length in bytes.
        block: u64,
        /// The body's length in bytes.
        got: u64,
    },
    /// CBC: how long the plaintext is, is not recorded, or not so that it can be true.
    #[error("plaintext length is not known before the end of the body is decrypted")]
    LengthUnknown,
    /// The content has no tag, and the caller did not ask for content without one.
    #[error("content is not authenticated")]
    Unauthenticated,
    /// The content has a tag, and the caller asked for content without one.
    #[error("content is authenticated, and is opened as such")]
    Authenticated,
    /// CBC: what was decrypted does not end in padding. No reason is given: one would tell an
    /// attacker about the plaintext.
    #[error("content does not decrypt: it was changed, cut off, or written with another key")]
    Padding,
    /// The data key is not the one that the envelope commits to.
    #[error("key commitment does not match: the envelope was made with another data key")]
    Commitment,
    /// The body, or the envelope that belongs to it, has been changed.
    #[error("content is not authentic: its tag does not match")]
    NotAuthentic,
    /// An earlier call failed; what it left behind is not to be used.
    #[error("content was abandoned after an earlier error")]
    Abandoned,
    /// The cryptographic library failed for no reason of the input's.
    #[error("encryption failed in the cryptographic library")]
    Library,
    /// There is no randomness for the IV or message id.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

impl From<CipherError> for ContentError {
    fn from(_: CipherError) -> Self {
        Self::Library
    }
}
