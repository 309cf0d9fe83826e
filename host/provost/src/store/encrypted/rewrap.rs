//! Rewrapping an object: the present key protects its data key, and its content is not touched.
//!
//! The envelope is written where it was, or where it is asked to be; the new one is in place before
//! the old one goes. Whoever dies between leaves the object with an envelope that opens it, and the
//! next run goes on.

mod write;

use std::sync::Arc;

use provost_core::envelope::{
    ContentMetadata, DataKey, EnvelopePlace, INSTRUCTION_SUFFIX, KeyWrap, Located,
    MAX_INSTRUCTION_FILE_BYTES, MetadataError, WritePlace, check_rewrap, is_envelope_name, moved,
    rewrap, rewrap_format,
};
use provost_core::materials::DecryptionMaterials;
use provost_plugin_api::MaterialsDescription;

use super::error::About;
use super::get::{envelope, marked_envelope};
use super::plaintext::Plaintext;
use super::policy::located;
use super::put::unstorable;
use super::reencrypt::own_metadata;
use super::replace::Former;
use super::{EncryptedStore, ObjectError, instruction_file, policy};
use crate::provider::{Protection, Proven, Unlocked};
use crate::store::{
    Condition, GetOptions, Metadata, ObjectHead, ObjectPrefix, ObjectStore, ObjectStoreExt,
    ObjectUri, StoreError,
};
use write::{File, replace};

/// How an object is rewrapped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rewrap {
    /// Where the new envelope goes; none is where the old one is.
    pub to: Option<EnvelopePlace>,
    /// Read the new envelope back, and prove that the old key does not open it and the new one does.
    pub prove: bool,
    /// Read the whole content first: only what proves authentic is rewrapped.
    pub verify_content: bool,
}

/// What became of an object that was to be rewrapped.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rewrapped {
    /// Bytes of plaintext.
    pub plaintext: u64,
    /// Where the envelope is.
    pub place: EnvelopePlace,
    /// Whether anything was written.
    pub changed: bool,
    /// The new wrap; none if the present key protects the object already.
    pub anew: Option<NewWrap>,
    /// Older versions that the store keeps and that another key than the present one opens, or may
    /// open.
    pub older: Vec<OlderVersion>,
}

/// A wrap that was written.
#[derive(Debug)]
#[non_exhaustive]
pub struct NewWrap {
    /// How the data key is wrapped.
    pub wrap: KeyWrap,
    /// What is stored as the description.
    pub description: MaterialsDescription,
    /// How it was proved that the key is found again.
    pub proof: Proven,
}

/// A version that is not the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OlderVersion {
    /// The object, or its instruction file.
    pub uri: ObjectUri,
    /// The store's name for the version.
    pub version: String,
}

