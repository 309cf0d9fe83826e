//! Encrypting an object anew: what is plaintext, legacy or V2 becomes V3, with a new data key.
//!
//! 1. The object that is there is looked at, and opened by its mark.
//! 2. It is decrypted and sealed again as it is read. The new body is complete only when the old
//!    one ended well: where there is a tag, when that was good.
//! 3. The store puts the new object in place of that one, and of no other.
//! 4. The old instruction file, if there is one and the new object has none, is removed.
//!
//! Whoever dies before step 3 leaves the old object. After it, the new one, and perhaps an
//! instruction file that opens nothing; the next run removes it.

use std::io::Read;

use provost_core::envelope::{
    EnvelopePlace, Format, INSTRUCTION_SUFFIX, MetadataError, WriteFormat, is_envelope_name,
};

use super::error::About;
use super::get::marked_envelope;
use super::leftover::{Beside, tidy_instruction_file};
use super::plaintext::{Plaintext, cause};
use super::put::{Stored, Writing, unstorable};
use super::{EncryptedStore, ObjectError, cbc, instruction_file, policy};
use crate::store::{
    Condition, GetOptions, Metadata, NewObject, ObjectHead, ObjectInfo, ObjectStore,
    ObjectStoreExt, ObjectUri, ServerSideEncryption, StoreError,
};

/// What becomes of an object that is not encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaintextObject {
    /// It is an error.
    Fail,
    /// It stays as it is.
    Skip,
    /// It is encrypted.
    Encrypt,
}

/// What is encrypted anew.
#[derive(Debug, Clone, Copy)]
pub struct Reencrypt {
    /// What becomes of an object that is not encrypted. None is an error that names the choices.
    pub plaintext: Option<PlaintextObject>,
    /// V3 objects too.
    pub all: bool,
}

/// What became of an object that was to be encrypted anew.
#[derive(Debug)]
pub enum Reencrypted {
    /// It was.
    Anew {
        /// The new object.
        stored: Stored,
        /// What it was before; none if it was not encrypted.
        from: Option<Format>,
        /// Whether the old object proved authentic. CBC and plaintext cannot: whoever could write
        /// to the store may have changed what is authentic now.
        was_authenticated: bool,
    },
    /// It is V3 already.
    Already,
    /// It is not encrypted, and stays so.
    Plaintext,
    /// It is an instruction file whose object is gone.
    InstructionFile,
}

impl EncryptedStore {
    /// Encrypts an object anew, in format V3. Metadata, attributes and tags stay.
    ///
    /// An object that was changed meanwhile is [`StoreError::Condition`]: it is left as it is.
    pub async fn reencrypt(
        &self,
        uri: &ObjectUri,
        how: Reencrypt,
    ) -> Result<Reencrypted, ObjectError> {
        let store = self.stores.open(uri)?;
        let policy = self.host.policy_for(&uri.to_string());
        policy::check_writable(uri, policy)?;
        if policy::write_format(policy) != WriteFormat::V3 {
            return Err(ObjectError::WritesOtherFormat { uri: uri.clone() });
        }
        let head = store.head(uri).await?;
        let found = match marked_envelope(&*store, uri, &head, &policy::look_at_anything()).await {
            Ok(found) => Some(found),
            Err(ObjectError::Envelope {
                source: MetadataError::NotEncrypted,
                ..
            }) => None,
            Err(ObjectError::Envelope {
                source: MetadataError::IsInstructionFile,
                ..
            }) if uri.key().ends_with(INSTRUCTION_SUFFIX) => {
                return Ok(Reencrypted::InstructionFile);
            }
            Err(error) => return Err(error),
        };
        let Some((found, file)) = found else {
            return match how.plaintext {
                Some(PlaintextObject::Skip) => Ok(Reencrypted::Plaintext),
                Some(PlaintextObject::Encrypt) => {
                    let (open, new) = self.old(&*store, uri, head).await?;
                    let size = open.head.info.size;
                    let source = Plaintext::plain(uri, size, open.body);
                    let writing = writing(new, None);
                    self.anew(uri, source, Some(size), writing, (None, false))
                        .await
                }
                Some(PlaintextObject::Fail) | None => {
                    Err(ObjectError::Plaintext { uri: uri.clone() })
                }
            };
        };
        let from = found.format();
        let read = policy::read(policy);
        if from == Format::V3 && !how.all {
            if found.place() == EnvelopePlace::Metadata {
                self.tidy_leftover(&*store, &head.info).await;
            }
            return Ok(Reencrypted::Already);
        }
        found.check(&read).about(uri)?;
        let was_authenticated = found.is_authenticated();
        if !was_authenticated {
            cbc::warn(uri);
        }
        let (found, key) = self.keys.for_reading(uri, found).await.about(uri)?;
        let (open, new) = self.old(&*store, uri, head).await?;
        let size = open.head.info.size;
        // CBC says how long it is at its end.
        let length = found
            .is_authenticated()
            .then(|| found.plaintext_length(size));
        let length = length.transpose().about(uri)?;
        let source = Plaintext::decrypted(uri, &found, &key, size, open.body)?;
        let was = (Some(from), was_authenticated);
        self.anew(uri, source, length, writing(new, file), was)
            .await
    }

