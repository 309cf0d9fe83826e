//! One installation at a time.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use provost_core::tls::shown;
use rustix::fs::{FileType, FlockOperation};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::InstallError;
use super::layout::{LOCK, expect};
use super::provenance::now;
use super::steps::{Step, Steps};
use crate::folder::Folder;

/// What the lock file holds at most, in bytes.
const MAX_BYTES: u64 = 4096;
/// How often a lock is asked for while it is waited for: often enough not to be noticed.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether to wait for another process that installs in the same folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockWait {
    /// No: it is an error that says who it is.
    #[default]
    No,
    /// For that long.
    UpTo(Duration),
}

/// The process that holds a lock, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LockHolder {
    /// Its process id.
    pub process: u32,
    /// What it does, such as `provost tls install`.
    pub command: String,
    /// Since when (RFC 3339).
    pub since: String,
}

/// The lock of an installation. The kernel gives it up when the process dies, so what the file
/// says of a dead one means nothing.
pub(super) struct Lock {
    file: File,
    waited: Duration,
}

impl Lock {
    pub(super) fn take(
        folder: &Folder,
        path: &Path,
        command: &str,
        wait: LockWait,
        steps: &Steps,
    ) -> Result<Self, InstallError> {
        let path = path.join(LOCK);
        let started = Instant::now();
        let file = open(folder, &path, steps)?;
        let until = match wait {
            LockWait::No => Some(started),
            // Longer than clocks count is for ever.
            LockWait::UpTo(longest) => started.checked_add(longest),
        };
        let mut is_announced = false;
        while !try_lock(&file, &path)? {
            if !is_announced {
                steps.announce(Step::AwaitLock);
                is_announced = true;
            }
            let now = Instant::now();
            if until.is_some_and(|until| now >= until) {
                return Err(InstallError::Held {
                    holder: holder(&file),
                    lock: path,
                    waited: match wait {
                        LockWait::No => Duration::ZERO,
                        LockWait::UpTo(_) => now - started,
                    },
                });
            }
            let left = until.map_or(PAUSE, |until| until.saturating_duration_since(now));
            std::thread::sleep(left.min(PAUSE));
        }
        let lock = Self {
            waited: started.elapsed(),
            file,
        };
        steps.run(Step::NameHolder, &path, || lock.name_holder(command))?;
        Ok(lock)
    }

    /// How long the lock was waited for.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    fn name_holder(&self, command: &str) -> io::Result<()> {
        let holder = LockHolder {
            process: std::process::id(),
            command: shown(command),
            since: now(),
        };
        self.file.set_len(0)?;
        (&self.file).write_all(&serde_json::to_vec(&holder)?)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Whoever takes the lock next names itself a moment later; until then nobody is named.
        let _ = self.file.set_len(0);
        // Closing the file is not enough: a process that another thread starts just now has it open
        // too, until it runs its program.
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}

fn open(folder: &Folder, path: &Path, steps: &Steps) -> Result<File, InstallError> {
    steps.announce(Step::OpenLock);
    expect(folder, LOCK, path, FileType::RegularFile)?;
    let opened = folder.open_lock(LOCK);
    opened.map_err(InstallError::io(path, Step::OpenLock))
}

/// Takes the lock, unless somebody else has it.
fn try_lock(file: &File, path: &Path) -> Result<bool, InstallError> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
        Err(error) => Err(InstallError::io(path, Step::AwaitLock)(error.into())),
    }
}

/// Who holds the lock, if it says so and is there.
fn holder(file: &File) -> Option<LockHolder> {
    let mut text = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut text).ok()?;
    let holder: LockHolder = serde_json::from_slice(&text).ok()?;
    let process = i32::try_from(holder.process).ok().and_then(Pid::from_raw)?;
    // A process that was killed left its name; whoever has the lock now has not written its own.
    let is_there = !matches!(test_kill_process(process), Err(Errno::SRCH));
    is_there.then(|| LockHolder {
        command: shown(&holder.command),
        since: shown(&holder.since),
        ..holder
    })
}
