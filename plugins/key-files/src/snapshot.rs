//! Several files, as they were at one moment.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use provost_plugin_api::SecretBytes;

use crate::KeyFileError;

/// Reads files that belong together, such as a key and its certificate, and tells whether they
/// were all there at one moment.
#[derive(Debug, Default)]
pub struct Snapshot(Vec<(PathBuf, State)>);

impl Snapshot {
    /// Nothing has been read.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`read_secret`](crate::read_secret), of a file that belongs to the others.
    pub fn read_secret(
        &mut self,
        path: &Path,
        at_most: usize,
    ) -> Result<SecretBytes, KeyFileError> {
        let (bytes, metadata) = crate::secret(path, at_most)?;
        self.0.push((path.to_owned(), State::of(&metadata)));
        Ok(bytes)
    }

    /// [`read_trusted`](crate::read_trusted), of a file that belongs to the others.
    pub fn read_trusted(&mut self, path: &Path, at_most: usize) -> Result<Vec<u8>, KeyFileError> {
        let (bytes, metadata) = crate::trusted(path, at_most)?;
        self.0.push((path.to_owned(), State::of(&metadata)));
        Ok(bytes)
    }

    /// A file that was read and is another one now, or has been written to: asked after the last
    /// one was read. If there is none, all of them were there, as they were read, at that moment.
    pub fn changed(&self) -> Option<&Path> {
        let changed = self.0.iter().find(|(path, read)| {
            let now = fs::metadata(path);
            !now.is_ok_and(|now| State::of(&now) == *read)
        });
        changed.map(|(path, _)| path.as_path())
    }
}

/// Which file it is, and when it was last written to or changed in any other way.
#[derive(Debug, PartialEq, Eq)]
struct State {
    file: (u64, u64),
    length: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