    /// Opens the very object that was looked at, and says what the new one takes over from it.
    async fn old(
        &self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        head: ObjectHead,
    ) -> Result<(crate::store::Object, NewObject), ObjectError> {
        let Some(etag) = head.info.etag.clone() else {
            return Err(ObjectError::NoMark { uri: uri.clone() });
        };
        let tags = store.tags(uri, None).await?;
        let options = GetOptions {
            if_match: Some(etag.clone()),
            ..GetOptions::default()
        };
        let open = store.open(uri, options).await?;
        let encryption = head
            .encryption
            .filter(|mode| !matches!(mode, ServerSideEncryption::Other(_)));
        let new = NewObject {
            metadata: own_metadata(uri, &head.metadata)?,
            attributes: head.attributes,
            tags,
            encryption,
            condition: Condition::Unchanged(etag),
            unique: false,
        };
        Ok((open, new))
    }

    async fn anew(
        &self,
        uri: &ObjectUri,
        source: impl Read + Send + 'static,
        size: Option<u64>,
        writing: Writing,
        (from, was_authenticated): (Option<Format>, bool),
    ) -> Result<Reencrypted, ObjectError> {
        let stored = self
            .write(uri, source, size, writing, None)
            .await
            .map_err(cause)?;
        Ok(Reencrypted::Anew {
            stored,
            from,
            was_authenticated,
        })
    }

    /// Removes the instruction file of an object that has its envelope in metadata, where a policy
    /// would let an older one be read.
    pub(super) async fn tidy_leftover(&self, store: &dyn ObjectStore, object: &ObjectInfo) {
        let uri = &object.uri;
        let read = policy::read(self.host.policy_for(&uri.to_string()));
        if !read.allows_place(EnvelopePlace::InstructionFile) {
            return;
        }
        let there = match instruction_file(uri) {
            Ok(name) => store.head(&name).await.is_ok(),
            Err(_) => false,
        };
        if there {
            tidy_instruction_file(store, uri, Beside::Envelope(object.etag.as_deref())).await;
        }
    }
}

fn writing(new: NewObject, file: Option<String>) -> Writing {
    Writing {
        format: WriteFormat::V3,
        new,
        file,
    }
}

/// User metadata that is not the envelope's.
pub(super) fn own_metadata(uri: &ObjectUri, metadata: &Metadata) -> Result<Metadata, StoreError> {
    let mut own = Metadata::new();
    for (name, value) in metadata.iter().filter(|(name, _)| !is_envelope_name(name)) {
        own.insert(name, value).map_err(unstorable(uri))?;
    }
    Ok(own)
}
