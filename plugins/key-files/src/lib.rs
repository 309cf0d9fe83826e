//! How the first-party provider libraries read key files, keep what was in them, and quote what
//! they are asked.
//!
//! A key file is worth as much as the data it protects: [`read_secret`] refuses one that others on
//! the machine can read, [`read_trusted`] one that others can change, and both say what to type.

#![forbid(unsafe_code)]

mod loaded;
mod snapshot;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use provost_plugin_api::SecretBytes;

pub use loaded::Loaded;
pub use snapshot::Snapshot;

/// Why a file was not read. Each message names the file and says what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The operating system refused.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A folder, pipe, socket or device.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// Larger than anything this file could hold.
    #[error("`{}` has {got} bytes; at most {at_most} are expected here", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        at_most: usize,
        /// Its size, in bytes.
        got: u64,
    },
    /// It grew or shrank under the reader's eyes.
    #[error("`{}` changed while it was read; write it under another name and rename it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The mode of a secret file gives rights to its group or to everybody.
    #[error(
        "`{}` holds a secret and its mode is {mode:04o}, expected 0600 or 0400: run `chmod 600 {}`",
        path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The mode of a trusted file lets its group or everybody write to it.
    #[error(
        "`{}` can be changed by others, its mode is {mode:04o}: run `chmod go-w {}`",
        path.display(), path.display()
    )]
    WritableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// Why a location is not a file of this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// Another scheme than `file:`.
    #[error(
        "`{location}` is a `{scheme}:` location and this provider reads local files only: \
         copy the file to this machine and give its path"
    )]
    Scheme {
        /// What was given.
        location: String,
        /// Its scheme.
        scheme: String,
    },
    /// A `file:` URI of another machine, or one that needs decoding.
    #[error("`{location}` is not a plain `file:///path`: give the absolute path instead")]
    FileUri {
        /// What was given.
        location: String,
    },
    /// The working folder of a provider is nowhere in particular.
    #[error("`{location}` is relative: give an absolute path")]
    Relative {
        /// What was given.
        location: String,
    },
}

/// The path that `location` names: an absolute path, or `file:///path` or `file:/path`.
pub fn local_path(location: &str) -> Result<PathBuf, LocationError> {
    let given = || location.to_owned();
    let path = match scheme(location) {
        None => location,
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let rest = location.get(scheme.len() + 1..).unwrap_or_default();
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if !path.starts_with('/') || path.contains(['%', '?', '#']) {
                return Err(LocationError::FileUri { location: given() });
            }
            path
        }
        Some(scheme) => {
            return Err(LocationError::Scheme {
                location: given(),
                scheme: scheme.to_owned(),
            });
        }
    };
    let path = PathBuf::from(path);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(LocationError::Relative { location: given() })
    }
}

/// Text that came with a request, as a message may show it: quoted, cut at 200 characters, and
/// without control characters.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 200;
    let cut: String = text.chars().take(LONGEST).collect();
    let dots = if cut.len() < text.len() { "..." } else { "" };
    format!("`{}{dots}`", cut.escape_debug())
}

/// Reads a whole file that holds a secret, into memory that is wiped.
///
/// The file must be a regular one (symbolic links are followed) of at most `at_most` bytes, and
/// give no right to its group or to others.
pub fn read_secret(path: &Path, at_most: usize) -> Result<SecretBytes, KeyFileError> {
    secret(path, at_most).map(|(bytes, _)| bytes)
}

/// Reads a whole file that is no secret, but that decides which keys are used.
///
/// The file must be a regular one (symbolic links are followed) of at most `at_most` bytes, and
/// writable by its owner alone.
pub fn read_trusted(path: &Path, at_most: usize) -> Result<Vec<u8>, KeyFileError> {
    trusted(path, at_most).map(|(bytes, _)| bytes)
}

/// What a file holds, and what it was when it was opened.
fn secret(path: &Path, at_most: usize) -> Result<(SecretBytes, Metadata), KeyFileError> {
    let (file, metadata) = open(path)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    // One allocation of the right size: one that grows leaves copies behind.
    let mut bytes = SecretBytes::new(vec![0; size(path, &metadata, at_most)?]);
    fill(path, file, bytes.secret_bytes_mut())?;
    Ok((bytes, metadata))
}

fn trusted(path: &Path, at_most: usize) -> Result<(Vec<u8>, Metadata), KeyFileError> {
    let (file, metadata) = open(path)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(KeyFileError::WritableByOthers {
            path: path.to_owned(),
            mode,
        });
    }
    let mut bytes = vec![0; size(path, &metadata, at_most)?];
    fill(path, file, &mut bytes)?;
    Ok((bytes, metadata))
}

/// The scheme of a URI (RFC 3986, section 3.1), if `location` is one. A path may hold a colon
/// after its first slash.
fn scheme(location: &str) -> Option<&str> {
    let (scheme, _) = location.split_once(':')?;
    let mut characters = scheme.chars();
    let first = characters.next()?.is_ascii_alphabetic();
    let rest = characters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (first && rest).then_some(scheme)
}

fn open(path: &Path) -> Result<(File, Metadata), KeyFileError> {
    let failed = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    // Asked before opening, which would wait for the other end of a pipe; and after, of the file
    // that is really read.
    let before = fs::metadata(path).map_err(failed)?;
    let opened = if before.is_file() {
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        metadata.is_file().then_some((file, metadata))
    } else {
        None
    };
    opened.ok_or_else(|| KeyFileError::NotAFile {
        path: path.to_owned(),
    })
}

fn size(path: &Path, metadata: &Metadata, at_most: usize) -> Result<usize, KeyFileError> {
    usize::try_from(metadata.len())
        .ok()
        .filter(|size| *size <= at_most)
        .ok_or_else(|| KeyFileError::TooLarge {
            path: path.to_owned(),
            at_most,
            got: metadata.len(),
        })
}

/// Reads exactly as many bytes as the file said it has.
fn fill(path: &Path, mut file: File, bytes: &mut [u8]) -> Result<(), KeyFileError> {
    let changed = || KeyFileError::Changed {
        path: path.to_owned(),
    };
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::UnexpectedEof => changed(),
        _ => KeyFileError::Io {
            path: path.to_owned(),
            source,
        },
    };
    file.read_exact(bytes).map_err(failed)?;
    match file.read(&mut [0]).map_err(failed)? {
        0 => Ok(()),
        _ => Err(changed()),
    }
}
