//! A folder by its descriptor.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::path::Arg;

/// An open folder: names in it are meant relative to this descriptor, so that a folder that is
/// renamed meanwhile does not lead a later step astray.
#[derive(Debug)]
pub(crate) struct Folder(File);

/// A folder's lock, given up on drop and by the kernel when the process dies.
#[derive(Debug)]
pub(crate) struct FolderLock<'a>(&'a Folder);

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?.into()))
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

    /// Opens the root of all paths, to walk on from it.
    pub(crate) fn root() -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open("/", flags, Mode::empty())?.into()))
    }

    /// Opens a folder in this one to walk on from it, never through a symbolic link. Neither is
    /// permission to list it needed, nor can it be listed or synced.
    pub(crate) fn walk_to(&self, name: &OsStr) -> io::Result<Self> {
        self.open_folder(name, OFlags::PATH)
    }

    /// Opens a folder in this one, never through a symbolic link.
    pub(crate) fn below(&self, name: impl Arg) -> io::Result<Self> {
        self.open_folder(name, OFlags::RDONLY)
    }

    fn open_folder(&self, name: impl Arg, access: OFlags) -> io::Result<Self> {
        let flags = access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        Ok(Self(opened.into()))
    }

    /// Makes a folder in this one, with exactly these permissions, and opens it. One that is there
    /// already is an error. Whoever dies before it has them leaves it with what the umask allows.
    pub(crate) fn make(&self, name: impl Arg + Copy, mode: u32) -> io::Result<Self> {
        rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?;
        let made = self.below(name)?;
        made.set_mode(mode)?;
        Ok(made)
    }

    /// Sets the permissions.
    pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.0, Mode::from_raw_mode(mode))?)
    }

    /// What the system knows of the folder.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    /// All names in it, in no order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// What has this name, and to whom it belongs; a symbolic link is not followed.
    pub(crate) fn look_at(&self, name: impl Arg) -> io::Result<Option<(FileType, u32)>> {
        match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some((FileType::from_raw_mode(found.st_mode), found.st_uid))),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Where a symbolic link leads.
    pub(crate) fn read_link(&self, name: impl Arg) -> io::Result<OsString> {
        let target = rustix::fs::readlinkat(&self.0, name, Vec::new())?;
        Ok(OsStr::from_bytes(target.to_bytes()).to_owned())
    }

    /// Makes a symbolic link, under a name that must be free.
    pub(crate) fn make_link(&self, target: &str, name: &str) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, name: impl Arg) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
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
    pub(crate) fn open_file(&self, name: impl Arg) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Creates a file that must not be there yet.
    pub(crate) fn create_file(&self, name: &str, mode: u32) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(mode))?.into())
    }

    /// Opens a file to be locked, made if it is not there; never through a symbolic link.
    pub(crate) fn open_lock(&self, name: &str) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, Mode::from_raw_mode(0o600))?.into())
    }

    /// Gives a file another name, in place of what had that name.
    pub(crate) fn rename(&self, from: impl Arg, to: impl Arg) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Removes a name; says whether it was there.
    pub(crate) fn remove(&self, name: impl Arg) -> io::Result<bool> {
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
