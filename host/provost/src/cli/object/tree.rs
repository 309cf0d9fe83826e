//! The files in a folder, each with the name of the object that it becomes.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FileType;

use crate::cli::report::Failure;
use crate::folder::Folder;

/// What our own stores call files on their way: what a dead process left of them is no file of
/// the user's.
const PASSING: &str = ".provost-";

/// Walks through a folder in the order of names, never through a symbolic link.
pub(super) struct Tree {
    root: PathBuf,
    levels: Vec<Level>,
}

struct Level {
    folder: Arc<Folder>,
    /// Where it is below the root, with a `/` at the end; empty for the root itself.
    path: OsString,
    /// The names in it that are still to be seen, last first.
    names: Vec<OsString>,
}

/// What a walk meets.
pub(super) enum Met {
    /// A regular file.
    File(LocalFile),
    /// What is no file to put, and why.
    Skipped { path: PathBuf, reason: &'static str },
    /// What could not be looked at.
    Failed { path: PathBuf, failure: Failure },
}

/// A file of a folder that is open.
pub(super) struct LocalFile {
    folder: Arc<Folder>,
    name: OsString,
    /// Its path below the root, with `/` between its parts.
    pub(super) key: String,
    pub(super) path: PathBuf,
}

impl Tree {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let folder = Folder::open(root)?;
        let mut tree = Self {
            root: root.to_owned(),
            levels: Vec::new(),
        };
        tree.enter(folder, OsString::new())?;
        Ok(tree)
    }

    fn enter(&mut self, folder: Folder, path: OsString) -> io::Result<()> {
        let mut names = folder.names()?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.levels.push(Level {
            folder: Arc::new(folder),
            path,
            names,
        });
        Ok(())
    }

    /// The next thing in the folder or below; none at the end.
    pub(super) fn next(&mut self) -> Option<Met> {
        loop {
            let level = self.levels.last_mut()?;
            let Some(name) = level.names.pop() else {
                self.levels.pop();
                continue;
            };
            let mut below = level.path.clone();
            below.push(&name);
            let path = self.root.join(&below);
            let folder = Arc::clone(&level.folder);
            let failed = |what: &str, error: io::Error| {
                let failure = Failure::new(format!("cannot {what} `{}`: {error}", path.display()));
                Some(Met::Failed {
                    path: path.clone(),
                    failure,
                })
            };
            let kind = match folder.look_at(name.as_os_str()) {
                Ok(Some((kind, _))) => kind,
                // Removed since the folder was read.
                Ok(None) => continue,
                Err(error) => return failed("look at", error),
            };
            let reason = match kind {
                _ if name.as_bytes().starts_with(PASSING.as_bytes()) => {
                    "a leftover of a write that was stopped"
                }
                FileType::RegularFile => return Some(found(folder, name, below, path)),
                FileType::Directory => {
                    below.push("/");
                    let entered = folder
                        .below(name.as_os_str())
                        .and_then(|folder| self.enter(folder, below));
                    match entered {
                        Ok(()) => continue,
                        Err(error) => return failed("open the folder", error),
                    }
                }
                FileType::Symlink => "a symbolic link",
                FileType::Fifo => "a pipe",
                FileType::Socket => "a socket",
                _ => "a device",
            };
            return Some(Met::Skipped { path, reason });
        }
    }
}

fn found(folder: Arc<Folder>, name: OsString, below: OsString, path: PathBuf) -> Met {
    let Ok(key) = below.into_string() else {
        let failure = Failure::new(format!("the name of `{}` is not UTF-8", path.display()))
            .hint("no object may have such a name: rename the file");
        return Met::Failed { path, failure };
    };
    Met::File(LocalFile {
        folder,
        name,
        key,
        path,
    })
}

impl LocalFile {
    /// Opens the file and says how many bytes it has.
    pub(super) fn open(&self) -> Result<(File, u64), Failure> {
        let failed = |what: &dyn std::fmt::Display| {
            Failure::new(format!("cannot read `{}`: {what}", self.path.display()))
        };
        let name: &OsStr = &self.name;
        let file = self
            .folder
            .open_file(name)
            .map_err(|error| failed(&error))?;
        let facts = file.metadata().map_err(|error| failed(&error))?;
        if !facts.is_file() {
            return Err(failed(&"it is no regular file any more"));
        }
        Ok((file, facts.len()))
    }
}

/// Refuses a folder and a `file://` prefix of which one is in the other: what is put would be found
/// again, or replace what it is made of.
pub(super) fn check_apart(folder: &Path, store: &Path) -> Result<(), Failure> {
    let (folder, store) = (resolved(folder), resolved(store));
    if !folder.starts_with(&store) && !store.starts_with(&folder) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the folder `{}` and the objects in `{}` are in one another",
        folder.display(),
        store.display()
    ))
    .hint("plaintext and ciphertext need folders of their own"))
}

/// The path without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for base in path.ancestors() {
        if let Ok(found) = base.canonicalize() {
            let rest = path.strip_prefix(base).unwrap_or(Path::new(""));
            // Nothing that is joined would leave a slash at the end.
            return found.components().chain(rest.components()).collect();
        }
    }
    path
}
