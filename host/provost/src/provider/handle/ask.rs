//! Calls on threads of their own, for callers that do not wait for ever.

use std::sync::Arc;
use std::time::Duration;

use super::{Backend, ProviderHandle};
use crate::provider::failure::ProviderFailure;
use crate::provider::watch::Watch;

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
        let free = Arc::clone(&self.0.threads).acquire_owned();
        let Ok(Ok(permit)) = tokio::time::timeout(self.0.deadline, free).await else {
            return Err(self.busy(operation));
        };
        let (handle, watch) = (self.clone(), Watch::default());
        let (sender, mut receiver) = tokio::sync::oneshot::channel();
        let watched = watch.clone();
        // Not `spawn_blocking`: a runtime waits for those threads when it ends.
        let spawned = std::thread::Builder::new()
            .name("provost-provider".into())
            .spawn(move || {
                watched.this_thread();
                let answer = calls(&handle);
                // Kept for as long as the provider keeps the thread; free before its answer is seen.
                drop(permit);
                let _ = sender.send(answer);
            });
        if let Err(error) = spawned {
            return Err(self.protocol(operation, format!("no thread for the call: {error}")));
        }
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
}
