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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use provost_core::config::{HostConfiguration, Source};
    use provost_core::envelope::WriteFormat;
    use provost_core::envelope::key_wrap::compose_kms_generate;
    use provost_core::materials::EncryptionMaterials;
    use provost_plugin_api::{RawMaterials, SecretBytes};

    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn bounds() -> DataKeyReuse {
        let toml = "[[prefixes]]\nprefix = \"s3://bucket-a/\"\n\
                    write.data_key_reuse = { objects = 10, bytes = \"1MiB\", age = \"1h\" }";
        let source = Source::new("provost.toml", toml);
        let host = HostConfiguration::parse(source, Path::new("/"), &|_| None).unwrap();
        (*host
            .value
            .policy_for("s3://bucket-a/x")
            .write
            .data_key_reuse)
            .unwrap()
    }

    fn question(key: &str, team: &str) -> ComposedKmsGenerate {
        let description = MaterialsDescription::new().with("team", team);
        let raw = RawMaterials::kms(key).with_description(description);
        let materials = EncryptionMaterials::validate(raw).unwrap();
        compose_kms_generate(&materials, WriteFormat::V3).unwrap()
    }

    /// Whether the key of one question serves another one.
    fn serves(made: (&str, &str, &str), asked: (&str, &str, &str)) -> bool {
        let (reuse, bounds) = (Reuse::default(), bounds());
        let (prefix, key, team) = made;
        let made = question(key, team);
        let same = Reused::new(prefix, &made);
        let key = made
            .accept(&SecretBytes::new((0..32).collect()), b"wrapped".to_vec())
            .unwrap();
        let _ = reuse.keep(same, key, bounds, 4, NOW);
        let (prefix, key, team) = asked;
        let same = Reused::new(prefix, &question(key, team));
        reuse.next(&same, 4, NOW).is_some()
    }

    #[test]
    fn a_data_key_serves_its_own_prefix_key_and_context_and_no_other() {
        let made = ("s3://bucket-a/", "key/a", "x");
        assert!(serves(made, made));
        for other in [
            ("s3://bucket-b/", "key/a", "x"),
            ("s3://bucket-a/", "key/b", "x"),
            ("s3://bucket-a/", "key/a", "y"),
        ] {
            assert!(!serves(made, other), "{other:?}");
        }
    }
}
