//! Keys in AWS KMS: asked for through the official SDK, lazily, and never for what an object names.
//!
//! What is asked, and what is accepted as an answer, is composed by
//! [`key_wrap`](provost_core::envelope::key_wrap); here are the calls, and what surrounds them: one
//! client for each region, tries and deadline, identical decryptions joined, data keys that may be
//! reused, and errors that say what to do.

#[cfg(not(feature = "aws"))]
mod absent;
mod error;
mod flight;
mod keys;
mod region;
mod reuse;
#[cfg(feature = "aws")]
mod sdk;

use std::sync::Arc;
use std::time::Instant;

use provost_core::config::{DataKeyReuse, HostConfiguration, KmsKeyArn};
use provost_core::envelope::key_wrap::{ComposedKmsGenerate, ComposedKmsUnwrap, ComposedKmsWrap};
use provost_core::envelope::{DataKey, KeyWrapError, RewrappedDataKey, WrappedDataKey};
use provost_plugin_api::{MaterialsDescription, SecretBytes};

#[cfg(not(feature = "aws"))]
use absent::Sdk;
use flight::Flights;
use reuse::{Reuse, Reused};
#[cfg(feature = "aws")]
use sdk::Sdk;

pub use error::{KmsError, KmsFailure};
pub(crate) use keys::KmsKeys;
pub use region::{RegionMismatch, cluster_region};

/// KMS, as this host reaches it. Making one costs nothing: the SDK is set up by the first call.
#[derive(Debug)]
pub(crate) struct Kms {
    host: Arc<HostConfiguration>,
    sdk: Sdk,
    flights: Flights,
    reuse: Reuse,
    checked: region::Checked,
    /// The clock of data keys that are reused.
    begun: Instant,
}

