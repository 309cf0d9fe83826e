//! The embedder's paved path: from two configurations to loaded providers, encrypted objects and
//! TLS artifacts.

mod tls;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use provost_core::config::{
    ClassName, HostConfiguration, KmsKeyArn, S3Encryption, SecurityConfiguration, Spanned,
};
use provost_core::section::ClassKind;
use provost_worker::WorkerProgram;

use crate::error::{ApiMisuse, Error};
use crate::kms::{self, Kms, KmsKeys};
use crate::loader::{self, LoadError};
use crate::provider::{ObjectKeys, ProviderFailure, ProviderHandle, ProviderKeys, Starter};
use crate::registry::Registry;
use crate::store::encrypted::{EncryptedStore, ServerSideStore};
use crate::store::{ObjectPrefix, ObjectUri, Scheme, ServerSideEncryption, Stores};

/// A provider host: finds, verifies, isolates and loads providers, and uses their keys.
///
/// Providers are loaded when they are first needed, once. Dropping the host ends its workers.
#[derive(Debug)]
pub struct Host {
    configuration: Arc<HostConfiguration>,
    security: Option<Arc<SecurityConfiguration>>,
    registry: Registry,
    program: Option<WorkerProgram>,
    stores: Arc<Stores>,
    kms: Arc<Kms>,
    kms_keys: Mutex<HashMap<KmsKeyArn, Arc<KmsKeys>>>,
    keys: Slots<Arc<ProviderKeys>>,
    tls: Slots<ProviderHandle>,
}

/// The providers of one kind, once they are loaded. Each has a lock of its own: a provider that is
/// slow to start keeps nobody from another one.
type Slots<T> = Mutex<HashMap<ClassName, Arc<Mutex<Option<T>>>>>;

/// Builds a [`Host`].
#[derive(Debug, Default)]
pub struct HostBuilder {
    configuration: Option<Arc<HostConfiguration>>,
    security: Option<Arc<SecurityConfiguration>>,
    worker_program: Option<PathBuf>,
}

impl HostBuilder {
    /// The host's own configuration. Without it, the defaults and the environment hold.
    #[must_use]
    pub fn configuration(mut self, configuration: impl Into<Arc<HostConfiguration>>) -> Self {
        self.configuration = Some(configuration.into());
        self
    }

    /// What is encrypted, and which class has the keys.
    #[must_use]
    pub fn security_configuration(
        mut self,
        security: impl Into<Arc<SecurityConfiguration>>,
    ) -> Self {
        self.security = Some(security.into());
        self
    }

    /// The program that workers run, for a program that cannot be one itself. It has to call
    /// [`serve_if_worker`](crate::worker::serve_if_worker) first, and be of the same build.
    #[must_use]
    pub fn worker_program(mut self, path: impl Into<PathBuf>) -> Self {
        self.worker_program = Some(path.into());
        self
    }

    /// Builds the host; nothing is loaded yet.
    ///
    /// [`ApiMisuse::NoWorker`] if this program neither calls
    /// [`serve_if_worker`](crate::worker::serve_if_worker) first nor names one that does.
    pub fn build(self) -> Result<Host, Error> {
        let program = match self.worker_program {
            Some(path) => WorkerProgram::Path(path),
            None if crate::worker::can_serve() => WorkerProgram::CurrentExe,
            None => return Err(ApiMisuse::NoWorker.into()),
        };
        let configuration = match self.configuration {
            Some(configuration) => configuration,
            None => Arc::new(crate::configuration::host_without_file()?.value),
        };
        let security = self.security;
        let kms = Arc::new(Kms::new(Arc::clone(&configuration)));
        let registry = Registry::new(Arc::clone(&configuration), security.clone());
        let stores = Arc::new(Stores::new(&configuration));
        Ok(Host {
            configuration,
            security,
            registry,
            program: Some(program),
            stores,
            kms,
            kms_keys: Mutex::default(),
            keys: Mutex::default(),
            tls: Mutex::default(),
        })
    }
}

impl Host {
    /// A builder without any configuration.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// The host's own configuration.
    pub fn configuration(&self) -> &HostConfiguration {
        &self.configuration
    }

    /// The security configuration, if one was given.
    pub fn security_configuration(&self) -> Option<&SecurityConfiguration> {
        self.security.as_deref()
    }

    /// Which library has a class.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The object stores of this host.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Loads the key provider of this class, or returns the one that is loaded. Blocks.
    pub fn provider(&self, class: &ClassName) -> Result<ProviderHandle, Error> {
        Ok(self.keys(class)?.handle().clone())
    }

    /// Encrypted objects, with the keys that the security configuration names for `uri`. Loads
    /// the provider, if there is one; blocks.
    pub fn objects(&self, uri: &ObjectUri) -> Result<EncryptedStore, Error> {
        let (security, encryption) = self.encryption(uri)?;
        let keys = match encryption.get() {
            S3Encryption::CseCustom(named) => ObjectKeys::Provider(self.keys(named.class.get())?),
            S3Encryption::CseKms { key } => ObjectKeys::Kms(self.kms_keys(key)?),
            _ => return Err(by_the_store(security, encryption)),
        };
        let (stores, host) = (Arc::clone(&self.stores), Arc::clone(&self.configuration));
        Ok(EncryptedStore::new(stores, keys, host))
    }

