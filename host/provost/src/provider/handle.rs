//! The one thing that the rest of the host sees of a provider.

mod answer;
mod ask;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use provost_core::config::{Isolation, Proof, Sha256Digest};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials};
use provost_plugin_api::host::{CallError, ForeignProvider};
use provost_plugin_api::{
    Call, DecryptRequest, EncryptRequest, GenerateRequest, ProviderError, SecretBytes, Status,
    UnwrapRequest, WrapRequest, Wrapped,
};
use provost_worker::{Answer, Request, TextFilter, Worker, WorkerError};

use super::call_threads::CallThreads;
use super::failure::{ProviderFailure, ProviderName};
use super::in_process;
use super::watch::{TICK, ticks, watched};

pub use tls::ProvidedTls;

/// The most threads that calls in this process have at a time, those that hang included.
const THREADS: usize = 64;

/// A loaded provider: in a worker process or in this one. Cheap to clone.
///
/// Its methods block until the provider answers. In a worker the deadline of the class ends the
/// wait, and the worker; in process nothing can end a call, so a late answer is discarded and
/// reported afterwards. Asynchronous callers use [`ask`](Self::ask), which abandons the thread.
#[derive(Debug, Clone)]
pub struct ProviderHandle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: ProviderName,
    digest: Sha256Digest,
    conf: u64,
    deadline: Duration,
    proof: Proof,
    filter: Arc<TextFilter>,
    backend: Backend,
    /// Those that [`ProviderHandle::ask`] may have.
    threads: CallThreads,
}

#[derive(Debug)]
pub(super) enum Backend {
    InProcess(ForeignProvider),
    Worker(Worker),
}

/// What a handle is made of, besides its backend.
pub(super) struct Identity {
    pub(super) name: ProviderName,
    pub(super) digest: Sha256Digest,
    /// Names the configuration that the provider was built with, within this process.
    pub(super) conf: u64,
    pub(super) deadline: Duration,
    pub(super) proof: Proof,
    /// How many calls its worker takes at the same time.
    pub(super) lanes: u8,
}

impl ProviderHandle {
    pub(super) fn new(identity: Identity, filter: Arc<TextFilter>, backend: Backend) -> Self {
        let Identity {
            name,
            digest,
            conf,
            deadline,
            proof,
            lanes,
        } = identity;
        let threads = match backend {
            Backend::InProcess(_) => THREADS,
            Backend::Worker(_) => usize::from(lanes).max(1),
        };
        Self(Arc::new(Inner {
            name,
            digest,
            conf,
            deadline,
            proof,
            filter,
            backend,
            threads: CallThreads::new(threads),
        }))
    }

    /// Class and library, for messages.
    pub fn name(&self) -> &ProviderName {
        &self.0.name
    }

    /// SHA-256 of the library that was loaded.
    pub fn digest(&self) -> Sha256Digest {
        self.0.digest
    }

    /// Where the provider runs.
    pub fn isolation(&self) -> Isolation {
        match self.0.backend {
            Backend::InProcess(_) => Isolation::InProcess,
            Backend::Worker(_) => Isolation::Process,
        }
    }

    /// How long a call may take.
    pub fn deadline(&self) -> Duration {
        self.0.deadline
    }

    /// Who proves that what is written can be read.
    pub fn proof(&self) -> Proof {
        self.0.proof
    }

    /// Names the provider's configuration, within this process.
    pub(crate) fn conf_id(&self) -> u64 {
        self.0.conf
    }

    /// A call with a request id of its own and the whole deadline left.
    pub fn new_call(&self) -> Call {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Call::new(format!("{}-{number}", std::process::id()), self.0.deadline)
    }

    /// Reloads keys or artifacts.
    pub fn refresh(&self, call: &Call) -> Result<(), ProviderFailure> {
        match self.call(Request::Refresh(call))? {
            Answer::Refreshed => Ok(()),
            other => Err(self.mismatch("refresh", &other)),
        }
    }

    /// Health and generation.
    pub fn status(&self, call: &Call) -> Result<Status, ProviderFailure> {
        match self.call(Request::Status(call))? {
            Answer::Status(status) => Ok(self.0.filter.status(status)),
            other => Err(self.mismatch("status", &other)),
        }
    }

    /// The materials to encrypt with, validated.
    pub fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<EncryptionMaterials, ProviderFailure> {
        self.encryption_materials(self.call(Request::MaterialsForEncrypt(request))?)
    }

    fn encryption_materials(&self, answer: Answer) -> Result<EncryptionMaterials, ProviderFailure> {
        let operation = "materials_for_encrypt";
        match answer {
            Answer::Materials(raw) => EncryptionMaterials::validate(raw)
                .map_err(|source| self.materials(operation, source)),
            other => Err(self.mismatch(operation, &other)),
        }
    }

