//! The host's side: workers started, called, watched and started again.

mod error;
mod lanes;
mod lines;
mod output;
mod process;
mod running;
mod sent;
mod spawn;
mod spec;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use provost_plugin_api::ProviderError;

pub use error::{WorkerError, WorkerFailure};
use running::{Outcome, Running};
pub use sent::SentCall;
pub use spec::{WorkerProgram, WorkerSpec};

use crate::{Answer, Request, TextFilter};

/// A provider in a process of its own, which is started again when it died.
///
/// Calls block, and may be made from many threads: as many run in parallel as there are lanes.
/// Dropping it kills the process; so does the host's own death, however it dies.
#[derive(Debug)]
pub struct Worker {
    spec: Arc<WorkerSpec>,
    filter: Arc<TextFilter>,
    lanes: u16,
    state: Mutex<State>,
    changed: Condvar,
    /// Whether failures are to be forgotten at the next answer; spares each call the lock.
    failing: AtomicBool,
}

#[derive(Debug)]
struct State {
    current: Current,
    /// Failures in a row.
    failures: u32,
    not_before: Instant,
}

#[derive(Debug)]
enum Current {
    None,
    Starting,
    Up(Arc<Running>),
}

/// The longest rest between two starts.
const LONGEST_REST: Duration = Duration::from_secs(5);

impl Worker {
    /// Starts a worker and builds its provider.
    ///
    /// The inner error is the provider's own: its constructor refused.
    pub fn start(spec: WorkerSpec) -> Result<Result<Self, ProviderError>, WorkerError> {
        let filter = Arc::new(TextFilter::of(&spec.conf, &spec.attributes));
        let lanes = spec.lanes;
        Self::start_as(Arc::new(spec), filter, lanes)
    }

    /// Starts another worker of the same kind, with one lane, that knows nothing of this one.
    pub fn fresh(&self) -> Result<Result<Self, ProviderError>, WorkerError> {
        Self::start_as(Arc::clone(&self.spec), Arc::clone(&self.filter), 1)
    }

    fn start_as(
        spec: Arc<WorkerSpec>,
        filter: Arc<TextFilter>,
        lanes: u16,
    ) -> Result<Result<Self, ProviderError>, WorkerError> {
        let worker = Self {
            state: Mutex::new(State {
                current: Current::None,
                failures: 0,
                not_before: Instant::now(),
            }),
            spec,
            filter,
            lanes,
            changed: Condvar::new(),
            failing: AtomicBool::new(false),
        };
        let begun = Instant::now();
        let until = after(begun, worker.spec.deadline);
        match worker.running(begun, until) {
            Ok(Ok(_)) => Ok(Ok(worker)),
            Ok(Err(refusal)) => Ok(Err(refusal)),
            Err(failure) => Err(worker.error("start", failure)),
        }
    }

    /// What it was started from.
    pub fn spec(&self) -> &WorkerSpec {
        &self.spec
    }

    /// What cleans this provider's words. Errors, statuses and log lines have been through it.
    pub fn text_filter(&self) -> &TextFilter {
        &self.filter
    }

    /// The process id of the running worker, if one is.
    pub fn process_id(&self) -> Option<u32> {
        match &self.lock().current {
            Current::Up(running) => Some(running.id()),
            _ => None,
        }
    }

    /// Calls the provider and waits for its answer, at most `deadline` long: waiting for a lane and
    /// starting the worker again count.
    ///
    /// The inner error is the provider's own answer. The outer one says that the worker failed;
    /// the next call gets a new one, after a rest that grows with failures in a row. A call that
    /// was only in a worker that another call brought down is made once more.
    pub fn call(
        &self,
        request: Request<'_>,
        deadline: Duration,
    ) -> Result<Result<Answer, ProviderError>, WorkerError> {
        let begun = Instant::now();
        self.call_until(None, &request, begun, after(begun, deadline))
            .map_err(|failure| self.error(request.name(), failure))
    }

    /// Sends a call, as the beginning of [`call`](Self::call), without waiting for anything. None
    /// if that is not possible now: there is no worker, or no free lane, or the call is large.
    pub fn send(&self, request: Request<'_>, deadline: Duration) -> Option<SentCall> {
        let running = match &self.lock().current {
            Current::Up(running) => Arc::clone(running),
            _ => return None,
        };
        let begun = Instant::now();
        SentCall::new(running, &request, begun, after(begun, deadline))
    }

    /// The rest of [`call`](Self::call), with the request that was sent. It does not wait if the
    /// call [is answered](SentCall::is_answered).
    pub fn finish(
        &self,
        call: SentCall,
        request: Request<'_>,
    ) -> Result<Result<Answer, ProviderError>, WorkerError> {
        let (begun, until) = (call.begun, call.until);
        self.call_until(Some(call), &request, begun, until)
            .map_err(|failure| self.error(request.name(), failure))
    }

