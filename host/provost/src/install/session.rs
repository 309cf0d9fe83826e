//! An installation that is open and locked.

use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FileType;

use super::generation::{InstalledGeneration, PERMISSIONS};
use super::layout::{GENERATIONS, Presence, expect};
use super::lock::Lock;
use super::place::{self, Missing};
use super::state::State;
use super::steps::{Step, Steps};
use super::{InstallError, Installation};
use crate::folder::Folder;
use crate::place::check_one;

/// Everybody may look for what is public.
const MODE: u32 = 0o755;

/// An installation that nobody else changes meanwhile.
pub(super) struct Session<'a> {
    pub(super) path: &'a Path,
    pub(super) folder: Folder,
    pub(super) generations_path: PathBuf,
    pub(super) generations: Folder,
    pub(super) steps: &'a Steps,
    lock: Lock,
}

impl<'a> Session<'a> {
    /// Opens and locks an installation; makes it if that is wanted, else there has to be one.
    pub(super) fn begin(
        installation: &'a Installation,
        missing: Missing,
        steps: &'a Steps,
    ) -> Result<Self, InstallError> {
        let Installation {
            path,
            wait,
            command,
            ..
        } = installation;
        let nothing = || InstallError::NothingInstalled { path: path.clone() };
        let folder = place::open(path, missing, steps)?.ok_or_else(nothing)?;
        let generations_path = path.join(GENERATIONS);
        // Before the lock: in a folder of something else not even a lock file is made.
        if open_generations(&folder, &generations_path)?.is_none() && missing == Missing::None {
            return Err(nothing());
        }
        let lock = Lock::take(&folder, path, command, *wait, steps)?;
        let make = || {
            let made = steps.run(Step::MakeFolder, &generations_path, || {
                folder.make(GENERATIONS, MODE)
            })?;
            steps.sync(Step::SyncFolder, path, || folder.sync())?;
            Ok(made)
        };
        let generations = match open_generations(&folder, &generations_path)? {
            None => make()?,
            Some(opened) => {
                widen(&opened, &generations_path, steps)?;
                opened
            }
        };
        Ok(Self {
            path,
            folder,
            generations_path,
            generations,
            steps,
            lock,
        })
    }

    /// How long the lock was waited for.
    pub(super) fn waited(&self) -> Duration {
        self.lock.waited()
    }

    pub(super) fn state(&self) -> Result<State, InstallError> {
        self.steps.announce(Step::ReadCurrent);
        State::read(&self.folder, &self.generations, self.path)
    }

    /// What is left to return to from a generation that was removed or damaged by hand: the latest
    /// before it, or else the latest that is not it.
    pub(super) fn latest_usable(&self, state: &State, number: u64) -> Option<InstalledGeneration> {
        let above = (Bound::Excluded(number), Bound::Unbounded);
        let before = state.numbers.range(..number).rev();
        before
            .chain(state.numbers.range(above).rev())
            .find_map(|number| {
                let path = &self.generations_path;
                InstalledGeneration::open(&self.generations, path, *number)
                    .ok()
                    .flatten()
            })
    }
}

/// Whoever made the folder may have died before everybody could come through. Of the folder above
/// that cannot be told: its user may have made it, and narrower.
fn widen(generations: &Folder, path: &Path, steps: &Steps) -> Result<(), InstallError> {
    let facts = generations.metadata();
    let facts = facts.map_err(InstallError::io(path, Step::LookAt))?;
    let mode = facts.mode() & PERMISSIONS;
    let is_own = facts.uid() == rustix::process::geteuid().as_raw();
    if !is_own || mode & MODE == MODE {
        return Ok(());
    }
    let set_mode = || generations.set_mode(mode | MODE);
    steps.run(Step::SetMode, path, set_mode)
}

/// Opens the folder of generations, if it is there.
pub(super) fn open_generations(
    folder: &Folder,
    path: &Path,
) -> Result<Option<Folder>, InstallError> {
    if expect(folder, GENERATIONS, path, FileType::Directory)? == Presence::Absent {
        return Ok(None);
    }
    let failed = |e| InstallError::io(path, Step::OpenFolder)(e);
    let opened = folder.below(GENERATIONS).map_err(failed)?;
    let facts = opened.metadata().map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    check_one(path, &facts, user, false).map_err(InstallError::Place)?;
    Ok(Some(opened))
}
