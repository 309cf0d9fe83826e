//! TLS artifacts on disk: a folder with the guide's three files, or the guide's zip.

mod collected;
mod folder;
mod moment;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use provost_core::tls::{Finding, Place, RawTlsFiles, RuleId, bundle, limits};
use rustix::fs::{Mode, OFlags, RawMode};
use zeroize::Zeroizing;

pub use collected::Collected;

/// A place without artifacts that could be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The folder, the archive, or the file in the folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Neither of the two.
    #[error("`{}` is {found}, expected a folder or a zip archive", path.display())]
    Kind {
        /// What was named.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// It grew or shrank while it was read, or the files of a folder were replaced again and again.
    #[error("`{}` changed while it was read", path.display())]
    Changed {
        /// The archive, or the file in the folder.
        path: PathBuf,
    },
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Io { source, .. } => match source.kind() {
                ErrorKind::NotFound => {
                    "check the path: it names a folder with privateKey.pem and \
                     certificateChain.pem, or a zip of them"
                }
                ErrorKind::PermissionDenied => {
                    "the user that runs this command has to be able to read it"
                }
                _ => return None,
            },
            Self::Kind { .. } => {
                "name a folder with privateKey.pem and certificateChain.pem, or a zip of them"
            }
            Self::Changed { .. } => "write it under another name, and rename it when it is whole",
        };
        Some(hint.to_owned())
    }
}

/// Reads artifacts from a folder or from a zip, whichever `path` is. What is wrong with what is
/// there is among the findings of what is returned.
pub fn read_path(path: &Path) -> Result<RawTlsFiles, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if metadata.is_dir() {
        return folder::read(path);
    }
    check_file(path, metadata.file_type())?;
    // NONBLOCK: what was a file just now may be a pipe that nobody writes to.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(|error| unreadable(path, error.into()))?);
    let metadata = file.metadata().map_err(|error| unreadable(path, error))?;
    check_file(path, metadata.file_type())?;
    if metadata.len() > limits::ARCHIVE as u64 {
        let mut raw = RawTlsFiles::default();
        raw.findings.push(bundle::too_large(metadata.len()));
        return Ok(raw);
    }
    // Wiped: the key is in it, stored or compressed.
    let mut raw = bundle::read(&whole(path, file, metadata.len())?);
    if raw.private_key.is_some() {
        let exposed = exposed(metadata.mode(), path, Place::default());
        raw.findings.extend(exposed);
    }
    Ok(raw)
}

/// That others can read what holds a private key, or put another key in its place.
fn exposed(mode: RawMode, path: &Path, place: Place) -> Option<Finding> {
    let mode = mode & 0o7777;
    let can = match (mode & 0o044 != 0, mode & 0o022 != 0) {
        (false, false) => return None,
        (true, false) => "read",
        (false, true) => "change",
        (true, true) => "read and change",
    };
    let message = format!("others can {can} it (mode {mode:04o}), expected 0600 or 0400");
    let finding = Finding::new(RuleId::Key010, place, message);
    Some(finding.hint(format!("`chmod 600 {}`", path.display())))
}

fn check_file(path: &Path, kind: std::fs::FileType) -> Result<(), SourceError> {
    let found = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a folder now",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    let path = path.to_owned();
    Err(SourceError::Kind { path, found })
}

/// A whole file, in one allocation of its size. No more than one byte beyond it is read.
fn whole(path: &Path, mut file: File, size: u64) -> Result<Zeroizing<Vec<u8>>, SourceError> {
    let changed = || SourceError::Changed {
        path: path.to_owned(),
    };
    let size = usize::try_from(size).map_err(|_| changed())?;
    let mut bytes = Zeroizing::new(vec![0; size]);
    match file.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(changed()),
        Err(error) => return Err(unreadable(path, error)),
    }
    match file.read(&mut [0]) {
        Ok(0) => Ok(bytes),
        Ok(_) => Err(changed()),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> SourceError {
    SourceError::Io {
        path: path.to_owned(),
        source,
    }
}
