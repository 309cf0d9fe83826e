//! A library's bytes, in memory that nobody can change any more.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};

/// A library's bytes in a sealed memory file: what was hashed is what is mapped.
///
/// Cheap to clone; the memory lives until the last clone is dropped, or for ever once it was
/// opened in this process.
#[derive(Debug, Clone)]
pub struct SealedLibrary(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    file: File,
}

const SEALS: SealFlags = SealFlags::WRITE
    .union(SealFlags::GROW)
    .union(SealFlags::SHRINK)
    .union(SealFlags::SEAL);

impl SealedLibrary {
    /// Copies `bytes` into a memory file and seals it. `name` is for messages and for
    /// `/proc/PID/maps`.
    pub fn seal(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let mut file = File::from(create(name)?);
        file.write_all(bytes)?;
        fcntl_add_seals(&file, SEALS)?;
        Ok(Self::of(name, file))
    }

    /// A memory file that was received, if it is sealed.
    pub(crate) fn received(name: &str, fd: OwnedFd) -> io::Result<Self> {
        if !fcntl_get_seals(&fd)?.contains(SEALS) {
            return Err(io::Error::other("the library is not sealed"));
        }
        Ok(Self::of(name, fd.into()))
    }

    fn of(name: &str, file: File) -> Self {
        let name = name.to_owned();
        Self(Arc::new(Inner { name, file }))
    }

    /// The name that it was given.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A copy of the bytes, read back after sealing: hash these.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_back(&mut bytes)?;
        Ok(bytes)
    }

    /// The same, in place of what `buffer` holds: new memory for a library costs as much as its
    /// copy.
    pub fn read_back(&self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let size = self.0.file.metadata()?.len();
        let size = usize::try_from(size).map_err(io::Error::other)?;
        buffer.resize(size, 0);
        self.0.file.read_exact_at(buffer, 0)
    }

    /// Keeps the descriptor open until the process ends, so that its number is not used again.
    pub(crate) fn keep_open(&self) {
        std::mem::forget(Arc::clone(&self.0));
    }
}

impl AsFd for SealedLibrary {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.file.as_fd()
    }
}

fn create(name: &str) -> io::Result<OwnedFd> {
    // A memory file's name has at most 249 bytes and no zero byte.
    let label: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .take(200)
        .collect();
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know EXEC; later ones want to be told whether code will be mapped.
    match memfd_create(label.as_str(), flags | MemfdFlags::EXEC) {
        Err(rustix::io::Errno::INVAL) => Ok(memfd_create(label.as_str(), flags)?),
        result => Ok(result?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_read_back_and_cannot_be_changed() {
        let library = SealedLibrary::seal("lib x\0ä.so", b"code").unwrap();
        assert_eq!(library.bytes().unwrap(), b"code");
        assert!(library.0.file.write_at(b"evil", 0).is_err());
        assert!(library.0.file.set_len(0).is_err());
        assert!(library.0.file.set_len(100).is_err());
        assert!(fcntl_add_seals(&library, SealFlags::FUTURE_WRITE).is_err());
        assert_eq!(library.bytes().unwrap(), b"code");
        let mut buffer = b"what was there".to_vec();
        library.read_back(&mut buffer).unwrap();
        assert_eq!(buffer, b"code");
    }

    #[test]
    fn a_received_file_that_is_not_sealed_is_refused() {
        let open = create("open").unwrap();
        assert!(SealedLibrary::received("open", open).is_err());
    }
}
