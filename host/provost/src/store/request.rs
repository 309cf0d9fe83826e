//! What callers ask of a store.

use std::ops::Range;

use super::{Attributes, Metadata, ServerSideEncryption, Tags};

/// What an object will be, its body apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewObject {
    /// User metadata.
    pub metadata: Metadata,
    /// What else is said of it.
    pub attributes: Attributes,
    /// Its tags. A store without tags leaves them out.
    pub tags: Tags,
    /// How the store is to encrypt it. None leaves that to the store; a store that cannot do what
    /// is asked refuses.
    pub encryption: Option<ServerSideEncryption>,
    /// What must hold of the object that it replaces.
    pub condition: Condition,
    /// Whether no other object has this metadata: then an object that is found with it is this one,
    /// also where the answer to the request that made it was lost.
    pub unique: bool,
}

impl From<Metadata> for NewObject {
    fn from(metadata: Metadata) -> Self {
        Self {
            metadata,
            ..Self::default()
        }
    }
}

/// What must hold of the object under a name when it is replaced. The store checks it in the same
/// step; [`StoreError::Condition`](super::StoreError::Condition) says that it did not hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    Always,
    /// There is no object of that name.
    Absent,
    /// It is still the one with this [`etag`](super::ObjectInfo::etag).
    Unchanged(String),
}

impl Condition {
    /// That it is still the one with this mark; nothing, where a store gives none.
    pub fn unchanged(etag: Option<String>) -> Self {
        etag.map_or(Self::Always, Self::Unchanged)
    }
}

/// Which bytes of which version are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetOptions {
    /// A part of the body; none is all of it.
    pub range: Option<Range<u64>>,
    /// A version by its name; none is the current one.
    pub version: Option<String>,
    /// Only the object that has this [`etag`](super::ObjectInfo::etag).
    pub if_match: Option<String>,
}

impl From<Range<u64>> for GetOptions {
    fn from(range: Range<u64>) -> Self {
        Self {
            range: Some(range),
            ..Self::default()
        }
    }
}
