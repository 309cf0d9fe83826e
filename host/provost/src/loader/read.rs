//! The bytes of a library file, read once, from a place that only its owner can change.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::place::{self, UnsafePlace};

/// The largest library that is read, in bytes.
pub const LIBRARY_LIMIT: u64 = 256 << 20;

/// Whether nobody else can change the file.
pub(crate) type Safety = Result<(), UnsafePlace>;

/// A library file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The library.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("`{}` is not a file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// Too large to be a library.
    #[error("`{}` has {got} bytes, at most {LIBRARY_LIMIT} are read", path.display())]
    TooLarge {
        /// The library.
        path: PathBuf,
        /// Its size.
        got: u64,
    },
    /// Others can change it.
    #[error(transparent)]
    Place(UnsafePlace),
}

/// What to do about it.
pub(crate) fn read_hint(error: &ReadError) -> Option<String> {
    Some(match error {
        ReadError::Io { source, .. } => match source.kind() {
            ErrorKind::NotFound => "check the path; in a configuration file, paths start at the \
                 folder of that file"
                .to_owned(),
            ErrorKind::PermissionDenied => {
                "the user that runs the host has to be able to read it".to_owned()
            }
            _ => return None,
        },
        ReadError::NotAFile { .. } | ReadError::TooLarge { .. } => {
            "name the library itself, a `.so` file".to_owned()
        }
        ReadError::Place(place) => place.hint(),
    })
}

/// Reads a library; says where it really is, and whether others can change it there.
pub(crate) fn read(path: &Path) -> Result<(PathBuf, Vec<u8>, Safety), ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_owned(),
        source,
    };
    let canonical = path.canonicalize().map_err(io)?;
    // Symbolic links were followed just now; one that appears since is an attempt to swap the file.
    // NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = rustix::fs::open(&canonical, flags, Mode::empty()).map_err(|e| io(e.into()))?;
    let mut file = File::from(opened);
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: canonical });
    }
    if metadata.len() > LIBRARY_LIMIT {
        return Err(ReadError::TooLarge {
            path: canonical,
            got: metadata.len(),
        });
    }
    let safety = place::check(&canonical, &file).map_err(io)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    file.by_ref()
        .take(LIBRARY_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok((canonical, bytes, safety))
}
