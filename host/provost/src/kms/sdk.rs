//! The calls themselves, through `aws-sdk-kms`.
//!
//! Credentials, region and endpoint are found as every user of the SDK expects: environment,
//! profile, web identity, container and instance metadata; `[kms]` of provost.toml comes first.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kms::Client;
use aws_sdk_kms::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kms::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::RequestId;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use provost_core::config::{KmsEndpoint, KmsSettings};
use provost_plugin_api::{MaterialsDescription, SecretBytes};
use tokio::sync::OnceCell;

use super::Answer;
use super::error::{KmsFailure, shown};

/// How often a call is made at most; what ends it sooner is the deadline.
const ATTEMPTS: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long one attempt may take: some are left when an answer was lost.
const ATTEMPT: Duration = Duration::from_secs(8);

#[derive(Debug)]
pub(super) struct Sdk {
    settings: KmsSettings,
    shared: OnceCell<SdkConfig>,
    /// By region; `None` is the one that the SDK finds.
    clients: Mutex<HashMap<Option<String>, Client>>,
}

impl Sdk {
    pub(super) fn new(settings: KmsSettings) -> Self {
        Self {
            settings,
            shared: OnceCell::new(),
            clients: Mutex::default(),
        }
    }

    /// Where calls go that name no region.
    pub(super) async fn own_region(&self) -> Option<String> {
        // Boxed: it is kilobytes, and seldom awaited.
        let shared = Box::pin(self.shared.get_or_init(|| self.load())).await;
        shared.region().map(ToString::to_string)
    }

    /// Where calls for this region go, for messages.
    pub(super) fn place(&self, region: Option<&str>) -> String {
        let region = region
            .or(self.settings.region.as_ref().map(|region| region.as_str()))
            .unwrap_or("the SDK's region");
        let shared = self.shared.get().and_then(SdkConfig::endpoint_url);
        match (&self.settings.endpoint, shared) {
            (Some(endpoint), _) => format!("{} ({region})", endpoint.get()),
            (None, Some(endpoint)) => format!("{} ({region})", shown(endpoint)),
            (None, None) => region.to_owned(),
        }
    }

    pub(super) async fn generate(
        &self,
        region: Option<&str>,
        key_id: &str,
        context: &MaterialsDescription,
    ) -> Result<Answer<(SecretBytes, Vec<u8>)>, KmsFailure> {
        let last = LastAttempt::default();
        // Boxed: the SDK's futures are tens of kilobytes.
        let call = Box::pin(async {
            let client = self.client(region).await;
            let answer = client
                .generate_data_key()
                .key_id(key_id)
                .key_spec(DataKeySpec::Aes256)
                .set_encryption_context(Some(map(context)))
                .customize()
                .interceptor(last.clone())
                .send()
                .await
                .map_err(|error| failure(&error))?;
            let plaintext = secret(answer.plaintext)?;
            let ciphertext = bytes(answer.ciphertext_blob)?;
            Ok(Answer {
                bytes: (plaintext, ciphertext),
                key_id: answer.key_id,
            })
        });
        self.in_time(call, &last).await
    }

    pub(super) async fn encrypt(
        &self,
        region: Option<&str>,
        key_id: &str,
        context: &MaterialsDescription,
        payload: &SecretBytes,
    ) -> Result<Answer<Vec<u8>>, KmsFailure> {
        let last = LastAttempt::default();
        let call = Box::pin(async {
            let client = self.client(region).await;
            let answer = client
                .encrypt()
                .key_id(key_id)
                .set_encryption_context(Some(map(context)))
                .plaintext(Blob::new(payload.secret_bytes()))
                .customize()
                .interceptor(last.clone())
                .send()
                .await
                .map_err(|error| failure(&error))?;
            Ok(Answer {
                bytes: bytes(answer.ciphertext_blob)?,
                key_id: answer.key_id,
            })
        });
        self.in_time(call, &last).await
    }

    pub(super) async fn decrypt(
        &self,
        region: Option<&str>,
        key_id: &str,
        context: &MaterialsDescription,
        ciphertext: &[u8],
    ) -> Result<Answer<SecretBytes>, KmsFailure> {
        let last = LastAttempt::default();
        let call = Box::pin(async {
            let client = self.client(region).await;
            let answer = client
                .decrypt()
                .key_id(key_id)
                .set_encryption_context(Some(map(context)))
                .ciphertext_blob(Blob::new(ciphertext))
                .customize()
                .interceptor(last.clone())
                .send()
                .await
                .map_err(|error| failure(&error))?;
            Ok(Answer {
                bytes: secret(answer.plaintext)?,
                key_id: answer.key_id,
            })
        });
        self.in_time(call, &last).await
    }