    fn call_until(
        &self,
        mut sent: Option<SentCall>,
        request: &Request<'_>,
        begun: Instant,
        until: Instant,
    ) -> Result<Result<Answer, ProviderError>, WorkerFailure> {
        let mut again = false;
        loop {
            let settled = sent.take().and_then(|call| call.settle(request));
            let (running, outcome) = match settled {
                Some(settled) => settled,
                None => match self.running(begun, until)? {
                    Ok(running) => {
                        let outcome = running.attempt(request, begun, until);
                        (running, outcome)
                    }
                    Err(refusal) => return Ok(Err(refusal)),
                },
            };
            match outcome {
                Outcome::Answered(answer) => {
                    self.forget_failures();
                    return Ok(answer);
                }
                Outcome::Failed(failure) => {
                    self.note_death_if_dead(&running, request, &failure);
                    return Err(failure);
                }
                Outcome::Lost { death, sent } => {
                    let failure = running.failure(&death);
                    self.note_death(&running, request, &failure);
                    if Instant::now() >= until {
                        return Err(failure);
                    }
                    match death.culprit {
                        // It died before this call reached it: the next worker has not seen it yet.
                        _ if !sent => {}
                        Some(_) if !again => again = true,
                        None if death.suspects <= 1 => return Err(failure),
                        // Which of several calls brought it down cannot be seen; alone it can.
                        _ => return self.call_alone(request, begun, until),
                    }
                }
            }
        }
    }

    /// Makes the call in a worker of its own.
    fn call_alone(
        &self,
        request: &Request<'_>,
        begun: Instant,
        until: Instant,
    ) -> Result<Result<Answer, ProviderError>, WorkerFailure> {
        let running = match Running::start(&self.spec, &self.filter, 1, until)? {
            Ok(running) => running,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match running.attempt(request, begun, until) {
            Outcome::Answered(answer) => Ok(answer),
            Outcome::Failed(failure) => Err(failure),
            Outcome::Lost { death, .. } => Err(running.failure(&death)),
        }
    }

    /// The worker, started if there is none.
    fn running(
        &self,
        begun: Instant,
        until: Instant,
    ) -> Result<Result<Arc<Running>, ProviderError>, WorkerFailure> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let wake = match &state.current {
                Current::Up(running) => return Ok(Ok(Arc::clone(running))),
                Current::Starting => until,
                Current::None if state.not_before > until => {
                    return Err(WorkerFailure::BackOff {
                        failures: state.failures,
                        wait: state.not_before.saturating_duration_since(now),
                    });
                }
                Current::None if state.not_before > now => state.not_before,
                Current::None => break,
            };
            if now >= until {
                return Err(WorkerFailure::Deadline {
                    after: until.saturating_duration_since(begun),
                });
            }
            let waited = self
                .changed
                .wait_timeout(state, wake.saturating_duration_since(now));
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.current = Current::Starting;
        drop(state);
        let limit = until.min(after(Instant::now(), self.spec.deadline));
        let started = Running::start(&self.spec, &self.filter, self.lanes, limit);
        let mut state = self.lock();
        let started = match started {
            Ok(Ok(running)) => {
                let running = Arc::new(running);
                state.current = Current::Up(Arc::clone(&running));
                Ok(Ok(running))
            }
            other => {
                self.fail(&mut state);
                other.map(|refused| refused.map(Arc::new))
            }
        };
        drop(state);
        self.changed.notify_all();
        started
    }

    /// Another call may have killed the worker with this one.
    fn note_death_if_dead(
        &self,
        running: &Arc<Running>,
        request: &Request<'_>,
        failure: &WorkerFailure,
    ) {
        if running.is_dead() {
            self.note_death(running, request, failure);
        }
    }

    /// The first to notice makes the worker's place free, and says so.
    fn note_death(&self, running: &Arc<Running>, request: &Request<'_>, failure: &WorkerFailure) {
        let mut state = self.lock();
        match &state.current {
            Current::Up(current) if Arc::ptr_eq(current, running) => {}
            _ => return,
        }
        self.fail(&mut state);
        let failures = state.failures;
        drop(state);
        let (class, call) = (self.spec.class.as_str(), request.name());
        tracing::warn!(target: "provost::worker", class, call, failures, "{failure}");
    }

    fn fail(&self, state: &mut State) {
        state.current = Current::None;
        state.failures = state.failures.saturating_add(1);
        state.not_before = Instant::now() + rest(state.failures);
        self.failing.store(true, Ordering::Relaxed);
    }

    fn forget_failures(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            self.lock().failures = 0;
        }
    }

    fn error(&self, call: &'static str, failure: WorkerFailure) -> WorkerError {
        WorkerError {
            library: self.spec.library.name().to_owned(),
            class: self.spec.class.clone(),
            call,
            failure,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A deadline may be longer than the clock goes.
fn after(begun: Instant, time: Duration) -> Instant {
    const LONG: Duration = Duration::from_hours(24 * 365);
    begun.checked_add(time).unwrap_or(begun + LONG)
}

/// How long a worker rests after so many failures in a row.
fn rest(failures: u32) -> Duration {
    match failures {
        0 | 1 => Duration::ZERO,
        n => Duration::from_millis(100)
            .saturating_mul(1 << (n - 2).min(10))
            .min(LONGEST_REST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_beyond_the_clock_is_a_long_one() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > now + Duration::from_hours(24));
    }

    #[test]
    fn the_first_restart_is_immediate_and_later_ones_wait_ever_longer_up_to_five_seconds() {
        let rests: Vec<_> = (1..10).map(|n| rest(n).as_millis()).collect();
        assert_eq!(rests, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(rest(u32::MAX), LONGEST_REST);
    }
}
