//! Ctrl-C and its kin: what was begun is given up and cleared away, then the process ends by the
//! signal, so that a shell loop around it ends too.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::Notify;

/// How long a transfer has to clear away what it began here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// How long it has to clear away what it began on a server.
pub(crate) const CLEARING: Duration = Duration::from_secs(5);

static NOTIFY: Notify = Notify::const_new();
static BEGUN: Mutex<Begun> = Mutex::new(Begun {
    transfers: 0,
    folder: None,
    ending: false,
});
static DONE: Condvar = Condvar::new();

struct Begun {
    transfers: usize,
    folder: Option<PathBuf>,
    ending: bool,
}

/// Waits for signals on a thread of its own; they are watched when this returns.
pub(crate) fn watch() {
    let ignored = ignored();
    let watched: Vec<i32> = [SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(|signal| ignored >> (signal - 1) & 1 == 0)
        .collect();
    let (registered, watching) = mpsc::channel::<()>();
    let spawned = thread::Builder::new()
        .name("provost-signals".into())
        // Registered by the thread that serves them: without it they keep their default.
        .spawn(move || {
            let signals = Signals::new(watched);
            drop(registered);
            signals.map(wait)
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "signals end this process at once");
    }
    // Nothing is sent: the other end is dropped.
    let _ = watching.recv();
}

fn wait(mut signals: Signals) {
    for signal in signals.forever() {
        begun().ending = true;
        NOTIFY.notify_one();
        let (mut begun, _) = DONE
            .wait_timeout_while(begun(), PATIENCE + CLEARING, |begun| begun.transfers > 0)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = begun.folder.take() {
            // Once more if something was added meanwhile.
            let _ = fs::remove_dir_all(&folder).or_else(|_| fs::remove_dir_all(&folder));
        }
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}

/// The signals that this process was started to ignore, as by `nohup`: one bit each.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0)
}

/// Returns when the process is to end.
pub(crate) async fn interrupted() {
    NOTIFY.notified().await;
}

/// Waits for the signal thread to end the process.
pub(crate) fn end() -> ! {
    loop {
        thread::park();
    }
}

/// Goes no further once the process is to end: what fails because its folder is being cleared
/// away is not to be reported, and nothing new is to be begun in it.
pub(crate) fn pass() {
    let ending = begun().ending;
    if ending {
        end();
    }
}

/// A transfer that is under way, or another step that an interruption waits for.
pub(crate) struct Transfer;

impl Transfer {
    pub(crate) fn begin() -> Self {
        let mut begun = begun();
        if begun.ending {
            drop(begun);
            end();
        }
        begun.transfers += 1;
        Self
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut begun = begun();
        begun.transfers = begun.transfers.saturating_sub(1);
        drop(begun);
        DONE.notify_all();
    }
}

/// A folder that goes if the process is interrupted.
pub(crate) struct Passing;

impl Passing {
    pub(crate) fn folder(path: &Path) -> Self {
        begun().folder = Some(path.to_owned());
        Self
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        begun().folder = None;
    }
}

fn begun() -> MutexGuard<'static, Begun> {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner)
}
