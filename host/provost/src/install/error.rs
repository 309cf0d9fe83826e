//! Why nothing was installed, or not for sure.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use provost_core::tls::render::FileName;

use super::lock::LockHolder;
use super::steps::Step;
use crate::place::UnsafePlace;

/// Why nothing was installed, rolled back or read: where, what was found, what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Others could replace what is installed.
    #[error(transparent)]
    Place(UnsafePlace),
    /// Something lies there that this layout does not have.
    #[error("`{}` is {found}, expected {expected}", path.display())]
    Unexpected {
        /// Where.
        path: PathBuf,
        /// What is there.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// `current` leads to a generation that is not there.
    #[error("`{}` leads to generation {generation}, which is not there", path.display())]
    Dangling {
        /// `current`.
        path: PathBuf,
        /// Where it leads.
        generation: u64,
    },
    /// The manifest of a generation is missing, damaged, or not one that this build reads.
    #[error("`{}` {problem}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// An installed file is not what the manifest says.
    #[error("`{}` is not as it was installed: {problem}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// What differs: found, then expected.
        problem: String,
    },
    /// Another process installs or rolls back.
    #[error("{}", held(lock, holder.as_ref(), *waited))]
    Held {
        /// The lock file.
        lock: PathBuf,
        /// Who holds it, if that could be read.
        holder: Option<LockHolder>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// There is nothing to roll back.
    #[error("nothing is installed in `{}`", path.display())]
    NothingInstalled {
        /// The installation's folder.
        path: PathBuf,
    },
    /// There is nothing to roll back to.
    #[error("generation {generation} in `{}` has no previous one", path.display())]
    NoPrevious {
        /// The installation's folder.
        path: PathBuf,
        /// The generation in force.
        generation: u64,
    },
    /// What could be rolled back to was removed.
    #[error("the previous generation, `{}`, is not there", path.display())]
    PreviousGone {
        /// Where it was.
        path: PathBuf,
    },
    /// A file has the name of the manifest.
    #[error("no installed file can be named `{name}`: the manifest is")]
    ReservedName {
        /// The name.
        name: FileName,
    },
    /// More bytes than would be read back.
    #[error("`{name}` has {got} bytes; at most {at_most} are installed")]
    TooLarge {
        /// The file.
        name: FileName,
        /// The limit.
        at_most: u64,
        /// Its size.
        got: u64,
    },
    /// More files than would be read back.
    #[error("{got} files; at most {at_most} are installed")]
    TooMany {
        /// The limit.
        at_most: usize,
        /// How many there are.
        got: usize,
    },
    /// Only root gives files away.
    #[error("files cannot be given to {wanted}: this process runs as user {user}, not as root")]
    Owner {
        /// The wanted owner, such as "user 65534".
        wanted: String,
        /// The effective user of this process.
        user: u32,
    },
    /// The numbers are used up.
    #[error("no generation in `{}` can follow number {last}", path.display())]
    Numbers {
        /// The installation's folder.
        path: PathBuf,
        /// The highest number there is.
        last: u64,
    },
    /// The switch was made, and may not outlast the machine.
    #[error("generation {generation} is in force, but `{}` may not be on the disk: {error}", path.display())]
    NotDurable {
        /// `current`.
        path: PathBuf,
        /// The generation in force.
        generation: u64,
        /// Why it is not known to be on the disk.
        error: Box<InstallError>,
    },
    /// The operating system refused a step.
    #[error("`{}`: cannot {step}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        step: Step,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl InstallError {
    /// Names place and step in what the operating system answered.
    pub(super) fn io(path: &Path, step: Step) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            step,
            source,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Place(UnsafePlace::Writable { path, .. }) => format!(
                "chmod go-w {}, or install into another folder",
                path.display()
            ),
            Self::Place(UnsafePlace::Owner { .. }) => "the folder of an installation, and each \
                 above it, belongs to root or to the user that installs"
                .to_owned(),
            Self::Unexpected { .. } => {
                "move it away, or install into another folder: nothing but the installation \
                 belongs there"
                    .to_owned()
            }
            Self::Dangling { .. } | Self::Manifest { .. } | Self::Changed { .. } => {
                "install again: that makes a new generation".to_owned()
            }
            Self::Held { .. } => {
                "try again when it has ended, or wait for it: `--wait 30s`".to_owned()
            }
            Self::NothingInstalled { .. } => {
                "install artifacts with `provost tls install`, or name another folder".to_owned()
            }
            Self::PreviousGone { .. } => {
                "install artifacts that hold: the one in force is kept for a rollback".to_owned()
            }
            Self::NoPrevious { .. } => {
                "each installation of something new keeps the generation before it".to_owned()
            }
            Self::Owner { .. } => "run it as root, or name no owner".to_owned(),
            Self::NotDurable { .. } => {
                "look at the disk, then install the same again: that writes `current` to it"
                    .to_owned()
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    "run it as the user that the folder belongs to".to_owned()
                }
                io::ErrorKind::StorageFull => "make room on the disk".to_owned(),
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// Why there was no rollback.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollbackError<E> {
    /// The installation, before the previous generation was looked at or after it was accepted.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The previous generation no longer holds. The one in force stays.
    #[error("generation {generation} no longer holds")]
    Refused {
        /// The previous generation.
        generation: u64,
        /// What validation says.
        reason: E,
    },
}

fn held(lock: &Path, holder: Option<&LockHolder>, waited: Duration) -> String {
    let lock = lock.display();
    let who = holder.map_or_else(
        || format!("another process holds `{lock}`"),
        |LockHolder {
             process,
             command,
             since,
         }| { format!("process {process} ({command}) holds `{lock}` since {since}") },
    );
    let waited = match whole(waited) {
        Duration::ZERO => String::new(),
        waited => format!("; waited {} for it", humantime::format_duration(waited)),
    };
    format!("installing is under way: {who}{waited}")
}

/// In milliseconds: more says nothing to a reader.
fn whole(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
