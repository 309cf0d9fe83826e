//! Proof before the first write: what is about to be written can be read again, elsewhere and
//! later, from nothing but its description.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use provost_core::config::{Isolation, Proof, Sha256Digest};
use provost_core::envelope::{
    DataKey, KeyWrapError, RewrappedDataKey, WrapAlgorithm, WrappedDataKey, WriteFormat,
};
use provost_core::materials::{EncryptionMaterials, MaterialsError, WrappingKey};
use provost_plugin_api::{ErrorKind, MaterialsDescription};

use super::failure::ProviderFailure;
use super::handle::ProviderHandle;
use super::key_error::KeyError;
use super::keys::{About, class, new_data_key, rewrap_data_key, start, unwrap_stored, wrap_here};
use super::start::Starter;

/// How it was proved that what is written can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proven {
    /// A newly started worker unwrapped a random value.
    NewWorker,
    /// A second instance in this process did: a weaker proof, as the two may share memory.
    SecondInstance,
    /// It was, earlier in this process.
    Earlier,
    /// KMS unwrapped it here, with the configured key and what is stored; no provider is involved.
    Unwrapped,
    /// Not here: the operator says that another node can (`proof = "elsewhere"`).
    Elsewhere,
}

/// How often a data key is wrapped again because the description of its wrap was not proved.
const ROUNDS: usize = 3;

/// The most that is kept of proofs, and of failures: past it they are forgotten, and proved again.
const KEPT: usize = 4096;

/// What a proof is about. Another key under the same description needs its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    digest: Sha256Digest,
    class: String,
    conf: u64,
    format: WriteFormat,
    /// What is stored: what the wrap adds, such as a key's version, is part of it.
    description: MaterialsDescription,
    wrap: WrapAlgorithm,
    key: [u8; 32],
}

impl Subject {
    pub(super) fn new(
        handle: &ProviderHandle,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        description: &MaterialsDescription,
    ) -> Self {
        Self {
            digest: handle.digest(),
            class: class(handle),
            conf: handle.conf_id(),
            format,
            description: description.clone(),
            wrap: materials.wrapping_key().algorithm(),
            key: materials.wrapping_key().fingerprint(),
        }
    }
}

/// The proofs of this process: done once for each subject, kept in memory.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    proved: HashSet<Subject>,
    doubted: HashMap<Subject, Doubt>,
}

/// Why a key is not written with.
#[derive(Debug, Clone)]
struct Doubt {
    reason: String,
    /// As on a node that cannot decrypt by design.
    by_design: bool,
}

impl Proofs {
    /// A data key, wrapped with materials that were proved to be found again from what is stored.
    /// A failed proof and a breach of contract quarantine them for writes.
    pub(super) fn data_key(
        &self,
        handle: &ProviderHandle,
        about: &About,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        starter: &Starter,
    ) -> Result<(WrappedDataKey, Proven), KeyError> {
        let asked = Subject::new(handle, materials, format, materials.description());
        self.check_quarantine(handle, &asked)?;
        let mut proven = Proven::Earlier;
        for _ in 0..ROUNDS {
            let wrapped = new_data_key(handle, about, materials, format)
                .inspect_err(|error| self.doubt_breach(&asked, error))?;
            let subject = Subject::new(handle, materials, format, wrapped.description());
            self.check_quarantine(handle, &subject)?;
            if handle.proof() == Proof::Elsewhere {
                return Ok((wrapped, Proven::Elsewhere));
            }
            if self.is_proved(&subject) {
                return Ok((wrapped, proven));
            }
            // This value is the one for the proof; the object gets another.
            proven = self.prove(handle, about, subject, &wrapped, starter)?;
        }
        Err(KeyError::Unproven {
            class: class(handle),
            reason: "each wrap adds something else to the description".to_owned(),
            by_design: false,
        })
    }

    /// The same without asking anybody, for a wrapping key that is in this process and proved; none
    /// for another one.
    pub(super) fn wrapped_here(
        &self,
        handle: &ProviderHandle,
        materials: &EncryptionMaterials,
        format: WriteFormat,
    ) -> Result<Option<(WrappedDataKey, Proven)>, KeyError> {
        if let WrappingKey::ProviderHeld(_) | WrappingKey::Kms(_) = materials.wrapping_key() {
            return Ok(None);
        }
        let subject = Subject::new(handle, materials, format, materials.description());
        self.check_quarantine(handle, &subject)?;
        let Some(proven) = self.settled(handle, &subject) else {
            return Ok(None);
        };
        let wrapped = wrap_here(handle, materials, format);
        let wrapped = wrapped.inspect_err(|error| self.doubt_breach(&subject, error))?;
        Ok(Some((wrapped, proven)))
    }

