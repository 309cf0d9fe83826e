//! What went wrong with a worker, as opposed to what its provider answered.

use std::time::Duration;

/// A worker failed in a call, or did not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("class `{class}` of `{library}`, in {call}: {failure}")]
#[non_exhaustive]
pub struct WorkerError {
    /// The library's name.
    pub library: String,
    /// The class.
    pub class: String,
    /// The method that was called, or `start`.
    pub call: &'static str,
    /// What happened.
    pub failure: WorkerFailure,
}

/// What happened to a worker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerFailure {
    /// There is no program to start.
    #[error(
        "no worker can be started: this program does not call serve_if_worker first in main, and no other program was named"
    )]
    NoProgram,
    /// The system did not let it start.
    #[error("the worker cannot be started: {reason}")]
    Start {
        /// Why.
        reason: String,
    },
    /// Its program speaks another build of the protocol.
    #[error("the worker program is of build {worker}, this host of build {host}")]
    BuildMismatch {
        /// The host's build.
        host: String,
        /// The worker program's.
        worker: String,
    },
    /// It refused to open the library.
    #[error("{reason}")]
    Open {
        /// Why.
        reason: String,
    },
    /// A signal ended it: a crash, an abort, or somebody's kill.
    #[error("the worker was ended by {}{}", signal_name(*signal), last(last_words.as_ref()))]
    Signalled {
        /// The signal's number.
        signal: i32,
        /// The last line that it wrote to standard error.
        last_words: Option<String>,
    },
    /// It exited.
    #[error("the worker exited with status {status}{}", last(last_words.as_ref()))]
    Exited {
        /// Its exit status.
        status: i32,
        /// The last line that it wrote to standard error.
        last_words: Option<String>,
    },
    /// It aborted because an allocation was refused.
    #[error("the worker ran out of memory{}", limit.map_or_else(String::new, |limit| format!(", its limit is {limit} bytes")))]
    OutOfMemory {
        /// Its address-space limit, in bytes.
        limit: Option<u64>,
    },
    /// It did not answer in time, or no lane became free in time.
    #[error("no answer within {after:?}")]
    Deadline {
        /// The time that the call had.
        after: Duration,
    },
    /// It sent what no worker sends, or its provider what no provider may.
    #[error("protocol violation: {what}")]
    Protocol {
        /// What it was.
        what: String,
    },
    /// It failed again and again, and is not started again yet.
    #[error(
        "the worker failed {failures} times in a row and is started again in {wait:?} at the earliest"
    )]
    BackOff {
        /// How often.
        failures: u32,
        /// How long it rests.
        wait: Duration,
    },
}

impl WorkerFailure {
    /// What the operator can do, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoProgram => Some(
                "call provost::worker::serve_if_worker() first in main, or name a worker program",
            ),
            Self::BuildMismatch { .. } => Some(
                "install the worker program that belongs to this host: `provost-worker` of the same build, beside `provost`",
            ),
            Self::Signalled { signal: 6 | 9, .. } => Some(
                "an abort or a kill is often a lack of memory; see `memory` of the class and the system's log",
            ),
            Self::OutOfMemory { limit: Some(_) } => Some("raise `memory` of the class"),
            Self::Deadline { .. } => Some(
                "raise `deadline` of the class if its backend is only slow, or `lanes` if it is busy",
            ),
            _ => None,
        }
    }
}

fn last(words: Option<&String>) -> String {
    words.map_or_else(String::new, |words| format!("; its last words: {words}"))
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        31 => "SIGSYS",
        _ => return format!("signal {signal}"),
    };
    format!("{name} (signal {signal})")
}
