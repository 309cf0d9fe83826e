//! Rewrapping: another key protects an object's data key, and its content stays as it is.
//! S3EC format, section 5.

use super::key_wrap::RewrappedDataKey;
use super::metadata::{ContentMetadata, ContentParameters, SealedEnvelope};
use super::suite::{Format, KeyWrap, LegacyWrap, WriteFormat};
use super::{ContentError, DataKey, open};

/// An envelope cannot be rewrapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewrapError {
    /// The content is of an algorithm that no wrap is made for any more.
    #[error("{format} object with content algorithm '{algorithm}' cannot be rewrapped")]
    Legacy {
        /// The envelope's format.
        format: Format,
        /// The content algorithm's name.
        algorithm: &'static str,
    },
    /// Nothing but the content could show that the data key is the object's.
    #[error("data key cannot be proved to be the object's: {wrap} does not detect a wrong key")]
    Unproved {
        /// The stored wrap.
        wrap: LegacyWrap,
    },
    /// The data key is not the object's.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The new wrap is bound to content of another format.
    #[error("data key was wrapped for format {got}; the object is of format {expected}")]
    Format {
        /// The object's format.
        expected: Format,
        /// What the wrap is for.
        got: Format,
    },
}

/// Checks that an object can be rewrapped, and that `key` is its data key: before anybody is asked
/// to wrap it. Says which format the new wrap has to be for.
///
/// A V3 envelope commits to its data key. A V2 envelope does not, but its wrap detects a wrong key.
pub fn check_rewrap(metadata: &ContentMetadata, key: &DataKey) -> Result<WriteFormat, RewrapError> {
    let format = rewrap_format(metadata)?;
    if let KeyWrap::Legacy(wrap) = metadata.wrap()
        && !metadata.wrap().detects_wrong_key()
    {
        return Err(RewrapError::Unproved { wrap });
    }
    // Compares the commitment, where there is one.
    open(metadata, key, None)?;
    Ok(format)
}

/// The format that a new wrap of this object's data key has to be for; an error if the object
/// cannot be rewrapped at all. Needs no key.
pub fn rewrap_format(metadata: &ContentMetadata) -> Result<WriteFormat, RewrapError> {
    match metadata.content() {
        ContentParameters::V2 { .. } => Ok(WriteFormat::V2),
        ContentParameters::V3 { .. } => Ok(WriteFormat::V3),
        ContentParameters::Cbc { .. } => Err(RewrapError::Legacy {
            format: metadata.format(),
            algorithm: metadata.suite().name,
        }),
    }
}

/// The object's envelope with another wrap of its data key: IV, or message id and commitment, and
/// recorded length stay.
///
/// Whether the wrap is one of the object's own data key is not seen here: it has no key in it. The
/// caller unwraps it and compares before it replaces the only wrap there is.
pub fn rewrap(
    metadata: &ContentMetadata,
    wrap: RewrappedDataKey,
) -> Result<SealedEnvelope, RewrapError> {
    let format = rewrap_format(metadata)?;
    if wrap.format() != format {
        return Err(RewrapError::Format {
            expected: format.into(),
            got: wrap.format().into(),
        });
    }
    let RewrappedDataKey {
        encrypted,
        description,
        ..
    } = wrap;
    Ok(SealedEnvelope::new(ContentMetadata::sealed(
        metadata.content().clone(),
        encrypted,
        description,
        metadata.recorded_length(),
    )))
}

/// The object's envelope as it is, to be placed elsewhere.
pub fn moved(metadata: &ContentMetadata) -> Result<SealedEnvelope, RewrapError> {
    rewrap_format(metadata)?;
    Ok(SealedEnvelope::new(metadata.clone()))
}
