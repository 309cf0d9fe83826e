//! One object on all cores.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use provost_core::config::HostConfiguration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::ObjectError;
use super::body::CHUNK;
use crate::processors::processors;

/// Chunks that wait, or are being read or written, while each thread works on another one.
const BESIDE: usize = 3;
/// More cores than this encrypt faster than anything can be read or sent, and each costs a thread
/// that other objects may wait for.
const MOST: usize = 16;

/// How many threads work on an object. There are at most that many chunks in memory, and three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threads(usize);

impl Threads {
    /// All cores, within the configured window.
    pub(super) fn of(host: &HostConfiguration) -> Self {
        Self::within(host.transfer.window.bytes(), processors())
    }

    /// A quarter of the window is for chunks: the rest is the store's, for what it sends or fetches
    /// ahead.
    fn within(window: u64, cores: usize) -> Self {
        let chunks = window / 4 / CHUNK as u64;
        let chunks = usize::try_from(chunks).unwrap_or(usize::MAX);
        Self(cores.clamp(1, chunks.saturating_sub(BESIDE).clamp(1, MOST)))
    }
}

/// Steps in order, one at a time, each with work after it that runs on all cores. Results come in
/// the order of the steps.
pub(super) struct InOrder<S, R> {
    results: mpsc::Receiver<oneshot::Receiver<Result<R, ObjectError>>>,
    threads: Vec<JoinHandle<()>>,
    steps: Arc<Mutex<Steps<S>>>,
}

struct Steps<S> {
    state: S,
    ended: bool,
}

impl<S: Send + 'static, R: Send + 'static> InOrder<S, R> {
    /// Each thread takes a step with `next`, alone, and does the `work` that it gave beside the
    /// others, until there is nothing more or an error. Dropping this ends them after the step that
    /// they are at.
    pub(super) fn start<J>(
        Threads(threads): Threads,
        state: S,
        next: impl Fn(&mut S) -> Result<Option<J>, ObjectError> + Send + Sync + 'static,
        work: impl Fn(J) -> Result<R, ObjectError> + Send + Sync + 'static,
    ) -> Self {
        let (sender, results) = mpsc::channel(threads.saturating_add(1));
        let steps = Arc::new(Mutex::new(Steps {
            state,
            ended: false,
        }));
        let (next, work) = (Arc::new(next), Arc::new(work));
        let thread = |_| {
            let (steps, sender) = (Arc::clone(&steps), sender.clone());
            let (next, work) = (Arc::clone(&next), Arc::clone(&work));
            tokio::task::spawn_blocking(move || {
                while let Some((job, promise)) = step(&steps, &*next, &sender) {
                    // With nobody waiting, the next step ends this.
                    let _ = promise.send(work(job));
                }
            })
        };
        Self {
            results,
            threads: (0..threads).map(thread).collect(),
            steps,
        }
    }

    /// The next result; none after the last step.
    pub(super) async fn next(&mut self) -> Option<Result<R, ObjectError>> {
        let result = self.results.recv().await?;
        Some(result.await.unwrap_or_else(|error| Err(failed(error))))
    }

    /// The same, on a thread that may block.
    pub(super) fn blocking_next(&mut self) -> Option<Result<R, ObjectError>> {
        let result = self.results.blocking_recv()?;
        Some(
            result
                .blocking_recv()
                .unwrap_or_else(|error| Err(failed(error))),
        )
    }

    /// What the steps were made with, when all of them are done.
    pub(super) async fn finish(self) -> Result<S, ObjectError> {
        drop(self.results);
        for thread in self.threads {
            // A step that panicked was no end.
            thread.await.map_err(failed)?;
        }
        let steps = Arc::into_inner(self.steps).map(Mutex::into_inner);
        match steps {
            Some(Ok(steps)) => Ok(steps.state),
            _ => Err(failed("a step was not taken to its end")),
        }
    }
}

/// Takes a step and promises its result, in the same order. None is the end.
fn step<S, J, R>(
    steps: &Mutex<Steps<S>>,
    next: &impl Fn(&mut S) -> Result<Option<J>, ObjectError>,
    sender: &mpsc::Sender<oneshot::Receiver<Result<R, ObjectError>>>,
) -> Option<(J, oneshot::Sender<Result<R, ObjectError>>)> {
    // Poisoned: a step panicked, and nothing can follow it.
    let mut steps = steps.lock().ok()?;
    if steps.ended {
        return None;
    }
    let job = next(&mut steps.state);
    steps.ended = !matches!(job, Ok(Some(_)));
    let job = job.transpose()?;
    let (promise, result) = oneshot::channel();
    if sender.blocking_send(result).is_err() {
        steps.ended = true;
        return None;
    }
    match job {
        Ok(job) => Some((job, promise)),
        Err(error) => {
            let _ = promise.send(Err(error));
            None
        }
    }
}

/// Threads that take whatever comes, in no order.
pub(super) struct Workers<J> {
    sender: mpsc::Sender<J>,
    threads: Vec<JoinHandle<Result<(), ObjectError>>>,
}

impl<J: Send + 'static> Workers<J> {
    /// Threads that do this `work`, until it fails or this is dropped.
    pub(super) fn start(
        Threads(threads): Threads,
        work: impl Fn(J) -> Result<(), ObjectError> + Send + Sync + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(BESIDE - 1);
        let (receiver, work) = (Arc::new(Mutex::new(receiver)), Arc::new(work));
        let thread = |_| {
            let (receiver, work) = (Arc::clone(&receiver), Arc::clone(&work));
            tokio::task::spawn_blocking(move || {
                loop {
                    let job = lock(&receiver).blocking_recv();
                    let Some(job) = job else {
                        return Ok(());
                    };
                    work(job).inspect_err(|_| lock(&receiver).close())?;
                }
            })
        };
        Self {
            sender,
            threads: (0..threads).map(thread).collect(),
        }
    }

    /// Waits until a thread is about to be free. False means that one failed, which
    /// [`finish`](Self::finish) tells.
    pub(super) async fn give(&self, job: J) -> bool {
        self.sender.send(job).await.is_ok()
    }

    /// Waits until all is done.
    pub(super) async fn finish(self) -> Result<(), ObjectError> {
        drop(self.sender);
        let mut done = Ok(());
        for thread in self.threads {
            let thread = thread.await.map_err(failed).flatten();
            done = done.and(thread);
        }
        done
    }
}

/// Nobody leaves the queue half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread panicked, or the runtime is ending.
pub(super) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ObjectError {
    ObjectError::Thread(std::io::Error::other(error))
}

#[cfg(test)]
mod tests;
