//! A worker's process: started, watched, killed, waited for.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::output::{LastWords, Output, Sources};
use super::spawn::spawn;
use super::{WorkerFailure, WorkerSpec};
use crate::serve::VARIABLE;

pub(super) struct Process {
    pid: Pid,
    /// Readable once the process is dead.
    alive: Arc<OwnedFd>,
    last_words: Arc<Mutex<LastWords>>,
    fate: Mutex<Fate>,
}

enum Fate {
    Alive(Child, JoinHandle<()>),
    Dead(Arc<Death>),
    /// Only while it changes from one to the other.
    Changing,
}

/// Why a worker's process is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It closed a socket, so it is dying, or pretends to.
    Closed,
    /// The call of this number cannot go on with it.
    Call(u64),
    /// Nobody needs it any more.
    Done,
}

/// How a worker ended.
#[derive(Debug)]
pub(super) struct Death {
    /// Its exit status, if it ended by itself.
    status: Option<ExitStatus>,
    /// The number of the call for which it was killed.
    pub(super) culprit: Option<u64>,
    /// How many calls it had when it ended.
    pub(super) suspects: usize,
    last_words: LastWords,
}

/// How long a worker that closed a socket may take to be dead.
const DYING: Duration = Duration::from_millis(200);
/// How long the kernel may take to end a killed one, before it is left to itself.
const KILLED: Duration = Duration::from_secs(1);

impl Process {
    /// Starts a worker. `control` becomes its standard input; `log` is this side's end.
    pub(super) fn start(
        spec: &WorkerSpec,
        control: UnixStream,
        log: OwnedFd,
        output: Output,
    ) -> Result<Self, WorkerFailure> {
        let path = spec.program.path()?;
        let failed = |error: io::Error| WorkerFailure::Start {
            reason: format!("`{}`: {error}", path.display()),
        };
        let mut command = Command::new(&path);
        command
            .arg0(format!("provost-worker {}", spec.class))
            .env_clear()
            .env(VARIABLE, "0")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(control)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Apart from the terminal's group: an interrupt is the host's to handle.
            .process_group(0);
        let mut child = spawn(command).map_err(failed)?;
        match watch(&mut child, log, output) {
            Ok((pid, alive, last_words, thread)) => Ok(Self {
                pid,
                alive,
                last_words,
                fate: Mutex::new(Fate::Alive(child, thread)),
            }),
            Err(error) => {
                let _ = child.kill().and_then(|()| child.wait());
                Err(failed(error))
            }
        }
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether its death was noticed.
    pub(super) fn is_dead(&self) -> bool {
        let fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*fate, Fate::Dead(_))
    }

    /// Ends the process, unless it is dead; the first to notice says how it died. `suspects` counts
    /// the calls that it has.
    pub(super) fn end(&self, cause: Cause, suspects: impl FnOnce() -> usize) -> Arc<Death> {
        let mut fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        let death = match std::mem::replace(&mut *fate, Fate::Changing) {
            Fate::Dead(death) => death,
            Fate::Alive(child, output) => Arc::new(self.bury(child, output, cause, suspects())),
            Fate::Changing => Arc::new(Death {
                status: None,
                culprit: None,
                suspects: suspects(),
                last_words: LastWords::default(),
            }),
        };
        *fate = Fate::Dead(Arc::clone(&death));
        death
    }

    fn bury(
        &self,
        mut child: Child,
        output: JoinHandle<()>,
        cause: Cause,
        suspects: usize,
    ) -> Death {
        let by_itself = self.is_dead_within(match cause {
            Cause::Closed => DYING,
            _ => Duration::ZERO,
        });
        // Its group as well: what it started must not outlive it. The number is still its own,
        // because it has not been waited for.
        let _ = kill_process_group(self.pid, Signal::KILL);
        let mut status = None;
        if self.is_dead_within(KILLED) {
            status = child.wait().ok();
            let _ = output.join();
        } else {
            // Stuck in the kernel, on a dead file system perhaps: no reason to be stuck as well.
            std::thread::spawn(move || child.wait());
        }
        let last_words = self
            .last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Death {
            status: status.filter(|_| by_itself),
            culprit: match cause {
                Cause::Call(number) if !by_itself => Some(number),
                _ => None,
            },
            suspects,
            last_words: last_words.clone(),
        }
    }

    fn is_dead_within(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).unwrap_or_default();
            let mut fds = [PollFd::from_borrowed_fd(self.alive.as_fd(), PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(ready) => return ready > 0,
                Err(_) => return false,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Cause::Done, || 0);
    }
}

impl Death {
    /// What to report of it.
    pub(super) fn failure(&self, memory: Option<u64>) -> WorkerFailure {
        let last_words = self.last_words.line.clone();
        let ended = self.status.map(|status| (status.signal(), status.code()));
        match ended {
            Some((Some(6), _)) if self.last_words.out_of_memory => {
                WorkerFailure::OutOfMemory { limit: memory }
            }
            Some((Some(signal), _)) => WorkerFailure::Signalled { signal, last_words },
            Some((None, Some(status))) => WorkerFailure::Exited { status, last_words },
            _ => WorkerFailure::Protocol {
                what: "the worker closed its socket and went on running".to_owned(),
            },
        }
    }
}

type Watched = (Pid, Arc<OwnedFd>, Arc<Mutex<LastWords>>, JoinHandle<()>);

/// Starts the thread that reads what the process writes.
fn watch(child: &mut Child, log: OwnedFd, output: Output) -> io::Result<Watched> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (Some(pid), Some(stdout), Some(stderr)) = (pid, child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("it has no process id or no pipes"));
    };
    let alive = Arc::new(pidfd_open(pid, PidfdFlags::empty())?);
    let last_words = output.last_words();
    let sources = Sources {
        stdout,
        stderr,
        log,
        process: Arc::clone(&alive),
    };
    // The log of whoever starts the worker, which may be this thread's alone.
    let subscriber = tracing::dispatcher::get_default(Clone::clone);
    let thread = std::thread::Builder::new().name("provost-output".to_owned());
    let thread = thread.spawn(move || {
        tracing::dispatcher::with_default(&subscriber, || output.run(sources));
    })?;
    Ok((pid, alive, last_words, thread))
}
