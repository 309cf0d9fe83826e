//! A time limit for what cannot be interrupted.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use provost_core::config::DefaultRootsSource;

use super::TrustedRootsError;

/// Runs `work` on a thread of its own. One that takes longer is abandoned: it goes on, and nobody
/// waits for it.
pub(super) fn within<T: Send + 'static>(
    deadline: Duration,
    source: &DefaultRootsSource,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TrustedRootsError> {
    let (sender, receiver) = mpsc::channel();
    let from = || source.to_string();
    thread::Builder::new()
        .name("trusted-roots".to_owned())
        .spawn(move || sender.send(work()))
        .map_err(|error| TrustedRootsError::Read {
            path: from().into(),
            source: error,
        })?;
    receiver
        .recv_timeout(deadline)
        .map_err(|error| match error {
            RecvTimeoutError::Timeout => TrustedRootsError::Slow {
                from: from(),
                deadline,
            },
            RecvTimeoutError::Disconnected => TrustedRootsError::Unfinished { from: from() },
        })
}