    /// The store of `uri`, if the security configuration says that the store itself encrypts it:
    /// SSE-S3 or SSE-KMS. None if a client does, as [`objects`](Self::objects) does. No provider is
    /// needed.
    pub fn server_side(&self, uri: &ObjectUri) -> Result<Option<ServerSideStore>, Error> {
        let (security, encryption) = self.encryption(uri)?;
        let mode = match encryption.get() {
            S3Encryption::SseS3 => ServerSideEncryption::S3,
            S3Encryption::SseKms { key } => ServerSideEncryption::Kms {
                key: Some(key.get().to_string()),
            },
            _ => return Ok(None),
        };
        if uri.scheme() != Scheme::S3 {
            let message = format!("S3 encrypts in this mode, and `{uri}` is not there");
            return Err(security
                .error(encryption.span(), message)
                .label("used for this object")
                .hint("CSE-Custom, with a provider class, encrypts everywhere")
                .into());
        }
        let (stores, host) = (Arc::clone(&self.stores), Arc::clone(&self.configuration));
        Ok(Some(ServerSideStore::new(stores, host, mode)))
    }

    /// Encrypted objects, with the keys that the security configuration names for what is under
    /// `prefix`. Loads the provider; blocks.
    pub fn objects_under(&self, prefix: &ObjectPrefix) -> Result<EncryptedStore, Error> {
        self.objects(&prefix.any_object())
    }

    /// The class that has the keys of this object, by the security configuration.
    pub fn object_class(&self, uri: &ObjectUri) -> Result<&ClassName, Error> {
        let (security, encryption) = self.encryption(uri)?;
        match encryption.get() {
            S3Encryption::CseCustom(named) => Ok(named.class.get()),
            S3Encryption::CseKms { .. } => Err(security
                .error(
                    encryption.span(),
                    "EncryptionMode CSE-KMS has no class: its key is `AwsKmsKey`",
                )
                .label("used for this object")
                .into()),
            _ => Err(by_the_store(security, encryption)),
        }
    }

    /// How the security configuration says that this object is encrypted.
    fn encryption(
        &self,
        uri: &ObjectUri,
    ) -> Result<(&SecurityConfiguration, &Spanned<S3Encryption>), Error> {
        let security = self.security()?;
        let s3 = security.at_rest().and_then(|at_rest| at_rest.s3());
        let Some(s3) = s3 else {
            return Err(Error::Disabled {
                what: "client-side encryption of objects",
                takes: "EnableAtRestEncryption true, and an S3EncryptionConfiguration of mode \
                        CSE-Custom or CSE-KMS",
                configuration: security.source().name().to_owned(),
            });
        };
        let bucket = if uri.scheme() == Scheme::S3 {
            uri.bucket()
        } else {
            ""
        };
        Ok((security, s3.for_bucket(bucket)))
    }

    fn security(&self) -> Result<&Arc<SecurityConfiguration>, Error> {
        let security = self.security.as_ref();
        Ok(security.ok_or(ApiMisuse::NoSecurityConfiguration)?)
    }

    /// The keys of CSE-KMS, in the region that the cluster is in (R4).
    fn kms_keys(&self, key: &Spanned<KmsKeyArn>) -> Result<Arc<KmsKeys>, Error> {
        if let Err(mismatch) = kms::cluster_region(&self.configuration, key) {
            let mut error = self.security()?.error(key.span(), mismatch.to_string());
            if let Some(hint) = mismatch.hint() {
                error = error.hint(hint);
            }
            return Err(error.into());
        }
        let mut kept = self.kms_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = kept.entry(key.get().clone()).or_insert_with(|| {
            let (kms, host) = (Arc::clone(&self.kms), Arc::clone(&self.configuration));
            Arc::new(KmsKeys::new(kms, key.get().clone(), host))
        });
        Ok(Arc::clone(keys))
    }

    fn keys(&self, class: &ClassName) -> Result<Arc<ProviderKeys>, Error> {
        self.loaded(
            &self.keys,
            class,
            ClassKind::Materials,
            |handle, starter| {
                let host = Arc::clone(&self.configuration);
                let kms = Arc::clone(&self.kms);
                Arc::new(ProviderKeys::new(handle, Arc::new(starter), host, kms))
            },
        )
    }

    /// The provider of a class, which is of this kind, from its slot; or a new one.
    fn loaded<T: Clone>(
        &self,
        slots: &Slots<T>,
        class: &ClassName,
        kind: ClassKind,
        of: impl FnOnce(ProviderHandle, Starter) -> T,
    ) -> Result<T, Error> {
        let slot = {
            let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(class.clone()).or_default())
        };
        let mut loaded = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(provider) = &*loaded {
            return Ok(provider.clone());
        }
        let registration = self.registry.resolve(class).map_err(LoadError::from)?;
        let library = loader::accept(&registration, kind, &self.configuration)?;
        let host = Arc::clone(&self.configuration);
        let starter = Starter::new(host, class.clone(), library, self.program.clone())?;
        let handle = starter.start().map_err(|error| self.pointed(error))?;
        let provider = of(handle, starter);
        *loaded = Some(provider.clone());
        Ok(provider)
    }

    /// A provider's complaint about a configuration key, underlined where the key is set.
    fn pointed(&self, error: Error) -> Error {
        let Error::Provider(ProviderFailure::Answered {
            provider,
            error: answer,
            ..
        }) = &error
        else {
            return error;
        };
        let entries = &self.configuration.class(&provider.class).conf;
        let entry = entries
            .iter()
            .find(|entry| Some(entry.key.get().as_str()) == answer.conf_key());
        match entry {
            None => error,
            Some(entry) => {
                let message = format!("{provider} refuses its configuration: {}", answer.message());
                self.configuration
                    .error(entry.key.span(), message)
                    .label("the provider names this key")
                    .into()
            }
        }
    }
}

fn by_the_store(security: &SecurityConfiguration, encryption: &Spanned<S3Encryption>) -> Error {
    security
        .error(
            encryption.span(),
            "the store encrypts in this mode, and no class has keys",
        )
        .label("used for this object")
        .into()
}
