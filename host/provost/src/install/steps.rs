//! The steps of an installation, named, watched and timed.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::InstallError;

/// A step of installing or rolling back: about one system call each, so that a test can end the
/// process before any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Open a folder on the way to the installation's.
    OpenFolder,
    /// Make a folder that is not there.
    MakeFolder,
    /// Open the lock file.
    OpenLock,
    /// Wait for whoever holds the lock.
    AwaitLock,
    /// Write into the lock file who holds it.
    NameHolder,
    /// Look at what lies there.
    LookAt,
    /// Look where `current` leads.
    ReadCurrent,
    /// Read a generation.
    ReadGeneration,
    /// Remove what an interrupted run left, or a generation that is no longer needed.
    Remove,
    /// Make the folder that a generation is staged in.
    MakeStaging,
    /// Create a staged file.
    CreateFile,
    /// Write a staged file.
    WriteFile,
    /// Set who may read a staged file, or come through a folder.
    SetMode,
    /// Give a staged file to its owner.
    SetOwner,
    /// Make a staged file durable.
    SyncFile,
    /// Give the staged folder its number.
    NameGeneration,
    /// Put a manifest in place of the one that is there.
    ReplaceManifest,
    /// Make the link that will replace `current`.
    MakeLink,
    /// Put the link in place of `current`: the moment at which the generation changes.
    Switch,
    /// Make the names in a folder durable.
    SyncFolder,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenFolder => "open the folder",
            Self::MakeFolder => "make the folder",
            Self::OpenLock => "open the lock file",
            Self::AwaitLock => "lock it",
            Self::NameHolder => "write who holds the lock",
            Self::LookAt => "look at it",
            Self::ReadCurrent => "look where it leads",
            Self::ReadGeneration => "read it",
            Self::Remove => "remove it",
            Self::MakeStaging => "make the folder for staging",
            Self::CreateFile => "create it",
            Self::WriteFile => "write it",
            Self::SetMode => "set its mode",
            Self::SetOwner => "set its owner",
            Self::SyncFile | Self::SyncFolder => "sync it to disk",
            Self::NameGeneration => "give the staged generation its number",
            Self::ReplaceManifest => "replace the manifest",
            Self::MakeLink => "make the link",
            Self::Switch => "switch it",
        })
    }
}

pub(super) type Watcher = Arc<dyn Fn(Step) + Send + Sync>;

/// Runs steps: tells the watcher, then names step and place in what went wrong.
pub(super) struct Steps {
    watcher: Option<Watcher>,
    synced: Cell<Duration>,
}

impl Steps {
    pub(super) fn new(watcher: Option<Watcher>) -> Self {
        Self {
            watcher,
            synced: Cell::default(),
        }
    }

    pub(super) fn announce(&self, step: Step) {
        if let Some(watcher) = &self.watcher {
            watcher(step);
        }
    }

    pub(super) fn run<T>(
        &self,
        step: Step,
        path: &Path,
        work: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, InstallError> {
        self.announce(step);
        work().map_err(InstallError::io(path, step))
    }

    /// A step that waits for the disk: its time is counted apart.
    pub(super) fn sync(
        &self,
        step: Step,
        path: &Path,
        work: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), InstallError> {
        let started = Instant::now();
        let synced = self.run(step, path, work);
        self.synced.set(self.synced.get() + started.elapsed());
        synced
    }

    /// How long the disk was waited for.
    pub(super) fn synced(&self) -> Duration {
        self.synced.get()
    }
}
