//! What came of installing and rolling back.

use std::path::PathBuf;
use std::time::Duration;

use super::{InstallError, Manifest};

/// What came of installing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Installed {
    /// The generation in force.
    pub generation: u64,
    /// Its folder.
    pub path: PathBuf,
    /// The one before it, to roll back to.
    pub previous: Option<u64>,
    /// Whether these files were in force already. Then nothing was written.
    pub unchanged: bool,
    /// How long it took, without waiting for the lock.
    pub total: Duration,
    /// How much of that went by until the disk had it.
    pub fsync: Duration,
    /// What deserves a look.
    pub warnings: Vec<InstallWarning>,
}

/// What came of rolling back.
#[derive(Debug)]
#[non_exhaustive]
pub struct RolledBack<T> {
    /// The generation in force.
    pub generation: u64,
    /// Its folder.
    pub path: PathBuf,
    /// The one that was in force before.
    pub replaced: u64,
    /// The same, for another rollback to return to; none if it was removed or damaged by hand.
    pub previous: Option<u64>,
    /// What validation made of it.
    pub validated: T,
    /// How long it took, without waiting for the lock.
    pub total: Duration,
    /// How much of that went by until the disk had it.
    pub fsync: Duration,
    /// What deserves a look.
    pub warnings: Vec<InstallWarning>,
}

/// Something in the folder that could not be cleaned up. What is in force is not affected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallWarning {
    /// It does not belong to the installation.
    #[error("`{}` was left as it is: {found} of that name does not belong there", path.display())]
    Left {
        /// Where.
        path: PathBuf,
        /// What is there, such as "a folder".
        found: &'static str,
    },
    /// It was to be removed, and could not be.
    #[error("not cleaned up: {0}")]
    NotRemoved(InstallError),
}

/// A generation among those that lie there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listed {
    /// Its number.
    pub number: u64,
    /// What it is for.
    pub role: Role,
    /// What it says of itself.
    pub manifest: Result<Manifest, InstallError>,
}

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// It is in force.
    Current,
    /// It was in force before: what a rollback returns to.
    Previous,
    /// Neither. The next installation removes it.
    Leftover,
}