    /// The data key that an object has, wrapped with materials that were proved as for a new one.
    pub(super) fn rewrapped(
        &self,
        handle: &ProviderHandle,
        about: &About,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        starter: &Starter,
        key: &DataKey,
    ) -> Result<(RewrappedDataKey, Proven), KeyError> {
        let asked = Subject::new(handle, materials, format, materials.description());
        self.check_quarantine(handle, &asked)?;
        let mut proven = Proven::Earlier;
        for _ in 0..ROUNDS {
            let breach = |error: &KeyError| self.doubt_breach(&asked, error);
            let wrapped = rewrap_data_key(handle, about, materials, format, key);
            let wrapped = wrapped.inspect_err(breach)?;
            let subject = Subject::new(handle, materials, format, wrapped.description());
            self.check_quarantine(handle, &subject)?;
            if handle.proof() == Proof::Elsewhere {
                return Ok((wrapped, Proven::Elsewhere));
            }
            if self.is_proved(&subject) {
                return Ok((wrapped, proven));
            }
            // The proof is with a value that is never used for data.
            let test = new_data_key(handle, about, materials, format).inspect_err(breach)?;
            let subject = Subject::new(handle, materials, format, test.description());
            proven = self.prove(handle, about, subject, &test, starter)?;
        }
        Err(KeyError::Unproven {
            class: class(handle),
            reason: "each wrap adds something else to the description".to_owned(),
            by_design: false,
        })
    }

    /// What there is to say without a proof: it was proved, or is not to be here.
    pub(super) fn settled(&self, handle: &ProviderHandle, subject: &Subject) -> Option<Proven> {
        if handle.proof() == Proof::Elsewhere {
            return Some(Proven::Elsewhere);
        }
        self.is_proved(subject).then_some(Proven::Earlier)
    }

    /// Whether it was proved in this process.
    pub(super) fn is_proved(&self, subject: &Subject) -> bool {
        self.lock().proved.contains(subject)
    }

    fn prove(
        &self,
        handle: &ProviderHandle,
        about: &About,
        subject: Subject,
        wrapped: &WrappedDataKey,
        starter: &Starter,
    ) -> Result<Proven, KeyError> {
        self.settle(handle, subject, attempt(handle, about, wrapped, starter))
    }

    /// Keeps what came of a proof; a failed one quarantines.
    pub(super) fn settle(
        &self,
        handle: &ProviderHandle,
        subject: Subject,
        attempt: Result<(), KeyError>,
    ) -> Result<Proven, KeyError> {
        let Err(error) = attempt else {
            self.lock().succeed(subject);
            return Ok(match handle.isolation() {
                Isolation::Process => Proven::NewWorker,
                Isolation::InProcess => Proven::SecondInstance,
            });
        };
        match self.doubt(subject, &error) {
            None => Err(error),
            Some(Doubt { reason, by_design }) => Err(KeyError::Unproven {
                class: class(handle),
                reason,
                by_design,
            }),
        }
    }

    pub(super) fn check_quarantine(
        &self,
        handle: &ProviderHandle,
        subject: &Subject,
    ) -> Result<(), KeyError> {
        match self.lock().doubted.get(subject) {
            None => Ok(()),
            Some(Doubt { reason, by_design }) => Err(KeyError::Quarantined {
                class: class(handle),
                reason: reason.clone(),
                by_design: *by_design,
            }),
        }
    }

    /// Quarantines for a wrap that failed, if that is a breach of contract.
    fn doubt_breach(&self, subject: &Subject, error: &KeyError) {
        if is_breach(error) {
            self.doubt(subject.clone(), error);
        }
    }

