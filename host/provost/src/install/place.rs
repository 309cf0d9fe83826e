//! Opening the folder of an installation, along folders that nobody else can change.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::InstallError;
use super::layout::{describe, unexpected};
use super::steps::{Step, Steps};
use crate::folder::Folder;
use crate::place::{UnsafePlace, check_one};

/// Who looks for `current` has to come through.
const MODE: u32 = 0o755;
/// How many symbolic links one path may have, as on Linux.
const LINKS: usize = 40;

/// What becomes of a folder that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It is made.
    Make,
    /// Then there is no installation.
    None,
}

/// Opens the folder. It is walked to from the root, each folder opened in the one before and then
/// checked, so that nobody can put another one in its place between check and use. A symbolic link
/// on the way is followed if it belongs to somebody who could have made it anywhere.
pub(super) fn open(
    path: &Path,
    missing: Missing,
    steps: &Steps,
) -> Result<Option<Folder>, InstallError> {
    let absolute = steps.run(Step::OpenFolder, path, || std::path::absolute(path))?;
    let mut walk = Walk {
        rest: names(&absolute).collect(),
        folder: steps.run(Step::OpenFolder, Path::new("/"), Folder::root)?,
        path: PathBuf::from("/"),
        links: 0,
        user: rustix::process::geteuid().as_raw(),
        steps,
    };
    walk.check()?;
    while let Some(name) = walk.rest.pop_front() {
        if !walk.step(&name, missing)? {
            return Ok(None);
        }
    }
    let Walk { folder, path, .. } = walk;
    // The folder itself is listed and synced, which takes more than walking through it.
    steps
        .run(Step::OpenFolder, &path, || folder.below("."))
        .map(Some)
}

struct Walk<'a> {
    /// What is still to be walked.
    rest: VecDeque<OsString>,
    /// Where the walk is.
    folder: Folder,
    /// Its path.
    path: PathBuf,
    links: usize,
    user: u32,
    steps: &'a Steps,
}

impl Walk<'_> {
    /// Walks on by one name. Says whether it is there.
    fn step(&mut self, name: &OsStr, missing: Missing) -> Result<bool, InstallError> {
        let path = self.path.join(name);
        let found = self
            .steps
            .run(Step::OpenFolder, &path, || self.folder.look_at(name))?;
        match found {
            Some((FileType::Symlink, owner)) => {
                return self.follow(name, &path, owner).map(|()| true);
            }
            Some((FileType::Directory, _)) => {}
            Some((kind, _)) => {
                return Err(unexpected(&path, kind, describe(FileType::Directory)));
            }
            None if missing == Missing::None => return Ok(false),
            None => self.make(name, &path)?,
        }
        let opened = || self.folder.walk_to(name);
        self.folder = self.steps.run(Step::OpenFolder, &path, opened)?;
        self.path = path;
        self.check()?;
        Ok(true)
    }

    fn make(&self, name: &OsStr, path: &Path) -> Result<(), InstallError> {
        let made = self.steps.run(Step::MakeFolder, path, || {
            match self.folder.make(name, MODE) {
                // Another process made it first; it is checked as any other.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                made => made.map(|_| true),
            }
        })?;
        if made {
            self.steps.sync(Step::SyncFolder, &self.path, || {
                self.folder.below(".")?.sync()
            })?;
        }
        Ok(())
    }

    fn follow(&mut self, name: &OsStr, path: &Path, owner: u32) -> Result<(), InstallError> {
        if owner != 0 && owner != self.user {
            return Err(InstallError::Place(UnsafePlace::Owner {
                path: path.to_owned(),
                owner,
                user: self.user,
            }));
        }
        self.links += 1;
        let target = self.steps.run(Step::OpenFolder, path, || {
            if self.links > LINKS {
                return Err(Errno::LOOP.into());
            }
            self.folder.read_link(name)
        })?;
        let target = PathBuf::from(target);
        for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
            self.rest.push_front(name);
        }
        if target.is_absolute() {
            self.path = PathBuf::from("/");
            self.folder = self.steps.run(Step::OpenFolder, &self.path, Folder::root)?;
        }
        Ok(())
    }

    /// Refuses the folder that the walk is at if others can change what is in it. In folders above
    /// the last one they may add what is theirs, since the next step checks what it opened.
    fn check(&self) -> Result<(), InstallError> {
        let facts = self
            .steps
            .run(Step::OpenFolder, &self.path, || self.folder.metadata())?;
        let is_above = !self.rest.is_empty();
        check_one(&self.path, &facts, self.user, is_above).map_err(InstallError::Place)
    }
}

/// What there is to walk. `..` is a name like others: it is opened, not computed.
fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    })
}
