//! Files that have no name until they are complete.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::folder::Folder;

/// A file being written: without any name where the file system can (`O_TMPFILE`), else under a
/// passing one. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct Staged {
    folder: Arc<Folder>,
    file: File,
    name: Option<String>,
}

impl Staged {
    /// A file without a name; `None` where the file system has none such.
    pub(crate) fn unnamed(folder: &Arc<Folder>, mode: u32) -> io::Result<Option<Self>> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        match rustix::fs::openat(folder, ".", flags, Mode::from_raw_mode(mode)) {
            Ok(fd) => Ok(Some(Self {
                folder: Arc::clone(folder),
                file: fd.into(),
                name: None,
            })),
            // What file systems and kernels without O_TMPFILE answer.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// A file under a passing name, which must be free. It is locked for as long as it is open,
    /// so that what a dead process left can be told from what a live one writes.
    pub(crate) fn named(folder: &Arc<Folder>, mode: u32, name: &str) -> io::Result<Self> {
        let file = folder.create_file(name, mode)?;
        let staged = Self {
            folder: Arc::clone(folder),
            file,
            name: Some(name.to_owned()),
        };
        rustix::fs::flock(&staged.file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(staged)
    }

    /// Removes what a dead process left under a passing name. Says whether the name is free now.
    pub(crate) fn clear_abandoned(folder: &Folder, name: &str) -> io::Result<bool> {
        let file = match folder.open_file(name) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(e) => return Err(e),
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => folder.remove(name).map(|_| true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// The file, without a name for good.
    pub(crate) fn into_unnamed(mut self) -> io::Result<File> {
        let file = self.file.try_clone()?;
        if let Some(name) = self.name.take() {
            self.folder.remove(&name)?;
        }
        Ok(file)
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn is_unnamed(&self) -> bool {
        self.name.is_none()
    }

    /// Gives the file a name that must be free.
    pub(crate) fn give_name(&mut self, name: &str) -> io::Result<()> {
        match &self.name {
            None => self.link(name)?,
            Some(passing) => self.move_to_free(passing, name)?,
        }
        self.name = Some(name.to_owned());
        Ok(())
    }

    /// Gives the file its final name, which must be free.
    pub(crate) fn publish_new(&mut self, name: &str) -> io::Result<()> {
        self.give_name(name)?;
        self.name = None;
        Ok(())
    }

    /// Gives the file its final name, in place of what had it, in one step. The file must have a
    /// name by now: only a name can replace a name.
    pub(crate) fn replace(&mut self, name: &str) -> io::Result<()> {
        let Some(passing) = &self.name else {
            return Err(io::Error::other("the staged file has no name yet"));
        };
        self.folder.rename(passing, name)?;
        self.name = None;
        Ok(())
    }

    fn link(&self, name: &str) -> io::Result<()> {
        let by_descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let to = self.folder.as_fd();
        match rustix::fs::linkat(CWD, by_descriptor, to, name, AtFlags::SYMLINK_FOLLOW) {
            // No /proc here: newer kernels let the owner link by descriptor.
            Err(Errno::NOENT) => {
                rustix::fs::linkat(&self.file, "", to, name, AtFlags::EMPTY_PATH)?;
                Ok(())
            }
            linked => Ok(linked?),
        }
    }

    fn move_to_free(&self, from: &str, to: &str) -> io::Result<()> {
        let folder = self.folder.as_fd();
        match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
            // File systems without that flag have links instead.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
                self.folder.remove(from).map(|_| ())
            }
            moved => Ok(moved?),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Err(error) = self.folder.remove(name)
        {
            tracing::warn!(%name, %error, "a staging file could not be removed");
        }
    }
}
