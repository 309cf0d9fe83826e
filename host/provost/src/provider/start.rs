//! From an accepted library to a provider that answers.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use provost_core::config::{ClassConfiguration, ClassName, HostConfiguration, Isolation};
use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider};
use provost_plugin_api::{Attributes, Conf, ConfValue};
use provost_worker::{OpenError, TextFilter, Worker, WorkerProgram, WorkerSpec};

use super::failure::{ProviderFailure, ProviderName};
use super::handle::{Backend, Identity, ProviderHandle};
use super::in_process;
use crate::loader::{Accepted, LoadError};
use crate::registry::{RegistryError, resolve_conf};

/// Starts providers of one class from one accepted library, as often as it is asked.
#[derive(Debug)]
pub(crate) struct Starter {
    host: Arc<HostConfiguration>,
    class: ClassName,
    library: Accepted,
    program: Option<WorkerProgram>,
    /// The library opened in this process, when it runs there.
    module: Option<ForeignModule>,
}

impl Starter {
    /// Opens the library in this process if that is where it is to run.
    pub(crate) fn new(
        host: Arc<HostConfiguration>,
        class: ClassName,
        library: Accepted,
        program: Option<WorkerProgram>,
    ) -> Result<Self, LoadError> {
        let module = match *host.class(&class).isolation {
            Isolation::Process => None,
            Isolation::InProcess => {
                let opened = provost_worker::open(&library.sealed);
                Some(opened.map_err(|source| LoadError::Open {
                    path: library.path.clone(),
                    source: clean(source),
                })?)
            }
        };
        Ok(Self {
            host,
            class,
            library,
            program,
            module,
        })
    }

    /// A newly built provider: a new worker process, or a second instance in this process.
    pub(crate) fn start(&self) -> Result<ProviderHandle, crate::Error> {
        let settings = self.host.class(&self.class);
        let conf = resolve_conf(&self.class, settings)
            .map_err(|error| LoadError::Registry(RegistryError::from(error)))?;
        let name = ProviderName {
            class: self.class.clone(),
            library: Arc::new(self.library.path.clone()),
        };
        let identity = Identity {
            name: name.clone(),
            digest: self.library.digest,
            conf: fingerprint(&conf),
            deadline: *settings.deadline,
            proof: *settings.proof,
            lanes: *settings.lanes,
        };
        let filter = Arc::new(TextFilter::of(&conf, &Attributes::new()));
        let backend = match &self.module {
            Some(module) => Backend::InProcess(self.in_process(module, conf, &filter, name)?),
            None => Backend::Worker(self.worker(settings, conf, name)?),
        };
        let handle = ProviderHandle::new(identity, filter, backend);
        tracing::info!(class = %self.class, isolation = ?handle.isolation(), "provider started");
        Ok(handle)
    }

    /// Builds the provider on a thread of its own, which is abandoned if the constructor hangs.
    fn in_process(
        &self,
        module: &ForeignModule,
        conf: Conf,
        filter: &Arc<TextFilter>,
        name: ProviderName,
    ) -> Result<ForeignProvider, ProviderFailure> {
        let operation = "new";
        let after = *self.host.class(&self.class).deadline;
        let (sender, receiver) = std::sync::mpsc::channel();
        let (module, class, lines) = (module.clone(), self.class.clone(), Arc::clone(filter));
        let spawned = std::thread::Builder::new()
            .name("provost-provider".into())
            .spawn(move || {
                let _ = sender.send(in_process::create(&module, class.as_str(), &conf, &lines));
            });
        if let Err(error) = spawned {
            let what = format!("no thread for the call: {error}");
            return Err(ProviderFailure::Protocol {
                provider: name,
                operation,
                what,
            });
        }
        match receiver.recv_timeout(after) {
            Ok(Ok(provider)) => Ok(provider),
            Ok(Err(CallError::Provider(error))) => {
                let error = filter.provider_error(&error);
                Err(ProviderFailure::Answered {
                    provider: name,
                    operation,
                    error,
                })
            }
            Ok(Err(CallError::Protocol(what))) => Err(ProviderFailure::Protocol {
                provider: name,
                operation,
                what: filter.clean(&what),
            }),
            Err(_) => Err(ProviderFailure::Deadline {
                provider: name,
                operation,
                after,
            }),
        }
    }

    fn worker(
        &self,
        settings: &ClassConfiguration,
        conf: Conf,
        name: ProviderName,
    ) -> Result<Worker, crate::Error> {
        let Some(program) = self.program.clone() else {
            return Err(crate::ApiMisuse::NoWorker.into());
        };
        let library = self.library.sealed.clone();
        let mut spec = WorkerSpec::new(program, library, self.class.as_str());
        spec.conf = conf;
        spec.lanes = u16::from(*settings.lanes);
        spec.memory = Some(settings.memory.bytes());
        spec.deadline = *settings.deadline;
        match Worker::start(spec) {
            Ok(Ok(worker)) => Ok(worker),
            Ok(Err(error)) => Err(ProviderFailure::Answered {
                provider: name,
                operation: "new",
                error,
            }
            .into()),
            Err(source) => Err(ProviderFailure::Worker {
                provider: name,
                source,
            }
            .into()),
        }
    }
}

/// Names of symbols, fields and classes in it are the library's own words. No secret is among
/// them: it has not been given one.
fn clean(mut error: OpenError) -> OpenError {
    let filter = TextFilter::new([]);
    match &mut error {
        OpenError::Link { library, reason }
        | OpenError::NoEntry { library, reason }
        | OpenError::Refused { library, reason } => {
            *library = filter.clean(library);
            *reason = filter.clean(reason);
        }
        _ => {}
    }
    error
}

/// Names a configuration within this process; it never leaves it, secrets are hashed in.
fn fingerprint(conf: &Conf) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (key, value) in conf.iter() {
        key.hash(&mut hasher);
        match value {
            ConfValue::Plain(text) => text.as_bytes().hash(&mut hasher),
            ConfValue::Secret(secret) => secret.secret_bytes().hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}
