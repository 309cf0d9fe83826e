//! Proof before the first write: what is about to be written can be read again, elsewhere and
//! later, from nothing but its description.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use provost_core::config::{Isolation, Proof, Sha256Digest};
use provost_core::envelope::{KeyWrapError, WrapAlgorithm, WriteFormat};
use provost_core::materials::{EncryptionMaterials, MaterialsError};
use provost_plugin_api::{ErrorKind, MaterialsDescription};

use super::failure::ProviderFailure;
use super::handle::ProviderHandle;
use super::keys::{About, KeyError, class, new_data_key, unwrap_stored};
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
    /// Not here: the operator says that another node can (`proof = "elsewhere"`).
    Elsewhere,
}

/// What a proof is about. Another key under the same description needs its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject {
    digest: Sha256Digest,
    class: String,
    conf: u64,
    description: MaterialsDescription,
    wrap: WrapAlgorithm,
    key: [u8; 32],
}

/// The proofs of this process: done once for each key, kept in memory.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<HashMap<Subject, Result<(), Doubt>>>);

/// Why a key is not written with.
#[derive(Debug, Clone)]
struct Doubt {
    reason: String,
    /// As on a node that cannot decrypt by design.
    by_design: bool,
}

impl Proofs {
    /// Proves these materials unless that was done; a failure quarantines them for writes.
    pub(super) fn prove(
        &self,
        handle: &ProviderHandle,
        about: &About,
        materials: &EncryptionMaterials,
        format: WriteFormat,
        starter: &Starter,
    ) -> Result<Proven, KeyError> {
        if handle.proof() == Proof::Elsewhere {
            return Ok(Proven::Elsewhere);
        }
        let subject = Subject {
            digest: handle.digest(),
            class: class(handle),
            conf: handle.conf_id(),
            description: materials.description().clone(),
            wrap: materials.wrapping_key().algorithm(),
            key: materials.wrapping_key().fingerprint(),
        };
        match self.known(&subject) {
            Some(Ok(())) => return Ok(Proven::Earlier),
            Some(Err(Doubt { reason, by_design })) => {
                return Err(KeyError::Quarantined {
                    class: class(handle),
                    reason,
                    by_design,
                });
            }
            None => {}
        }
        match attempt(handle, about, materials, format, starter) {
            Ok(()) => {
                self.remember(subject, Ok(()));
                Ok(match handle.isolation() {
                    Isolation::Process => Proven::NewWorker,
                    Isolation::InProcess => Proven::SecondInstance,
                })
            }
            Err(error) => match reason_to_quarantine(&error) {
                None => Err(error),
                Some(reason) => {
                    let by_design = is_by_design(&error);
                    let doubt = reason.clone();
                    self.remember(
                        subject,
                        Err(Doubt {
                            reason: doubt,
                            by_design,
                        }),
                    );
                    Err(KeyError::Unproven {
                        class: class(handle),
                        reason,
                        by_design,
                    })
                }
            },
        }
    }

    fn known(&self, subject: &Subject) -> Option<Result<(), Doubt>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(subject)
            .cloned()
    }

    fn remember(&self, subject: Subject, result: Result<(), Doubt>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(subject, result);
    }
}

/// Wraps a random value that is never used for data, and has a new provider unwrap it.
fn attempt(
    handle: &ProviderHandle,
    about: &About,
    materials: &EncryptionMaterials,
    format: WriteFormat,
    starter: &Starter,
) -> Result<(), KeyError> {
    let wrapped = new_data_key(handle, about, materials, format)?;
    let fresh = starter.start().map_err(|error| match error {
        crate::Error::Provider(failure) => KeyError::Provider(failure),
        error => KeyError::Start(Box::new(error)),
    })?;
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
        KeyError::Provider(ProviderFailure::Deadline { .. })
        | KeyError::Start(_)
        | KeyError::Randomness(_)
        | KeyError::Kms { .. } => None,
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
        _ => false,
    }
}
