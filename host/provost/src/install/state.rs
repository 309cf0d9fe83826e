//! What an installation has: the generation in force, and the others.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use provost_core::tls::shown;
use rustix::fs::FileType;

use super::generation::InstalledGeneration;
use super::layout::{CURRENT, look, number, number_of_target, unexpected};
use super::steps::Step;
use super::{InstallError, layout};
use crate::folder::Folder;

/// What `current` has to be.
const LINK: &str = "a link to one of the generations";

/// What an installation has, seen by who holds its lock.
pub(super) struct State {
    pub(super) current: Current,
    /// The numbers of all generations that lie there, complete and wanted or not.
    pub(super) numbers: BTreeSet<u64>,
}

/// Where `current` leads.
pub(super) enum Current {
    /// There is no such link: nothing was ever in force.
    Nothing,
    Generation(InstalledGeneration),
    /// To a generation that was removed or damaged by hand.
    Unusable {
        number: u64,
        error: InstallError,
    },
}

impl State {
    pub(super) fn read(
        folder: &Folder,
        generations: &Folder,
        path: &Path,
    ) -> Result<Self, InstallError> {
        let below = path.join(layout::GENERATIONS);
        let current = match link(folder, path)? {
            None => Current::Nothing,
            Some(number) => match InstalledGeneration::open(generations, &below, number) {
                Ok(Some(generation)) => Current::Generation(generation),
                Ok(None) => Current::Unusable {
                    number,
                    error: dangling(path, number),
                },
                Err(error) => Current::Unusable { number, error },
            },
        };
        let numbers = numbers(generations, &below)?;
        Ok(Self { current, numbers })
    }

    /// The generations that belong to the installation, if that can be told: the one in force and
    /// the one before it. Others are left from runs that were killed.
    pub(super) fn kept(&self) -> Option<Vec<u64>> {
        match &self.current {
            Current::Generation(generation) => {
                let before = generation.manifest().previous;
                Some(before.into_iter().chain([generation.number()]).collect())
            }
            Current::Nothing | Current::Unusable { .. } => None,
        }
    }

    /// The number of the next generation: above all that lie there or were in force.
    pub(super) fn next(&self, path: &Path) -> Result<u64, InstallError> {
        let linked = match &self.current {
            Current::Unusable { number, .. } => *number,
            Current::Nothing | Current::Generation(_) => 0,
        };
        let last = linked.max(self.numbers.last().copied().unwrap_or(0));
        last.checked_add(1).ok_or_else(|| InstallError::Numbers {
            path: path.to_owned(),
            last,
        })
    }
}

/// The generation that `current` leads to, whether it is there or not.
pub(super) fn link(folder: &Folder, path: &Path) -> Result<Option<u64>, InstallError> {
    let path = path.join(CURRENT);
    match look(folder, CURRENT, &path)? {
        None => return Ok(None),
        Some(FileType::Symlink) => {}
        Some(kind) => return Err(unexpected(&path, kind, LINK)),
    }
    let target = folder.read_link(CURRENT);
    let target = target.map_err(InstallError::io(&path, Step::ReadCurrent))?;
    let foreign = || InstallError::Unexpected {
        path: path.clone(),
        found: format!("a link to `{}`", shown(&target.to_string_lossy())),
        expected: LINK,
    };
    number_of_target(&target).map(Some).ok_or_else(foreign)
}

/// `current` leads to a generation that is not there.
pub(super) fn dangling(path: &Path, generation: u64) -> InstallError {
    InstallError::Dangling {
        path: path.join(CURRENT),
        generation,
    }
}

/// The numbers that lie among the generations.
pub(super) fn numbers(generations: &Folder, path: &Path) -> Result<BTreeSet<u64>, InstallError> {
    let names = generations.names();
    let names = names.map_err(InstallError::io(path, Step::ReadGeneration))?;
    Ok(names
        .iter()
        .filter_map(|name| number(OsStr::new(name)))
        .collect())
}