    /// The deadline holds for all of it: credentials, tries, and waiting between them.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, KmsFailure>>,
        last: &LastAttempt,
    ) -> Result<T, KmsFailure> {
        let after = *self.settings.deadline;
        match tokio::time::timeout(after, call).await {
            Ok(answer) => answer,
            Err(_) => Err(KmsFailure::Deadline {
                after,
                last: last.told(),
            }),
        }
    }

    async fn client(&self, region: Option<&str>) -> Client {
        let shared = self.shared.get_or_init(|| self.load()).await;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients
            .entry(region.map(str::to_owned))
            .or_insert_with(|| self.new_client(shared, region));
        client.clone()
    }

    async fn load(&self) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &self.settings.profile {
            loader = loader.profile_name(profile.as_str());
        }
        if let Some(region) = &self.settings.region {
            loader = loader.region(Region::new(region.get().clone()));
        }
        loader.load().await
    }

    fn new_client(&self, shared: &SdkConfig, region: Option<&str>) -> Client {
        let attempt = ATTEMPT.min(*self.settings.deadline);
        let mut config = aws_sdk_kms::config::Builder::from(shared)
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_WAIT)
                    .with_max_backoff(LONGEST_WAIT),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3).min(attempt))
                    .operation_attempt_timeout(attempt)
                    .build(),
            )
            .interceptor(OnlyEncrypted);
        if let Some(region) = region {
            config = config.region(Region::new(region.to_owned()));
        }
        if let Some(endpoint) = &self.settings.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        Client::from_conf(config.build())
    }
}

/// What became of the last attempt of one call, for when the deadline ends it between attempts.
#[derive(Debug, Clone, Default)]
struct LastAttempt(Arc<Mutex<Option<String>>>);

impl LastAttempt {
    fn told(&self) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }
}

impl Intercept for LastAttempt {
    fn name(&self) -> &'static str {
        "LastAttempt"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let told = match (error.as_connector_error(), context.response()) {
                (Some(error), _) => shown(&crate::error::chain(error)),
                (None, Some(response)) => format!("HTTP status {}", response.status().as_u16()),
                (None, None) => return Ok(()),
            };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        }
        Ok(())
    }
}

/// Data keys are in these messages: an endpoint from the environment is held to the same rule as
/// one from provost.toml.
#[derive(Debug)]
struct OnlyEncrypted;

/// How its refusal is told from other errors of the SDK.
const UNENCRYPTED: &str = "the endpoint would get data keys unencrypted over a network";

impl Intercept for OnlyEncrypted {
    fn name(&self) -> &'static str {
        "OnlyEncrypted"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match KmsEndpoint::parse(context.request().uri()) {
            Ok(_) => Ok(()),
            Err(_) => Err(UNENCRYPTED.into()),
        }
    }
}

fn map(context: &MaterialsDescription) -> HashMap<String, String> {
    let entries = context.iter();
    entries
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn secret(blob: Option<Blob>) -> Result<SecretBytes, KmsFailure> {
    let blob = blob.ok_or(KmsFailure::Incomplete { field: "Plaintext" })?;
    Ok(SecretBytes::new(blob.into_inner()))
}

fn bytes(blob: Option<Blob>) -> Result<Vec<u8>, KmsFailure> {
    let field = "CiphertextBlob";
    Ok(blob.ok_or(KmsFailure::Incomplete { field })?.into_inner())
}

/// What went wrong, without anything of a response's body but KMS's own error message.
fn failure<E>(error: &SdkError<E, HttpResponse>) -> KmsFailure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => KmsFailure::Answered {
            code: shown(answer.err().code().unwrap_or("no error code")),
            message: shown(answer.err().message().unwrap_or("no message")),
            request_id: answer.err().meta().request_id().map(shown),
        },
        SdkError::ResponseError(answer) => KmsFailure::Unreadable {
            status: answer.raw().status().as_u16(),
        },
        SdkError::TimeoutError(_) => KmsFailure::NoAnswer,
        error => {
            // These have no response: their words are the SDK's own.
            let reason = shown(&crate::error::chain(error));
            let words = reason.to_ascii_lowercase();
            if reason.contains(UNENCRYPTED) {
                KmsFailure::Unencrypted
            } else if words.contains("credential") || words.contains("identity") {
                KmsFailure::Credentials { reason }
            } else if words.contains("region") {
                KmsFailure::NoRegion
            } else {
                KmsFailure::Unreachable { reason }
            }
        }
    }
}
