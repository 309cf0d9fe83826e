//! Plaintext becomes visible when it is verified, not before.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::FileType;

use super::staged::Staged;
use crate::folder::Folder;

/// Only the owner may read plaintext, and what is on its way to be plaintext.
const MODE: u32 = 0o600;

/// What becomes of a file that has the destination's name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    Refuse,
    /// It is replaced, in one step.
    Replace,
}

/// A file that gets its name when its contents have been verified: it has none before
/// (`O_TMPFILE`), and dropping it leaves nothing. It has mode 0600.
///
/// On a file system without unnamed files it has a passing name, `.provost-` and random digits.
/// Whoever writes plaintext into it must then have verified it first: see
/// [`is_unnamed`](Self::is_unnamed).
#[derive(Debug)]
pub struct VerifiedFile {
    path: PathBuf,
    name: String,
    existing: Existing,
    folder: Arc<Folder>,
    staged: Staged,
    turns: Turns,
}

/// Whose turn it is to write. The kernel lets one thread write to a file and has the others spin,
/// on processors that decrypt meanwhile; here they sleep.
#[derive(Debug, Default)]
struct Turns(Mutex<()>);

impl Turns {
    fn write_all_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let _turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all_at(bytes, offset)
    }
}

/// Why a file could not be written or given its name.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: cannot {step}: {source}", path = path.display())]
#[non_exhaustive]
pub struct ReleaseError {
    /// The destination.
    pub path: PathBuf,
    /// What was being done, such as "open its folder".
    pub step: &'static str,
    /// The operating system's answer.
    pub source: io::Error,
}

impl VerifiedFile {
    /// Begins a file that will be `path`. Its folder must exist. Blocks.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, ReleaseError> {
        let at = |step| {
            move |source| ReleaseError {
                path: path.to_owned(),
                step,
                source,
            }
        };
        let name = path.file_name().and_then(OsStr::to_str).ok_or_else(|| {
            let wrong = "the path does not end in a UTF-8 name";
            at("create the file")(io::Error::new(io::ErrorKind::InvalidInput, wrong))
        })?;
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = Folder::open(parent).map_err(at("open its folder"))?;
        Self::create_in(Arc::new(folder), name, path, existing)
    }

    /// Begins a file that will have this name in a folder that is open. `path` is for errors.
    pub(crate) fn create_in(
        folder: Arc<Folder>,
        name: &str,
        path: &Path,
        existing: Existing,
    ) -> Result<Self, ReleaseError> {
        let at = |step| {
            move |source| ReleaseError {
                path: path.to_owned(),
                step,
                source,
            }
        };
        check_destination(&folder, name, existing).map_err(at("create the file"))?;
        let staged = Staged::unnamed(&folder, MODE)
            .and_then(|unnamed| match unnamed {
                Some(staged) => Ok(staged),
                None => Staged::named(&folder, MODE, &passing_name()?),
            })
            .map_err(at("create the file"))?;
        Ok(Self {
            path: path.to_owned(),
            name: name.to_owned(),
            existing,
            folder,
            staged,
            turns: Turns::default(),
        })
    }

    /// Whether the file has no name yet. If not, a crash would leave what was written so far, so
    /// only what is already verified may be written.
    pub fn is_unnamed(&self) -> bool {
        self.staged.is_unnamed()
    }

    /// Appends to the file. Blocks.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), ReleaseError> {
        let written = self.staged.file().write_all(bytes);
        written.map_err(|e| self.failed("write the file", e))
    }

    /// Writes into the file at `offset`, from any thread. Blocks.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), ReleaseError> {
        let written = self.turns.write_all_at(self.staged.file(), bytes, offset);
        written.map_err(|e| self.failed("write the file", e))
    }

    /// Makes the file durable and gives it its name. Blocks.
    pub fn commit(mut self) -> Result<(), ReleaseError> {
        let synced = self.staged.file().sync_all();
        synced.map_err(|e| self.failed("sync the file", e))?;
        let named = match self.existing {
            Existing::Refuse => self.staged.publish_new(&self.name),
            Existing::Replace => self.replace(),
        };
        named.map_err(|e| self.failed("name the file", e))?;
        self.folder
            .sync()
            .map_err(|e| self.failed("sync its folder", e))
    }

    fn replace(&mut self) -> io::Result<()> {
        if self.staged.is_unnamed() {
            self.staged.give_name(&passing_name()?)?;
        }
        self.staged.replace(&self.name)
    }

    fn failed(&self, step: &'static str, source: io::Error) -> ReleaseError {
        ReleaseError {
            path: self.path.clone(),
            step,
            source,
        }
    }
}

/// Said before anything is transferred: the naming itself would refuse it, but late.
fn check_destination(folder: &Folder, name: &str, existing: Existing) -> io::Result<()> {
    let (kind, problem) = match folder.look_at(name)? {
        Some((FileType::Directory, _)) => (io::ErrorKind::IsADirectory, "it is a folder"),
        Some((kind, _)) if kind != FileType::RegularFile => {
            (io::ErrorKind::Other, "it is not a regular file")
        }
        Some(_) if existing == Existing::Refuse => {
            (io::ErrorKind::AlreadyExists, "it exists already")
        }
        None | Some(_) => return Ok(()),
    };
    Err(io::Error::new(kind, problem))
}

fn passing_name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(format!(".provost-{:016x}", u64::from_ne_bytes(random)))
}

/// A file for ciphertext on its way, without a name and with mode 0600: what is decrypted is then
/// what was verified, which a second fetch would not promise.
#[derive(Debug)]
pub struct Spool {
    file: File,
    turns: Turns,
}

impl Spool {
    /// A new spool in `folder`, or in the system's folder for temporary files.
    pub fn create(folder: Option<&Path>) -> io::Result<Self> {
        let system = std::env::temp_dir();
        let folder = Arc::new(Folder::open(folder.unwrap_or(&system))?);
        let staged = match Staged::unnamed(&folder, MODE)? {
            Some(staged) => staged,
            None => Staged::named(&folder, MODE, &passing_name()?)?,
        };
        Ok(Self {
            file: staged.into_unnamed()?,
            turns: Turns::default(),
        })
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Writes into the file at `offset`, from any thread. Blocks.
    pub fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.turns.write_all_at(&self.file, bytes, offset)
    }
}

#[cfg(test)]
mod tests;
