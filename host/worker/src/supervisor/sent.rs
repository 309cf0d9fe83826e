//! Calls for callers that do something else until the answer is there.

use std::sync::Arc;
use std::time::Instant;

use super::running::{Outcome, Running, Sent};
use crate::Request;

/// A call that a worker has. [`Worker::finish`](super::Worker::finish) takes its answer; dropping it
/// ends the worker, which would answer to nobody.
#[derive(Debug)]
pub struct SentCall {
    running: Arc<Running>,
    /// Until it is settled.
    sent: Option<Sent>,
    pub(super) begun: Instant,
    pub(super) until: Instant,
}

impl SentCall {
    pub(super) fn new(
        running: Arc<Running>,
        request: &Request<'_>,
        begun: Instant,
        until: Instant,
    ) -> Option<Self> {
        let sent = running.try_send(request, until)?;
        Some(Self {
            running,
            sent: Some(sent),
            begun,
            until,
        })
    }

    /// Whether the answer is there, so that taking it does not wait.
    pub fn is_answered(&self) -> bool {
        self.sent.as_ref().is_some_and(Sent::is_answered)
    }

    pub(super) fn settle(mut self, request: &Request<'_>) -> Option<(Arc<Running>, Outcome)> {
        let sent = self.sent.take()?;
        let outcome = self.running.settle(sent, request, self.begun, self.until);
        Some((Arc::clone(&self.running), outcome))
    }
}

impl Drop for SentCall {
    fn drop(&mut self) {
        if let Some(sent) = self.sent.take() {
            self.running.abandon(&sent);
        }
    }
}
