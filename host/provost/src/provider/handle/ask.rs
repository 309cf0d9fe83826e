//! Calls on threads of their own, for callers that do not wait for ever.

use std::sync::mpsc;
use std::time::Duration;

use super::{Backend, ProviderHandle};
use crate::provider::call_threads::Permit;
use crate::provider::failure::ProviderFailure;
use crate::provider::watch::{TICK, Watch, ticks};

/// How much longer than its deadline a call of a worker may take: the worker is killed by then.
const WORKER_GRACE: Duration = Duration::from_secs(10);

impl ProviderHandle {
    /// Runs blocking calls for an asynchronous caller, on a thread of their own.
    ///
    /// When the deadline of one of them passes (with some grace for a worker, which ends its calls
    /// itself) the thread is abandoned and its late answer discarded. Dropping the future does not
    /// cancel. There are as many threads as the worker has lanes, and 64 in process; one that hangs
    /// stays one of them. When none becomes free within the deadline the answer is
    /// [`ProviderFailure::Busy`].
    pub async fn ask<T: Send + 'static>(
        &self,
        operation: &'static str,
        calls: impl FnOnce(&Self) -> Result<T, ProviderFailure> + Send + 'static,
    ) -> Result<T, ProviderFailure> {
        let permit = self.permit(operation).await?;
        self.ask_with(permit, operation, calls).await
    }

    /// The right to make calls, as soon as others have given it back.
    pub(super) async fn permit(&self, operation: &'static str) -> Result<Permit, ProviderFailure> {
        let free = self.0.threads.permit();
        match tokio::time::timeout(self.0.deadline, free).await {
            Ok(Some(permit)) => Ok(permit),
            _ => Err(self.busy(operation)),
        }
    }

    /// [`ask`](Self::ask) with the right to.
    pub(super) async fn ask_with<T: Send + 'static>(
        &self,
        permit: Permit,
        operation: &'static str,
        calls: impl FnOnce(&Self) -> Result<T, ProviderFailure> + Send + 'static,
    ) -> Result<T, ProviderFailure> {
        let (sender, mut receiver) = tokio::sync::oneshot::channel();
        let watch = self.on_a_thread(operation, permit, calls, |answer| {
            let _ = sender.send(answer);
        })?;
        let limit = match self.0.backend {
            Backend::InProcess(_) => self.0.deadline,
            Backend::Worker(_) => self.0.deadline + WORKER_GRACE,
        };
        loop {
            let wait = watch
                .overdue(limit)
                .map_err(|running| self.overrun(running.operation))?;
            match tokio::time::timeout(wait, &mut receiver).await {
                Ok(Ok(result)) => return result,
                Ok(Err(_)) => {
                    return Err(self.protocol(operation, "the calling thread ended".to_owned()));
                }
                Err(_) => {}
            }
        }
    }

    /// The same for a caller that waits, with a runtime or without. A worker ends its calls
    /// itself, so they need no thread.
    pub(crate) fn ask_and_wait<T: Send + 'static>(
        &self,
        operation: &'static str,
        calls: impl FnOnce(&Self) -> Result<T, ProviderFailure> + Send + 'static,
    ) -> Result<T, ProviderFailure> {
        if let Backend::Worker(_) = self.0.backend {
            return calls(self);
        }
        let permit = self.wait_for_a_thread(operation)?;
        let (sender, receiver) = mpsc::channel();
        let watch = self.on_a_thread(operation, permit, calls, move |answer| {
            let _ = sender.send(answer);
        })?;
        loop {
            let wait = watch
                .overdue(self.0.deadline)
                .map_err(|running| self.overrun(running.operation))?;
            match receiver.recv_timeout(wait) {
                Ok(result) => return result,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(self.protocol(operation, "the calling thread ended".to_owned()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn wait_for_a_thread(&self, operation: &'static str) -> Result<Permit, ProviderFailure> {
        let begun = ticks();
        loop {
            match self.0.threads.try_permit() {
                Some(permit) => return Ok(permit),
                None if ticks().saturating_sub(begun) > self.0.deadline => {
                    return Err(self.busy(operation));
                }
                None => std::thread::sleep(TICK),
            }
        }
    }

    /// Makes the calls on a thread that is watched, and hands over what they return.
    pub(super) fn on_a_thread<T: Send + 'static>(
        &self,
        operation: &'static str,
        permit: Permit,
        calls: impl FnOnce(&Self) -> Result<T, ProviderFailure> + Send + 'static,
        send: impl FnOnce(Result<T, ProviderFailure>) + Send + 'static,
    ) -> Result<Watch, ProviderFailure> {
        let (handle, watch) = (self.clone(), Watch::default());
        let watched = watch.clone();
        let given = self.0.threads.give(move |thread| {
            watched.this_thread();
            let answer = calls(&handle);
            // Kept for as long as the provider keeps the thread; free before its answer is seen.
            handle.0.threads.take_back(thread, permit);
            send(answer);
        });
        match given {
            Ok(()) => Ok(watch),
            Err(error) => Err(self.protocol(operation, format!("no thread for the call: {error}"))),
        }
    }
}
