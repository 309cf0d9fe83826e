//! A folder by its descriptor.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

/// An open folder: names in it are meant relative to this descriptor, so that a folder that is
/// renamed meanwhile does not lead a later step astray.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

/// A folder's lock, given up on drop and by the kernel when the process dies.
#[derive(Debug)]
pub(crate) struct FolderLock<'a>(&'a Folder);

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// Opens a folder, made durably with its parents if it is not there.
    pub(crate) fn open_or_create(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
            let parent = Self::open_or_create(parent)?;
            match rustix::fs::mkdirat(&parent.0, name, Mode::from_raw_mode(0o750)) {
                Ok(()) => parent.sync()?,
                // Another writer made it first.
                Err(Errno::EXIST) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Self::open(path)
    }

    /// Waits until nobody else holds the lock. Each `Folder` counts as its own holder, so this
    /// works among threads as well as among processes.
    pub(crate) fn lock(&self) -> io::Result<FolderLock<'_>> {
        retry_on_intr(|| rustix::fs::flock(&self.0, FlockOperation::LockExclusive))?;
        Ok(FolderLock(self))
    }

    /// Makes the names in the folder durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    /// Opens a file to read, never through a symbolic link, and without waiting for the other end
    /// of a pipe.
    pub(crate) fn open_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Creates a file that must not be there yet.
    pub(crate) fn create_file(&self, name: &str, mode: u32) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(mode))?.into())
    }

    /// Gives a file another name, in place of what had that name.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Removes a name; says whether it was there.
    pub(crate) fn remove(&self, name: &str) -> io::Result<bool> {
        match rustix::fs::unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Drop for FolderLock<'_> {
    fn drop(&mut self) {
        // Closing the descriptor gives the lock up too, so a failure here has no consequence.
        let _ = rustix::fs::flock(&self.0.0, FlockOperation::Unlock);
    }
}