impl EncryptedStore {
    /// Wraps an object's data key with what the provider has for new objects.
    ///
    /// Written only if the object is still the one that was read, and only after the new wrap was
    /// unwrapped again and gave the same data key.
    pub async fn rewrap(&self, uri: &ObjectUri, how: Rewrap) -> Result<Rewrapped, ObjectError> {
        let store = self.stores.open(uri)?;
        let store = &*store;
        let policy = self.host.policy_for(&uri.to_string());
        policy::check_writable(uri, policy)?;
        let read = policy::read(policy);
        let head = store.head(uri).await?;
        let (found, mark) = marked_envelope(store, uri, &head, &read).await?;
        rewrap_format(&found).about(uri)?;
        let to = how.to.unwrap_or(found.place());
        if !read.allows_place(to) {
            let source = MetadataError::PlaceNotAllowed { found: to };
            return Err(source).about(uri);
        }
        // The file that is read here, or none: another writer's must not be replaced by a wrap of
        // the data key that its body does not have.
        let file = match (found.place(), to) {
            (EnvelopePlace::InstructionFile, _) => {
                File::ReadWith(mark.ok_or_else(|| ObjectError::NoMark { uri: uri.clone() })?)
            }
            (EnvelopePlace::Metadata, EnvelopePlace::InstructionFile) => {
                let former = Former::of(store, uri, instruction_file(uri)?).await?;
                File::There(Box::new(former))
            }
            (EnvelopePlace::Metadata, EnvelopePlace::Metadata) => File::None,
        };
        let plaintext = found.plaintext_length(head.info.size).about(uri)?;
        let unlocked = self.keys.unlock(uri, found).await.about(uri)?;
        if let File::There(former) = &file
            && former.mark != Condition::Absent
        {
            let opens = match former.file() {
                Some(there) => self.opens_with(uri, &head, there, &unlocked.key).await,
                None => false,
            };
            if !opens {
                let file = former.name.clone();
                return Err(ObjectError::AnotherFile { file });
            }
        }
        if how.verify_content {
            self.verify_as(store, uri, &head, &unlocked).await?;
        }
        let format = check_rewrap(&unlocked.metadata, &unlocked.key).about(uri)?;
        let Unlocked {
            metadata: old,
            key,
            by,
        } = &unlocked;
        let protection = self
            .keys
            .protection(uri, &unlocked, format)
            .await
            .about(uri)?;
        let wrapped = match protection {
            Protection::Present => None,
            Protection::PresentIfDescribedSo | Protection::Other => {
                let key = Arc::clone(key);
                let wrapped = self.keys.for_rewrapping(store, uri, format, key).await;
                let (wrap, proof) = wrapped.about(uri)?;
                let same = protection == Protection::PresentIfDescribedSo
                    && Some(wrap.description()).filter(|new| !new.is_empty()) == old.description();
                (!same).then_some((wrap, proof))
            }
        };
        if wrapped.is_none() && to == old.place() {
            if to == EnvelopePlace::Metadata {
                self.tidy_leftover(store, &head.info).await;
            }
            let older = self.older(store, uri, None, old.description()).await?;
            return Ok(Rewrapped {
                plaintext,
                place: to,
                changed: false,
                anew: None,
                older,
            });
        }
        let (sealed, anew) = match wrapped {
            None => (moved(old).about(uri)?, None),
            Some((wrap, proof)) => {
                let (description, algorithm) =
                    (wrap.description().clone(), wrap.encrypted().wrap());
                let sealed = rewrap(old, wrap).about(uri)?;
                // It will replace the only wrap there is: a defect of whoever made it would lose
                // the object.
                let new = self.keys.for_reading(uri, sealed.metadata().clone()).await;
                if new.about(uri)?.1 != **key {
                    return Err(ObjectError::WrongRewrap { uri: uri.clone() });
                }
                let anew = NewWrap {
                    wrap: algorithm,
                    description,
                    proof,
                };
                (sealed, Some(anew))
            }
        };
        let own = own_metadata(uri, &head.metadata)?;
        let place = match to {
            EnvelopePlace::Metadata => WritePlace::Metadata,
            EnvelopePlace::InstructionFile => WritePlace::InstructionFile,
        };
        let envelope = sealed.place(place, own.bytes()).about(uri)?;
        {
            let _turn = self.stores.turn(uri).await;
            let now = replace(store, &head, file, own, envelope).await?;
            if to == EnvelopePlace::Metadata {
                // It may hold a wrap of the old key.
                self.tidy_leftover(store, &now).await;
            }
        }
        if how.prove {
            self.prove(store, uri, &read, key, anew.is_some().then_some(by))
                .await?;
        }
        let present = anew.as_ref().map(|anew| &anew.description);
        let present = present.filter(|new| !new.is_empty());
        let present = if anew.is_some() {
            present
        } else {
            old.description()
        };
        // What only moved opened with the present key.
        let retired = anew.is_some().then_some(by);
        let older = self.older(store, uri, retired, present).await?;
        Ok(Rewrapped {
            plaintext,
            place: to,
            changed: true,
            anew,
            older,
        })
    }

    /// Whether an instruction file holds the object's own data key, as that of an earlier run does
    /// which moved the envelope and came no further.
    async fn opens_with(
        &self,
        uri: &ObjectUri,
        head: &ObjectHead,
        file: &[u8],
        key: &DataKey,
    ) -> bool {
        let look = policy::look_at_anything().with_instruction_suffix(Some(INSTRUCTION_SUFFIX));
        let Ok(Located::InInstructionFile(waiting)) =
            ContentMetadata::locate(head.metadata.iter(), &look)
        else {
            return false;
        };
        match waiting.with_file(file) {
            Ok(found) => {
                let read = self.keys.for_reading(uri, found).await;
                read.is_ok_and(|(_, found)| found == *key)
            }
            Err(_) => false,
        }
    }

    /// Reads the whole content with the data key.
    async fn verify_as(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        head: &ObjectHead,
        unlocked: &Unlocked,
    ) -> Result<(), ObjectError> {
        let if_match = head.info.etag.clone();
        let options = GetOptions {
            if_match,
            ..GetOptions::default()
        };
        let object = store.open(uri, options).await?;
        let size = object.head.info.size;
        let Unlocked { metadata, key, .. } = unlocked;
        let plaintext = Plaintext::decrypted(uri, metadata, key, size, object.body)?;
        let checked = tokio::task::spawn_blocking(move || plaintext.check());
        checked.await.map_err(super::threads::failed)?.map(drop)
    }

    /// What is stored now opens with the new key alone.
    async fn prove(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        read: &provost_core::envelope::ReadPolicy,
        key: &DataKey,
        old: Option<&Arc<DecryptionMaterials>>,
    ) -> Result<(), ObjectError> {
        let head = store.head(uri).await?;
        let stored = envelope(store, uri, &head, read).await?;
        let (stored, unwrapped) = self.keys.for_reading(uri, stored).await.about(uri)?;
        let not_proved = |problem| {
            Err(ObjectError::NotProved {
                uri: uri.clone(),
                problem,
            })
        };
        if unwrapped != *key {
            return not_proved("what is stored now unwraps to another data key");
        }
        if let Some(old) = old
            && self.keys.opens(uri, old, stored).await.about(uri)?
        {
            return not_proved("the old key still opens what is stored now");
        }
        Ok(())
    }

