//! From an object's URI to names in a folder.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

use crate::store::{ObjectPrefix, ObjectUri, Scheme, StoreError};

/// What every passing name begins with. Objects cannot have such names, listings do not show them.
const PASSING: &str = ".provost-";
/// What the name of a metadata file ends with.
const SIDECAR: &str = ".metadata.json";
/// The longest name that Linux file systems take, in bytes.
const NAME_MAX: usize = 255;
/// How many writers may stage one object at the same time where staging needs names.
const STAGES: usize = 64;

/// Where an object lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) uri: ObjectUri,
    /// The folder.
    pub(super) folder: PathBuf,
    /// The body's name in it.
    pub(super) body: String,
    /// The metadata file's name in it.
    pub(super) sidecar: String,
    /// Passing names of this object share this beginning. It holds a digest in place of the name,
    /// which may be too long to add anything to.
    passing: String,
}

impl Place {
    pub(super) fn of(uri: &ObjectUri) -> Result<Self, StoreError> {
        if uri.scheme() != Scheme::File {
            return Err(StoreError::ForeignUri {
                uri: uri.to_string(),
                store: "file:///".to_owned(),
            });
        }
        let bad = |problem: String| StoreError::Name {
            uri: uri.clone(),
            problem,
        };
        let name = uri.name();
        if uri.key().split('/').any(|s| s.starts_with(PASSING)) {
            return Err(bad(format!(
                "names that begin with {PASSING} are the store's own"
            )));
        }
        if name.ends_with(SIDECAR) {
            return Err(bad(format!(
                "names that end in {SIDECAR} hold the metadata of objects"
            )));
        }
        let room = NAME_MAX - SIDECAR.len();
        if name.len() > room {
            let got = name.len();
            return Err(bad(format!(
                "its last segment has {got} bytes; at most {room} fit"
            )));
        }
        let path = Path::new("/").join(uri.key());
        let hash = digest(&SHA256, name.as_bytes());
        let hash = hex(hash.as_ref().get(..8).unwrap_or_default());
        Ok(Self {
            uri: uri.clone(),
            folder: path.parent().unwrap_or(Path::new("/")).to_owned(),
            body: name.to_owned(),
            sidecar: format!("{name}{SIDECAR}"),
            passing: format!("{PASSING}{hash}"),
        })
    }

    /// The new body's name, between having none and its final one.
    pub(super) fn passing_body(&self) -> String {
        format!("{}-body", self.passing)
    }

    /// The new metadata file's name until it is complete.
    pub(super) fn passing_sidecar(&self) -> String {
        format!("{}-sidecar", self.passing)
    }

    /// Names to stage bodies under, where files without a name do not exist.
    pub(super) fn stages(&self) -> impl Iterator<Item = String> {
        (0..STAGES).map(|n| format!("{}-stage-{n}", self.passing))
    }
}

/// Whether a file or folder of this name is not an object.
pub(super) fn is_hidden(name: &str, is_folder: bool) -> bool {
    name.starts_with(PASSING) || (!is_folder && name.ends_with(SIDECAR))
}

/// The path that a prefix names.
pub(super) fn path_of(prefix: &ObjectPrefix) -> Result<PathBuf, StoreError> {
    if prefix.scheme() != Scheme::File {
        return Err(StoreError::ForeignUri {
            uri: prefix.to_string(),
            store: "file:///".to_owned(),
        });
    }
    Ok(Path::new("/").join(prefix.key()))
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}
