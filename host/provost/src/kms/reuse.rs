//! Data keys that several objects may share, in memory only.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use provost_core::config::DataKeyReuse;
use provost_core::envelope::key_wrap::ComposedKmsGenerate;
use provost_core::envelope::{ReusableDataKey, ReuseBounds, WrappedDataKey};
use provost_plugin_api::MaterialsDescription;

/// The most data keys that are held: past it the oldest is wiped.
const HELD: usize = 64;

/// What has to be identical for a data key to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reused {
    prefix: String,
    key_id: String,
    context: MaterialsDescription,
}

impl Reused {
    pub(super) fn new(prefix: &str, question: &ComposedKmsGenerate) -> Self {
        Self {
            prefix: prefix.to_owned(),
            key_id: question.key_id().to_owned(),
            context: question.context().clone(),
        }
    }
}

/// The data keys that are held, oldest first. Those that are spent are wiped when any is looked for.
#[derive(Debug, Default)]
pub(super) struct Reuse(Mutex<Vec<(Reused, ReusableDataKey)>>);

impl Reuse {
    /// The held key for the next object, if its bounds allow it.
    pub(super) fn next(&self, same: &Reused, size: u64, now: Duration) -> Option<WrappedDataKey> {
        let mut held = self.lock();
        held.retain(|(_, key)| !key.is_spent(now));
        let (_, key) = held.iter_mut().find(|(name, _)| name == same)?;
        key.next(size, now)
    }

    /// Takes over a new data key, made at `made`, and gives it out for its first object.
    pub(super) fn keep(
        &self,
        same: Reused,
        key: WrappedDataKey,
        bounds: DataKeyReuse,
        size: u64,
        made: Duration,
    ) -> WrappedDataKey {
        let bounds = ReuseBounds {
            objects: bounds.objects,
            bytes: bounds.bytes.bytes(),
            age: bounds.age,
        };
        // An object that alone passes a bound keeps its key to itself.
        if size > bounds.bytes || bounds.objects == 0 {
            return key;
        }
        let mut key = match ReusableDataKey::new(key, bounds, made) {
            Ok(key) => key,
            Err(key) => return key,
        };
        let first = key.first(size);
        let mut held = self.lock();
        held.retain(|(name, _)| *name != same);
        if held.len() >= HELD {
            held.remove(0);
        }
        held.push((same, key));
        first
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Reused, ReusableDataKey)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
