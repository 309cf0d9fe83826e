//! The folder of what was fetched: `SHA-256` is a file of these bytes, `SHA-256.json` a note of
//! where one was fetched from, named after its location.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_core::config::{HostConfiguration, Sha256Digest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Fetched;
use crate::folder::Folder;
use crate::store::ObjectUri;
use crate::store::staged::Staged;

/// There may be private keys in what is fetched.
const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;
/// The largest note.
const RECORD_LIMIT: u64 = 16 << 10;

/// A cache that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// The system refused.
    #[error("cannot {step} in the cache `{}`", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What was being done.
        step: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Others can read or change what is in it.
    #[error("the cache `{}` is not this user's alone: {problem}", path.display())]
    Open {
        /// The folder.
        path: PathBuf,
        /// Its owner or its mode.
        problem: String,
    },
    /// Neither a setting nor the environment says where it is.
    #[error("where to keep what is fetched is not known")]
    Nowhere,
}

impl CacheError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { path, .. } => format!(
                "remove it, and it is made anew; or `chmod 700 {}`, if it is yours",
                path.display()
            ),
            Self::Io { .. } | Self::Nowhere => {
                "name another folder in provost.toml:\n[fetch]\ndirectory = \"/path/to/folder\""
                    .to_owned()
            }
        })
    }
}

/// Where something was fetched from, and what it was.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) location: String,
    pub(super) etag: String,
    pub(super) sha256: Sha256Digest,
}

pub(super) struct Cache {
    path: PathBuf,
    folder: Arc<Folder>,
}

impl Cache {
    /// Opens the folder, made if it is not there; refuses one that others can use.
    pub(super) fn open(host: &HostConfiguration) -> Result<Self, CacheError> {
        let path = place(host)?;
        let folder = open_or_make(&path);
        Self::checked(path, folder)
    }

    /// Opens the folder, if it is there.
    pub(super) fn existing(host: &HostConfiguration) -> Result<Option<Self>, CacheError> {
        let path = place(host)?;
        match Folder::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            folder => Self::checked(path, folder).map(Some),
        }
    }

    fn checked(path: PathBuf, folder: io::Result<Folder>) -> Result<Self, CacheError> {
        let failed = |source| CacheError::Io {
            path: path.clone(),
            step: "make or open the folder",
            source,
        };
        let folder = folder.map_err(failed)?;
        let facts = folder.metadata().map_err(failed)?;
        let user = rustix::process::geteuid().as_raw();
        let mode = facts.mode() & 0o7777;
        let problem = if facts.uid() != user {
            Some(format!(
                "it belongs to user {}, expected {user}",
                facts.uid()
            ))
        } else if mode & 0o077 != 0 {
            Some(format!("its mode is {mode:04o}, expected 0700"))
        } else {
            None
        };
        match problem {
            Some(problem) => Err(CacheError::Open { path, problem }),
            None => Ok(Self {
                folder: Arc::new(folder),
                path,
            }),
        }
    }

    /// The file with these bytes, if it is there and still has them. One that does not is removed.
    pub(super) fn read(
        &self,
        digest: Sha256Digest,
        limit: u64,
    ) -> Result<Option<Fetched>, CacheError> {
        let name = digest.to_string();
        let Some(file) = self.file(&name)? else {
            return Ok(None);
        };
        let failed = |source| self.failed("read a file", source);
        let bytes = bounded(file, limit).map_err(failed)?;
        if bytes
            .as_ref()
            .is_none_or(|bytes| Sha256Digest::of(bytes) != digest)
        {
            tracing::warn!(file = %name, "a file of the cache was damaged, and is removed");
            self.folder.remove(&name).map_err(failed)?;
            return Ok(None);
        }
        Ok(bytes.map(|bytes| Fetched {
            path: self.path.join(&name),
            digest,
            bytes,
        }))
    }

    /// Puts a file with these bytes into the folder.
    pub(super) fn keep(&self, digest: Sha256Digest, bytes: &[u8]) -> Result<PathBuf, CacheError> {
        let name = digest.to_string();
        let put = || {
            let unnamed = Staged::unnamed(&self.folder, FILE)?;
            let mut staged = match unnamed {
                Some(staged) => staged,
                None => self.named(&name)?,
            };
            staged.file().write_all(bytes)?;
            staged.file().sync_all()?;
            match staged.publish_new(&name) {
                // The same bytes, from somebody who was faster.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
                done => done,
            }
        };
        put().map_err(|source| self.failed("keep a file", source))?;
        Ok(self.path.join(name))
    }

    /// What is noted of a location. A note that cannot be understood is none.
    pub(super) fn record(&self, uri: &ObjectUri) -> Result<Option<Record>, CacheError> {
        let Some(file) = self.file(&note(uri))? else {
            return Ok(None);
        };
        let bytes = bounded(file, RECORD_LIMIT);
        let bytes = bytes.map_err(|source| self.failed("read a note", source))?;
        let record = bytes.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
        Ok(record.filter(|record| record.location == uri.to_string()))
    }

    pub(super) fn note(&self, uri: &ObjectUri, record: &Record) -> Result<(), CacheError> {
        let name = note(uri);
        let put = || {
            let mut staged = self.named(&name)?;
            staged.file().write_all(&serde_json::to_vec(record)?)?;
            staged.file().sync_all()?;
            staged.replace(&name)
        };
        put().map_err(|source| self.failed("write a note", source))
    }

    fn named(&self, name: &str) -> io::Result<Staged> {
        let passing = format!("{name}.{}.new", std::process::id());
        if Staged::clear_abandoned(&self.folder, &passing)? {
            Staged::named(&self.folder, FILE, &passing)
        } else {
            Err(io::Error::other("another thread is fetching the same"))
        }
    }

    fn file(&self, name: &str) -> Result<Option<File>, CacheError> {
        match self.folder.open_file(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            opened => opened
                .map(Some)
                .map_err(|source| self.failed("open a file", source)),
        }
    }

    fn failed(&self, step: &'static str, source: io::Error) -> CacheError {
        CacheError::Io {
            path: self.path.clone(),
            step,
            source,
        }
    }
}

/// A whole file, in one allocation that is wiped; none if it has more bytes than that.
fn bounded(mut file: File, limit: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let size = file.metadata()?.len();
    let Some(room) = usize::try_from(size).ok().filter(|_| size <= limit) else {
        return Ok(None);
    };
    let mut bytes = Zeroizing::new(vec![0; room]);
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn note(uri: &ObjectUri) -> String {
    format!("{}.json", Sha256Digest::of(uri.to_string().as_bytes()))
}

fn place(host: &HostConfiguration) -> Result<PathBuf, CacheError> {
    match &host.fetch.directory {
        Some(directory) => Ok(directory.get().clone()),
        None => default_folder().ok_or(CacheError::Nowhere),
    }
}

fn open_or_make(path: &Path) -> io::Result<Folder> {
    match Folder::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened,
    }
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Folder::open(path);
    };
    match Folder::open_or_create(above)?.make(name, FOLDER) {
        // Somebody else made it first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Folder::open(path),
        made => made,
    }
}

/// Of root, the system's; of others, the one of the XDG specification.
fn default_folder() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/provost"));
    }
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Some(caches?.join("provost"))
}
