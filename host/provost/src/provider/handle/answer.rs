//! Single calls that need no thread while a worker thinks.

use provost_core::materials::EncryptionMaterials;
use provost_plugin_api::EncryptRequest;
use provost_worker::{Answer, Request, SentCall};
use tokio::task::yield_now;

use super::{Backend, ProviderHandle};
use crate::provider::call_threads::Permit;
use crate::provider::failure::ProviderFailure;
use crate::provider::watch::watched;

/// How often other tasks get a turn before a thread waits for the answer. A worker mostly has it by
/// then where there are other tasks, and waking two threads costs more than the whole call.
const TURNS: usize = 3;

/// A request, lent for as long as a call takes.
type Lend<R> = for<'r> fn(&'r R) -> Request<'r>;

impl ProviderHandle {
    /// [`materials_for_encrypt`](Self::materials_for_encrypt) for an asynchronous caller.
    pub(crate) async fn ask_for_materials(
        &self,
        request: EncryptRequest,
    ) -> Result<EncryptionMaterials, ProviderFailure> {
        let answer = self.answer(request, |request| Request::MaterialsForEncrypt(request));
        self.encryption_materials(answer.await?)
    }

    /// Makes a call like [`ask`](Self::ask) does, which goes to a thread only if there is no worker
    /// that can take it at once, or if it has not been answered soon. Until it is polled again it
    /// keeps its lane.
    async fn answer<R: Send + 'static>(
        &self,
        request: R,
        lend: Lend<R>,
    ) -> Result<Answer, ProviderFailure> {
        let operation = lend(&request).name();
        let permit = self.permit(operation).await?;
        let sent = match &self.0.backend {
            Backend::InProcess(_) => None,
            Backend::Worker(worker) => worker.send(lend(&request), self.0.deadline),
        };
        let Some(call) = sent else {
            let calls = move |handle: &Self| handle.call(lend(&request));
            return self.ask_with(permit, operation, calls).await;
        };
        let waiting = Waiting {
            handle: self,
            of: Some((permit, call, request)),
            lend,
        };
        waiting.answer(operation).await
    }

    /// Takes the answer of a call that was sent.
    fn finish(&self, call: SentCall, request: Request<'_>) -> Result<Answer, ProviderFailure> {
        let operation = request.name();
        watched(operation, || match &self.0.backend {
            Backend::Worker(worker) => self.worker_answer(operation, worker.finish(call, request)),
            Backend::InProcess(_) => self.call_backend(operation, request),
        })
    }
}

/// A call that a worker has. If nobody waits any more, a thread takes the answer, so that the lane
/// can be used again.
struct Waiting<'h, R: Send + 'static> {
    handle: &'h ProviderHandle,
    of: Option<(Permit, SentCall, R)>,
    lend: Lend<R>,
}

impl<R: Send + 'static> Waiting<'_, R> {
    async fn answer(mut self, operation: &'static str) -> Result<Answer, ProviderFailure> {
        let answered = self.is_answered_soon().await;
        let (handle, lend) = (self.handle, self.lend);
        let Some((permit, call, request)) = self.of.take() else {
            return Err(handle.protocol(operation, "the call is gone".to_owned()));
        };
        if answered {
            let answer = handle.finish(call, lend(&request));
            drop(permit);
            return answer;
        }
        // It takes its time, or is lost.
        let rest = move |handle: &ProviderHandle| handle.finish(call, lend(&request));
        handle.ask_with(permit, operation, rest).await
    }

    async fn is_answered_soon(&self) -> bool {
        for _ in 0..TURNS {
            yield_now().await;
            if matches!(&self.of, Some((_, call, _)) if call.is_answered()) {
                return true;
            }
        }
        false
    }
}

impl<R: Send + 'static> Drop for Waiting<'_, R> {
    fn drop(&mut self) {
        let Some((permit, call, request)) = self.of.take() else {
            return;
        };
        let lend = self.lend;
        let rest = move |handle: &ProviderHandle| handle.finish(call, lend(&request));
        // Without a thread the call is dropped, and the worker ended.
        let _ = self.handle.on_a_thread("finish", permit, rest, drop);
    }
}