    /// The versions of an object and its instruction file that are not current, and that the old
    /// key opens, or whose description is not the present one, or about which nothing can be told.
    ///
    /// A body whose envelope was in an instruction file opens with a version of that file only, so
    /// it is the file's version that is named.
    async fn older(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        old: Option<&Arc<DecryptionMaterials>>,
        present: Option<&MaterialsDescription>,
    ) -> Result<Vec<OlderVersion>, ObjectError> {
        let mut found = Vec::new();
        // The body of a V2 object that is gone had nothing in its metadata.
        let mut bodies = vec![Metadata::new()];
        let mut add_body = |metadata: &Metadata| -> Result<(), ObjectError> {
            let body = envelope_of(uri, metadata)?;
            if !bodies.contains(&body) {
                bodies.push(body);
            }
            Ok(())
        };
        add_body(&store.head(uri).await?.metadata)?;
        for version in versions(store, uri).await? {
            let head = store.look(uri, Some(&version)).await?;
            let of_another_key = match located(&head.metadata) {
                Ok(Located::InMetadata(metadata)) => {
                    self.is_of_another_key(uri, old, present, metadata).await
                }
                Ok(Located::InInstructionFile(_)) => {
                    add_body(&head.metadata)?;
                    false
                }
                Err(_) => true,
            };
            if of_another_key {
                found.push(OlderVersion {
                    uri: uri.clone(),
                    version,
                });
            }
        }
        let Ok(name) = instruction_file(uri) else {
            return Ok(found);
        };
        for version in versions(store, &name).await? {
            let file = read_version(store, &name, &version).await?;
            // The object may have changed its format meanwhile: the file belongs to whichever body
            // it can be read with.
            let mut told = false;
            let mut of_another_key = false;
            for body in &bodies {
                let (Some(file), Ok(Located::InInstructionFile(waiting))) = (&file, located(body))
                else {
                    continue;
                };
                let Ok(metadata) = waiting.with_file(file) else {
                    continue;
                };
                told = true;
                if self.is_of_another_key(uri, old, present, metadata).await {
                    of_another_key = true;
                    break;
                }
            }
            if of_another_key || !told {
                found.push(OlderVersion {
                    uri: name.clone(),
                    version,
                });
            }
        }
        Ok(found)
    }

    /// Also if that cannot be told.
    async fn is_of_another_key(
        &self,
        uri: &ObjectUri,
        old: Option<&Arc<DecryptionMaterials>>,
        present: Option<&MaterialsDescription>,
        metadata: ContentMetadata,
    ) -> bool {
        if metadata.description() != present {
            return true;
        }
        match old {
            Some(old) => self.keys.opens(uri, old, metadata).await.unwrap_or(true),
            None => false,
        }
    }
}

/// User metadata that is the envelope's.
fn envelope_of(uri: &ObjectUri, metadata: &Metadata) -> Result<Metadata, StoreError> {
    let mut envelope = Metadata::new();
    for (name, value) in metadata.iter().filter(|(name, _)| is_envelope_name(name)) {
        envelope.insert(name, value).map_err(unstorable(uri))?;
    }
    Ok(envelope)
}

/// The names of the versions of one object that are not current; none where a store keeps none.
async fn versions(store: &dyn ObjectStore, uri: &ObjectUri) -> Result<Vec<String>, ObjectError> {
    let mut lister = match store.versions(&ObjectPrefix::from(uri)).await {
        Ok(lister) => lister,
        Err(StoreError::NoVersions { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    loop {
        let page = lister.next_page().await?;
        // They are in the order of keys, so what follows another name is not of this object.
        let last = page.last().is_none_or(|version| version.info.uri != *uri);
        let mine = page.into_iter().filter(|version| {
            version.info.uri == *uri && !version.is_latest && !version.is_delete_marker
        });
        found.extend(mine.filter_map(|version| version.info.version));
        if last {
            return Ok(found);
        }
    }
}

async fn read_version(
    store: &dyn ObjectStore,
    name: &ObjectUri,
    version: &str,
) -> Result<Option<Vec<u8>>, ObjectError> {
    let options = GetOptions {
        version: Some(version.to_owned()),
        ..GetOptions::default()
    };
    let mut object = store.open(name, options).await?;
    let size = object.head.info.size;
    let Some(room) = usize::try_from(size)
        .ok()
        .filter(|room| *room <= MAX_INSTRUCTION_FILE_BYTES)
    else {
        return Ok(None);
    };
    let (file, got) = object.body.read(vec![0; room]).await?;
    Ok((got == room).then_some(file))
}
