//! Installed TLS artifacts: complete generations, and a link to the one in force.
//!
//! ```text
//! DIR/current                        -> generations/2
//! DIR/generations/1/                 the one before, kept for a rollback
//! DIR/generations/2/generation.json  the manifest
//!                   privateKey.pem   mode 0600, for its owner
//!                   ...
//! DIR/lock                           held, and signed, by who installs
//! ```
//!
//! A generation never changes once it is in force, and one rename of `current` puts another in
//! force. A process that is killed at any step leaves the old generation in force or the new one;
//! whatever else it left is removed by the next run. Programs that read several files follow
//! `current` once, so that the files belong together.
//!
//! All names are looked up in folders that are open. Nobody but root and the user that installs
//! can write in the folder and those above it, else it is refused, and no symbolic link in it is
//! followed but `current`.

mod clean;
mod current;
mod error;
mod generation;
mod layout;
mod lock;
mod manifest;
mod outcome;
mod owner;
mod place;
mod provenance;
mod replace;
mod rollback;
mod session;
mod stage;
mod state;
mod steps;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use steps::Watcher;

pub use error::{InstallError, RollbackError};
pub use generation::InstalledGeneration;
pub use lock::{LockHolder, LockWait};
pub use manifest::{InstalledFile, Manifest};
pub use outcome::{InstallWarning, Installed, Listed, Role, RolledBack};
pub use owner::{Owner, OwnerError};
pub use provenance::{EndEntity, Provenance};
pub use steps::Step;

/// A folder with generations of TLS artifacts.
#[derive(Clone)]
pub struct Installation {
    path: PathBuf,
    owner: Option<Owner>,
    wait: LockWait,
    command: String,
    watcher: Option<Watcher>,
}

impl Installation {
    /// The installation in a folder. Nothing is looked at yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            owner: None,
            wait: LockWait::default(),
            command: "provost".to_owned(),
            watcher: None,
        }
    }

    /// To whom private files are given. Without, they belong to the user that installs.
    #[must_use]
    pub fn with_owner(mut self, owner: Option<Owner>) -> Self {
        self.owner = owner;
        self
    }

    /// Whether to wait for another process that is at it.
    #[must_use]
    pub fn with_wait(mut self, wait: LockWait) -> Self {
        self.wait = wait;
        self
    }

    /// What this process is called in messages of others that find the installation locked, such
    /// as `provost tls install`.
    #[must_use]
    pub fn with_command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }

    /// Tells `watcher` of each step of installing and rolling back before it is made. Tests end
    /// the process there.
    #[must_use]
    pub fn with_watcher(mut self, watcher: impl Fn(Step) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