/// A call of KMS, or its answer, is not what a data key can come from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KmsKeyError {
    #[error(transparent)]
    Call(#[from] KmsError),
    #[error(transparent)]
    Wrap(#[from] KeyWrapError),
}

/// An answer of KMS that has bytes in it, and which key it says that it used.
struct Answer<T> {
    bytes: T,
    key_id: Option<String>,
}

impl Kms {
    pub(crate) fn new(host: Arc<HostConfiguration>) -> Self {
        Self {
            sdk: Sdk::new(host.kms.clone()),
            host,
            flights: Flights::default(),
            reuse: Reuse::default(),
            checked: region::Checked::default(),
            begun: Instant::now(),
        }
    }

    /// A data key for an object of `size` bytes: a new one, or within the bounds of the prefix's
    /// `write.data_key_reuse` one that was made for an identical context. An object whose size is
    /// not known beforehand has a new one.
    pub(crate) async fn data_key(
        &self,
        question: ComposedKmsGenerate,
        uri: &str,
        size: Option<u64>,
    ) -> Result<WrappedDataKey, KmsKeyError> {
        let policy = self.host.policy_for(uri);
        let bounds: Option<DataKeyReuse> = *policy.write.data_key_reuse;
        let prefix = policy.prefix.as_ref().map(|prefix| prefix.as_str());
        let (Some(bounds), Some(size), Some(prefix)) = (bounds, size, prefix) else {
            return self.new_data_key(question).await;
        };
        let same = Reused::new(prefix, &question);
        if let Some(key) = self.reuse.next(&same, size, self.begun.elapsed()) {
            return Ok(key);
        }
        // Of several at the same time each makes its own: one that waited for another's key would
        // have to be told apart from one that was given it.
        let made = self.begun.elapsed();
        let key = self.new_data_key(question).await?;
        Ok(self.reuse.keep(same, key, bounds, size, made))
    }

    /// A new data key, for one object or for a proof.
    pub(crate) async fn new_data_key(
        &self,
        question: ComposedKmsGenerate,
    ) -> Result<WrappedDataKey, KmsKeyError> {
        let call = self.call("GenerateDataKey", question.key_id(), question.context())?;
        let (key_id, context) = (question.key_id(), question.context());
        let answered = self.sdk.generate(call.region(), key_id, context).await;
        let ((plaintext, ciphertext), _) = call.answered(answered)?;
        Ok(question.accept(&plaintext, ciphertext)?)
    }

    /// Another wrap of an object's own data key.
    pub(crate) async fn rewrap(
        &self,
        question: ComposedKmsWrap,
    ) -> Result<RewrappedDataKey, KmsKeyError> {
        let call = self.call("Encrypt", question.key_id(), question.context())?;
        let (key_id, context) = (question.key_id(), question.context());
        let payload = question.payload();
        let answered = self.sdk.encrypt(call.region(), key_id, context, payload);
        let (ciphertext, _) = call.answered(answered.await)?;
        Ok(question.accept(ciphertext)?)
    }

    /// Asks the questions in their order; the next one only when KMS says that the data key was
    /// wrapped with another key.
    pub(crate) async fn unwrap(
        &self,
        questions: &[ComposedKmsUnwrap],
    ) -> Result<DataKey, KmsKeyError> {
        let mut left = questions.iter().peekable();
        while let Some(question) = left.next() {
            let plaintext = match self.decrypt(question).await {
                Err(error) if error.is_wrong_key() && left.peek().is_some() => continue,
                answer => answer?,
            };
            return Ok(question.accept(&plaintext)?);
        }
        Err(KeyWrapError::WrongPlace {
            kind: "no key",
            expected: "a KMS key",
        }
        .into())
    }

    /// One call for all that ask the same at the same time.
    async fn decrypt(&self, question: &ComposedKmsUnwrap) -> Result<Arc<SecretBytes>, KmsError> {
        self.flights
            .join(question, async {
                let call = self.call("Decrypt", question.key_id(), question.context())?;
                let (key_id, context) = (question.key_id(), question.context());
                let ciphertext = question.ciphertext();
                let answered = self.sdk.decrypt(call.region(), key_id, context, ciphertext);
                let (plaintext, _) = call.answered(answered.await)?;
                Ok(Arc::new(plaintext))
            })
            .await
    }

    /// Where a call with this key goes: to the region of its ARN.
    fn call<'c>(
        &'c self,
        operation: &'static str,
        key_id: &'c str,
        context: &'c MaterialsDescription,
    ) -> Result<Call<'c>, KmsError> {
        let arn = key_id
            .starts_with("arn:")
            .then(|| KmsKeyArn::parse(key_id))
            .transpose();
        let mut call = Call {
            kms: self,
            operation,
            key_id,
            context,
            arn: None,
        };
        match arn {
            Ok(arn) => {
                call.arn = arn;
                Ok(call)
            }
            Err(source) => Err(call.failed(KmsFailure::Key { source })),
        }
    }
}

struct Call<'c> {
    kms: &'c Kms,
    operation: &'static str,
    key_id: &'c str,
    context: &'c MaterialsDescription,
    arn: Option<KmsKeyArn>,
}

impl Call<'_> {
    fn region(&self) -> Option<&str> {
        self.arn.as_ref().map(KmsKeyArn::region)
    }

    fn answered<T>(
        &self,
        answered: Result<Answer<T>, KmsFailure>,
    ) -> Result<(T, Option<String>), KmsError> {
        let answer = answered.map_err(|failure| self.failed(failure))?;
        // KMS says which key it used; only of an alias is it another name.
        if let Some(arn) = self.arn.as_ref().filter(|arn| !arn.is_alias())
            && let Some(used) = &answer.key_id
            && used != arn.as_str()
        {
            let used = error::shown(used);
            return Err(self.failed(KmsFailure::AnotherKey { used }));
        }
        Ok((answer.bytes, answer.key_id))
    }

    fn failed(&self, failure: KmsFailure) -> KmsError {
        KmsError::new(
            self.operation,
            self.key_id,
            self.kms.sdk.place(self.region()),
            self.context,
            failure,
        )
    }
}
