//! The lanes of a worker that nobody uses just now.

use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(super) struct Lanes {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: Vec<UnixStream>,
    closed: bool,
}

/// What a call that needs a lane got.
pub(super) enum Taken {
    Lane(UnixStream),
    /// The worker is dead.
    Closed,
    /// None became free in time.
    Late,
}

impl Lanes {
    pub(super) fn new(free: Vec<UnixStream>) -> Self {
        Self {
            state: Mutex::new(State {
                free,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn take(&self, until: Instant) -> Taken {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Taken::Closed;
            }
            if let Some(lane) = state.free.pop() {
                return Taken::Lane(lane);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Late;
            }
            let waited = self.changed.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A lane, if one is free.
    pub(super) fn try_take(&self) -> Option<UnixStream> {
        let mut state = self.lock();
        if state.closed { None } else { state.free.pop() }
    }

    pub(super) fn give(&self, lane: UnixStream) {
        self.lock().free.push(lane);
        self.changed.notify_one();
    }

    /// Sends everybody who waits to the next worker.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
