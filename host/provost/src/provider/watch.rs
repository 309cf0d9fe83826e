//! How long the call that a thread is making has taken, seen from another thread.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

thread_local! {
    static WATCHED_BY: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Watches the calls of one thread: a sequence may take long while each of its calls is in time.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Option<Running>>>);

/// A call that has begun and not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) operation: &'static str,
    pub(super) since: Instant,
}

impl Watch {
    /// Watches the calls of this thread from now on.
    pub(super) fn this_thread(self) {
        WATCHED_BY.with(|watch| *watch.borrow_mut() = Some(self));
    }

    /// The call that runs now, if one does.
    pub(super) fn running(&self) -> Option<Running> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait before looking again, or the call that overran `limit`.
    pub(super) fn overdue(&self, limit: Duration) -> Result<Duration, Running> {
        match self.running() {
            None => Ok(limit),
            Some(running) => match limit.checked_sub(running.since.elapsed()) {
                None | Some(Duration::ZERO) => Err(running),
                Some(left) => Ok(left),
            },
        }
    }
}

/// Makes a call, under the watch of whoever watches this thread.
pub(super) fn watched<T>(operation: &'static str, call: impl FnOnce() -> T) -> T {
    let watch = WATCHED_BY.with(|watch| watch.borrow().clone());
    let Some(Watch(current)) = watch else {
        return call();
    };
    let note = |running| *current.lock().unwrap_or_else(PoisonError::into_inner) = running;
    let since = Instant::now();
    note(Some(Running { operation, since }));
    let answer = call();
    note(None);
    answer
}

/// The most that two readings of [`ticks`] are off, together.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// The time of a clock that costs a fifth of [`Instant`]'s: reading that one twice would take as
/// long as a tenth of a call.
pub(super) fn ticks() -> Duration {
    Duration::try_from(clock_gettime(ClockId::MonotonicCoarse)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_the_whole_limit() {
        let watch = Watch::default();
        watch.clone().this_thread();
        let limit = Duration::from_millis(200);
        for _ in 0..3 {
            watched("one", || {
                std::thread::sleep(Duration::from_millis(90));
                assert!(watch.overdue(limit).unwrap() < Duration::from_millis(111));
            });
            assert_eq!(watch.overdue(limit).unwrap(), limit);
        }
        watched("two", || {
            std::thread::sleep(limit);
            assert_eq!(watch.overdue(limit).unwrap_err().operation, "two");
        });
    }
}