    /// The materials that may decrypt, best first, each validated.
    pub fn materials_for_decrypt(
        &self,
        request: &DecryptRequest,
    ) -> Result<Vec<DecryptionMaterials>, ProviderFailure> {
        let operation = "materials_for_decrypt";
        match self.call(Request::MaterialsForDecrypt(request))? {
            Answer::Candidates(candidates) => candidates
                .into_iter()
                .map(DecryptionMaterials::validate)
                .collect::<Result<_, _>>()
                .map_err(|source| self.materials(operation, source)),
            other => Err(self.mismatch(operation, &other)),
        }
    }

    /// A data key and its wrap, by a provider that holds the key.
    pub fn generate_data_key(
        &self,
        request: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderFailure> {
        match self.call(Request::GenerateDataKey(request))? {
            Answer::DataKey(key, wrapped) => Ok((key, wrapped)),
            other => Err(self.mismatch("generate_data_key", &other)),
        }
    }

    /// A wrap by a provider that holds the key.
    pub fn wrap(&self, request: &WrapRequest) -> Result<Wrapped, ProviderFailure> {
        match self.call(Request::Wrap(request))? {
            Answer::Wrapped(wrapped) => Ok(wrapped),
            other => Err(self.mismatch("wrap", &other)),
        }
    }

    /// An unwrap by a provider that holds the key.
    pub fn unwrap(&self, request: &UnwrapRequest) -> Result<SecretBytes, ProviderFailure> {
        match self.call(Request::Unwrap(request))? {
            Answer::Unwrapped(secret) => Ok(secret),
            other => Err(self.mismatch("unwrap", &other)),
        }
    }

    fn call(&self, request: Request<'_>) -> Result<Answer, ProviderFailure> {
        let operation = request.name();
        watched(operation, || self.call_backend(operation, request))
    }

    fn call_backend(
        &self,
        operation: &'static str,
        request: Request<'_>,
    ) -> Result<Answer, ProviderFailure> {
        match &self.0.backend {
            Backend::InProcess(provider) => {
                let started = ticks();
                let answer = in_process::call(provider, request);
                if ticks().saturating_sub(started) > self.0.deadline + TICK {
                    return Err(self.overrun(operation));
                }
                answer.map_err(|error| match error {
                    CallError::Provider(error) => self.answered(operation, &error),
                    CallError::Protocol(what) => self.protocol(operation, what),
                })
            }
            Backend::Worker(worker) => {
                self.worker_answer(operation, worker.call(request, self.0.deadline))
            }
        }
    }

    fn worker_answer(
        &self,
        operation: &'static str,
        answer: Result<Result<Answer, ProviderError>, WorkerError>,
    ) -> Result<Answer, ProviderFailure> {
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.answered(operation, &error)),
            Err(source) => Err(ProviderFailure::Worker {
                provider: self.0.name.clone(),
                source,
            }),
        }
    }

    fn answered(&self, operation: &'static str, error: &ProviderError) -> ProviderFailure {
        let (provider, error) = (self.0.name.clone(), self.0.filter.provider_error(error));
        ProviderFailure::Answered {
            provider,
            operation,
            error,
        }
    }

    /// A breach of the contract, told with the provider's own words cleaned.
    pub(super) fn protocol(&self, operation: &'static str, what: String) -> ProviderFailure {
        let (provider, what) = (self.0.name.clone(), self.0.filter.clean(&what));
        ProviderFailure::Protocol {
            provider,
            operation,
            what,
        }
    }

    /// Whether words that quote the provider can be shown as they are.
    pub(super) fn is_clean(&self, words: &str) -> bool {
        self.0.filter.clean(words) == words
    }

    fn mismatch(&self, operation: &'static str, _answer: &Answer) -> ProviderFailure {
        self.protocol(operation, "the answer belongs to another call".to_owned())
    }

    fn materials(
        &self,
        operation: &'static str,
        source: provost_core::materials::MaterialsError,
    ) -> ProviderFailure {
        // Names and values that it quotes may be a configured secret.
        let words = source.to_string();
        if !self.is_clean(&words) {
            return self.protocol(operation, words);
        }
        ProviderFailure::Materials {
            provider: self.0.name.clone(),
            operation,
            source,
        }
    }

    fn busy(&self, operation: &'static str) -> ProviderFailure {
        let (provider, after) = (self.0.name.clone(), self.0.deadline);
        ProviderFailure::Busy {
            provider,
            operation,
            after,
        }
    }

    fn overrun(&self, operation: &'static str) -> ProviderFailure {
        let (provider, after) = (self.0.name.clone(), self.0.deadline);
        ProviderFailure::Deadline {
            provider,
            operation,
            after,
        }
    }
}
