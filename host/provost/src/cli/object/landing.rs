//! Where objects become files: in one folder, and nowhere else.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FileType;

use crate::cli::report::Failure;
use crate::folder::Folder;
use crate::store::{Existing, ReleaseError, VerifiedFile};

/// The longest name that a file may have.
const MAX_NAME_BYTES: usize = 255;

/// Plaintext is for its owner.
const MODE: u32 = 0o700;

/// The folder that files are written into, walked to by its descriptor: no symbolic link in it is
/// followed, and no name leads out of it.
pub(super) struct Landing {
    path: PathBuf,
    root: Arc<Folder>,
}

impl Landing {
    /// Opens the folder, made if it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        // A relative path has no parent to make it in.
        let opened = std::path::absolute(path).and_then(|path| Folder::open_or_create(&path));
        let root = opened.map_err(|error| {
            Failure::new(format!(
                "cannot open the folder `{}`: {error}",
                path.display()
            ))
            .hint("name a folder, or a path where one can be made")
        })?;
        Ok(Self {
            path: path.to_owned(),
            root: Arc::new(root),
        })
    }

    /// Whether something has the name of this object's file.
    pub(super) fn holds(&self, key: &str) -> io::Result<bool> {
        let parts = parts(key)?;
        let mut folder = Arc::clone(&self.root);
        for part in parts.folders {
            folder = match folder.below(part) {
                Ok(below) => Arc::new(below),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            };
        }
        Ok(matches!(
            folder.look_at(parts.name)?,
            Some((FileType::RegularFile, _))
        ))
    }

    /// Begins the file of the object whose key below the prefix is this. Its folders are made.
    pub(super) fn begin(
        &self,
        key: &str,
        existing: Existing,
    ) -> Result<VerifiedFile, ReleaseError> {
        let path = self.path.join(key);
        let begun = parts(key).and_then(|parts| {
            let mut folder = Arc::clone(&self.root);
            for part in parts.folders {
                folder = Arc::new(enter(&folder, part)?);
            }
            Ok((folder, parts.name))
        });
        match begun {
            Ok((folder, name)) => VerifiedFile::create_in(folder, name, &path, existing),
            Err(source) => Err(ReleaseError {
                path,
                step: "make its folder",
                source,
            }),
        }
    }
}

struct Parts<'k> {
    folders: Vec<&'k str>,
    name: &'k str,
}

/// What a key is made of, if files can have it.
fn parts(key: &str) -> io::Result<Parts<'_>> {
    let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    let mut folders: Vec<&str> = key.split('/').collect();
    for part in &folders {
        match *part {
            "" => return wrong("its name has an empty part"),
            "." | ".." => return wrong("its name leads out of the folder"),
            part if part.len() > MAX_NAME_BYTES => {
                return wrong("its name has a part of more than 255 bytes");
            }
            part if part.bytes().any(|byte| byte.is_ascii_control()) => {
                return wrong("its name has a control character");
            }
            _ => {}
        }
    }
    match folders.pop() {
        Some(name) => Ok(Parts { folders, name }),
        None => wrong("it has no name"),
    }
}

fn enter(folder: &Folder, name: &str) -> io::Result<Folder> {
    let name = OsStr::new(name);
    match folder.below(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if is_no_folder(folder, name) => {
            let what = format!("`{}` is there and is no folder", name.display());
            return Err(io::Error::new(error.kind(), what));
        }
        entered => return entered,
    }
    match folder.make(name, MODE) {
        // Another file made it first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => folder.below(name),
        made => {
            folder.sync()?;
            made
        }
    }
}

fn is_no_folder(folder: &Folder, name: &OsStr) -> bool {
    matches!(folder.look_at(name), Ok(Some((kind, _))) if kind != FileType::Directory)
}