    /// Quarantines for this error, if it is a reason to.
    fn doubt(&self, subject: Subject, error: &KeyError) -> Option<Doubt> {
        let doubt = Doubt {
            reason: reason_to_quarantine(error)?,
            by_design: is_by_design(error),
        };
        self.lock().fail(subject, doubt.clone());
        Some(doubt)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn succeed(&mut self, subject: Subject) {
        if self.proved.len() >= KEPT {
            self.proved.clear();
        }
        self.proved.insert(subject);
    }

    fn fail(&mut self, subject: Subject, doubt: Doubt) {
        if self.doubted.len() >= KEPT {
            self.doubted.clear();
        }
        self.doubted.insert(subject, doubt);
    }
}

/// Has a new provider unwrap a random value that is never used for data.
fn attempt(
    handle: &ProviderHandle,
    about: &About,
    wrapped: &WrappedDataKey,
    starter: &Starter,
) -> Result<(), KeyError> {
    let fresh = start(starter)?;
    let description = Some(wrapped.description()).filter(|description| !description.is_empty());
    let unwrapped = unwrap_stored(&fresh, about, wrapped.encrypted(), description)?;
    if wrapped.unwraps_to(&unwrapped) {
        return Ok(());
    }
    let reason = "it unwrapped to another data key".to_owned();
    Err(KeyError::Unproven {
        class: class(handle),
        reason,
        by_design: false,
    })
}

/// A backend that is away, or a provider that cannot be started now, proves nothing either way.
fn reason_to_quarantine(error: &KeyError) -> Option<String> {
    match error {
        KeyError::Provider(ProviderFailure::Answered { error, .. })
            if error.kind().is_retryable() || error.kind() == ErrorKind::Configuration =>
        {
            None
        }
        KeyError::Provider(ProviderFailure::Deadline { .. } | ProviderFailure::Busy { .. })
        | KeyError::Start(_)
        | KeyError::Randomness(_) => None,
        KeyError::Kms(error) if error.is_passing() => None,
        KeyError::Provider(ProviderFailure::Worker { source, .. }) => {
            super::failure::is_violation(source).then(|| error.to_string())
        }
        KeyError::Unproven { reason, .. } => Some(reason.clone()),
        // The class is named by the error that the reason becomes part of.
        KeyError::Provider(ProviderFailure::Answered {
            operation, error, ..
        }) => Some(format!("it answered to {operation}: {error}")),
        KeyError::Provider(ProviderFailure::Materials { source, .. }) => Some(source.to_string()),
        KeyError::Wrap { source, .. } => Some(source.to_string()),
        error => Some(error.to_string()),
    }
}

/// Whether a wrap that failed is the provider's breach of contract. Without a right to wrap there
/// is no data key, and so nothing that could not be read again.
fn is_breach(error: &KeyError) -> bool {
    match error {
        KeyError::Provider(ProviderFailure::Answered { error, .. }) => {
            error.kind() == ErrorKind::Internal
        }
        KeyError::Provider(failure) => failure.is_violation(),
        KeyError::Wrap { .. } => true,
        _ => false,
    }
}

/// Whether a node fails like this that has no private half, or no right to decrypt.
fn is_by_design(error: &KeyError) -> bool {
    match error {
        KeyError::Wrap { source, .. } => matches!(
            source,
            KeyWrapError::NoPrivateKey | KeyWrapError::Materials(MaterialsError::NoPrivateKey)
        ),
        KeyError::Provider(ProviderFailure::Materials { source, .. }) => {
            matches!(source, MaterialsError::NoPrivateKey)
        }
        KeyError::Provider(failure) => matches!(
            failure.kind(),
            Some(ErrorKind::Denied | ErrorKind::Unsupported)
        ),
        KeyError::Kms(error) => error.is_denied(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(number: usize) -> Subject {
        Subject {
            digest: Sha256Digest::of(b"library"),
            class: "com.example.Keys".to_owned(),
            conf: 0,
            format: WriteFormat::V3,
            description: MaterialsDescription::new().with("k", number.to_string()),
            wrap: WrapAlgorithm::AesGcm,
            key: [0; 32],
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_newest_is_kept() {
        let mut known = Known::default();
        for number in 0..=2 * KEPT {
            known.succeed(subject(number));
            let doubt = Doubt {
                reason: "it forgets".to_owned(),
                by_design: false,
            };
            known.fail(subject(number), doubt);
            assert!(known.proved.len() <= KEPT && known.doubted.len() <= KEPT);
            assert!(known.proved.contains(&subject(number)));
            assert!(known.doubted.contains_key(&subject(number)));
        }
    }
}
