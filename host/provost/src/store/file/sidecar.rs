//! The file beside a body that holds its metadata.
//!
//! Local files carry no user metadata, and two files cannot be replaced in one step. So the
//! metadata file says which body each entry is for, and is written before a new body is put in
//! place, with an entry for the old body and one for the new. Whoever reads takes the entry that
//! matches the body. The file `NAME.metadata.json`, beside `NAME`, is this JSON object:
//!
//! ```json
//! {
//!   "version": 1,
//!   "bodies": [
//!     {
//!       "last16": "00112233445566778899aabbccddeeff",
//!       "size": 1234,
//!       "inode": 42,
//!       "metadata": { "x-amz-c": "115" }
//!     }
//!   ]
//! }
//! ```
//!
//! - `last16`: the last 16 bytes of the body in lower-case hex, fewer if it is shorter. For an
//!   encrypted object this is its authentication tag, which no two bodies share.
//! - `size`: bytes of the body.
//! - `inode`: only while two bodies agree in both of the above. It tells these two apart, and is
//!   not looked at otherwise, so that a folder can be copied.
//! - `metadata`: names, in lower case, to values.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::store::Metadata;

use super::place::hex;

/// The only version there is.
const VERSION: u32 = 1;
/// Two entries of the most metadata, every character escaped, are shorter than this.
const MAX_BYTES: u64 = 64 * 1024;
/// How many bytes of a body its entry remembers.
const LAST: u64 = 16;

/// The metadata of one body, or of the old and the new one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sidecar {
    version: u32,
    bodies: Vec<Entry>,
}

/// Which body, and its metadata.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    last16: String,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inode: Option<u64>,
    #[serde(serialize_with = "write_metadata", deserialize_with = "read_metadata")]
    metadata: Metadata,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Why a metadata file gives no entries.
#[derive(Debug)]
pub(super) enum Unread {
    /// The operating system's answer. The file may be as good as ever.
    Io(io::Error),
    /// Not one that this build writes, perhaps good; what it is, to follow its name.
    Unknown(String),
    /// What is wrong with it, to follow its name.
    Damaged(String),
}

/// A body that lies there or is staged: what tells it from others.
#[derive(Debug, Clone)]
pub(super) struct Body {
    last16: String,
    size: u64,
    inode: u64,
}

impl Body {
    /// Reads what tells this body from others.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let facts = file.metadata()?;
        let size = facts.len();
        let length = size.min(LAST);
        let mut last = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut last, size - length)?;
        Ok(Self {
            last16: hex(&last),
            size,
            inode: facts.ino(),
        })
    }

    fn entry(&self, metadata: Metadata, inode: Option<u64>) -> Entry {
        let Self { last16, size, .. } = self.clone();
        Entry {
            last16,
            size,
            inode,
            metadata,
        }
    }

    fn looks_like(&self, last16: &str, size: u64) -> bool {
        self.last16 == last16 && self.size == size
    }
}

impl Sidecar {
    /// The metadata of one body.
    pub(super) fn one(body: &Body, metadata: Metadata) -> Self {
        Self {
            version: VERSION,
            bodies: vec![body.entry(metadata, None)],
        }
    }

    /// The metadata of the body that lies there and of the one that will replace it.
    pub(super) fn two(old: (&Body, Metadata), new: (&Body, Metadata)) -> Self {
        let alike = old.0.looks_like(&new.0.last16, new.0.size);
        let bodies =
            [old, new].map(|(body, metadata)| body.entry(metadata, alike.then_some(body.inode)));
        Self {
            version: VERSION,
            bodies: bodies.into(),
        }
    }

    /// Reads a metadata file.
    pub(super) fn read(file: &File) -> Result<Self, Unread> {
        let mut text = Vec::new();
        let mut limited = io::Read::take(file, MAX_BYTES + 1);
        io::Read::read_to_end(&mut limited, &mut text).map_err(Unread::Io)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(Unread::Unknown(format!("has more than {MAX_BYTES} bytes")));
        }
        let damaged = |e| Unread::Damaged(format!("is damaged: {e}"));
        // The version first: another one may have other fields, and is not damaged for that.
        let Versioned { version } = serde_json::from_slice(&text).map_err(damaged)?;
        if version != u64::from(VERSION) {
            return Err(Unread::Unknown(format!(
                "has version {version}; this build reads version {VERSION}"
            )));
        }
        serde_json::from_slice(&text).map_err(damaged)
    }

    pub(super) fn to_json(&self) -> io::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// The metadata of this body, if there is an entry for it.
    pub(super) fn metadata_of(&self, body: &Body) -> Option<Metadata> {
        let matching = || {
            self.bodies
                .iter()
                .filter(|e| body.looks_like(&e.last16, e.size))
        };
        let mut only = matching();
        let first = only.next()?;
        let entry = if only.next().is_none() {
            first
        } else {
            matching().find(|e| e.inode == Some(body.inode))?
        };
        Some(entry.metadata.clone())
    }
}

fn write_metadata<S: Serializer>(metadata: &Metadata, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(metadata.iter())
}

fn read_metadata<'de, D: Deserializer<'de>>(from: D) -> Result<Metadata, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Metadata;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object of strings")
        }

        // Not through a map type, which would let one of two equal names win in silence.
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Metadata, A::Error> {
            let mut metadata = Metadata::new();
            while let Some((name, value)) = entries.next_entry::<String, String>()? {
                metadata
                    .insert(&name, value)
                    .map_err(serde::de::Error::custom)?;
            }
            Ok(metadata)
        }
    }

    from.deserialize_map(Entries)
}
