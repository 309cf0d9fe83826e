//! What a worker is started from.

use std::path::PathBuf;
use std::time::Duration;

use provost_plugin_api::{Attributes, Conf};

use super::WorkerFailure;
use crate::{SealedLibrary, can_serve};

/// The program that a worker runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkerProgram {
    /// This very program, which must have called [`serve_if_worker`](crate::serve_if_worker).
    CurrentExe,
    /// Another program that calls [`serve_if_worker`](crate::serve_if_worker) first, of the same
    /// build.
    Path(PathBuf),
}

impl WorkerProgram {
    /// Where it is. The kernel's own link to this program also works once its file was replaced.
    pub(super) fn path(&self) -> Result<PathBuf, WorkerFailure> {
        match self {
            Self::CurrentExe if can_serve() => Ok(PathBuf::from("/proc/self/exe")),
            Self::CurrentExe => Err(WorkerFailure::NoProgram),
            // The worker's working directory is another one.
            Self::Path(path) => std::path::absolute(path).map_err(|error| WorkerFailure::Start {
                reason: format!("`{}`: {error}", path.display()),
            }),
        }
    }
}

/// What a worker is started from, each time it is.
#[derive(Debug)]
#[non_exhaustive]
pub struct WorkerSpec {
    /// The program that it runs.
    pub program: WorkerProgram,
    /// The library that it opens.
    pub library: SealedLibrary,
    /// The class that it builds.
    pub class: String,
    /// The configuration of the class. Its secrets are kept out of logs and errors.
    pub conf: Conf,
    /// Facts for the class that have no field yet.
    pub attributes: Attributes,
    /// How many calls run in parallel, 1 to [`WorkerSpec::MOST_LANES`].
    pub lanes: u16,
    /// The most address space that it may have, in bytes.
    pub memory: Option<u64>,
    /// How long it may take until its provider is built.
    pub deadline: Duration,
}

impl WorkerSpec {
    /// The most calls that run in parallel in one worker.
    pub const MOST_LANES: u16 = 64;

    /// Four lanes, ten seconds, no memory limit, no configuration.
    pub fn new(program: WorkerProgram, library: SealedLibrary, class: impl Into<String>) -> Self {
        Self {
            program,
            library,
            class: class.into(),
            conf: Conf::new(),
            attributes: Attributes::new(),
            lanes: 4,
            memory: None,
            deadline: Duration::from_secs(10),
        }
    }
}
