//! Writing an object.

mod sealing;

use std::io::Read;

use provost_core::envelope::{
    EnvelopePlace, Format, INSTRUCTION_SUFFIX, KeyWrap, StoredEnvelope, WriteFormat, WritePlace,
};
use provost_plugin_api::MaterialsDescription;

use super::error::About;
use super::leftover::{Beside, tidy_instruction_file};
use super::replace::{Replacing, finish_with_file, give_up};
use super::threads::Threads;
use super::{EncryptedStore, ObjectError, Progress, instruction_file, is_bad_name, policy};
use crate::provider::Proven;
use crate::store::{MetadataError, NewObject, ObjectStore, ObjectStoreExt, ObjectUri, StoreError};

/// An object that was written.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stored {
    /// Its name.
    pub uri: ObjectUri,
    /// Bytes of plaintext.
    pub plaintext: u64,
    /// Bytes of the body as stored.
    pub body: u64,
    /// The envelope's format.
    pub format: Format,
    /// How the data key is wrapped.
    pub wrap: KeyWrap,
    /// Where the envelope is.
    pub place: EnvelopePlace,
    /// What was stored as the description.
    pub description: MaterialsDescription,
    /// How it was proved that the object can be read.
    pub proof: Proven,
}

/// How an object is written.
pub(super) struct Writing {
    pub(super) format: WriteFormat,
    /// What it carries besides body and envelope, and what must hold of the one it replaces.
    pub(super) new: NewObject,
    /// The mark of the instruction file that the one it replaces was read with.
    pub(super) file: Option<String>,
}

impl EncryptedStore {
    /// Encrypts `source` into an object, which appears whole or not at all.
    ///
    /// `size` in bytes, if it is known: then a source that gives more or fewer is an error. Needs
    /// a tokio runtime; memory does not depend on the object's size. It may hold a provider's thread
    /// or process while it waits for an answer, so it is to be polled until it is done, or dropped.
    pub async fn put(
        &self,
        uri: &ObjectUri,
        source: impl Read + Send + 'static,
        size: Option<u64>,
        progress: Option<Progress>,
    ) -> Result<Stored, ObjectError> {
        let writing = Writing {
            format: policy::write_format(self.host.policy_for(&uri.to_string())),
            new: NewObject::default(),
            file: None,
        };
        self.write(uri, source, size, writing, progress).await
    }

    /// The same for an object that is not only what the policies say.
    pub(super) async fn write(
        &self,
        uri: &ObjectUri,
        source: impl Read + Send + 'static,
        size: Option<u64>,
        writing: Writing,
        progress: Option<Progress>,
    ) -> Result<Stored, ObjectError> {
        if uri.key().ends_with(INSTRUCTION_SUFFIX) {
            return Err(ObjectError::ReservedName { uri: uri.clone() });
        }
        let store = self.stores.open(uri)?;
        let policy = self.host.policy_for(&uri.to_string());
        policy::check_writable(uri, policy)?;
        let Writing {
            format,
            mut new,
            file: read_with,
        } = writing;
        let write_place = policy::write_place(policy);
        if write_place != WritePlace::Metadata {
            check_instruction_name(&*store, uri).await?;
        }
        let key = self.keys.for_writing(&*store, uri, format, size).await;
        let (key, proof) = key.about(uri)?;
        let wrap = key.encrypted().wrap();
        let description = key.description().clone();
        let (body, envelope) = sealing::begin(key, size).about(uri)?;
        let StoredEnvelope {
            object_metadata,
            instruction_file: file,
            ..
        } = envelope
            .place(write_place, new.metadata.bytes())
            .about(uri)?;
        for (name, value) in object_metadata {
            new.metadata.insert(&name, value).map_err(unstorable(uri))?;
        }
        // A wrapped data key is in it, or the message id of V3, which stays beside an instruction file.
        new.unique = file.is_none() || format == WriteFormat::V3;
        let replacing = Replacing {
            condition: new.condition.clone(),
            metadata: new.metadata.clone(),
            read_with,
        };
        let threads = Threads::of(&self.host);
        let mut writer = store.create(uri, new).await?;
        let plaintext =
            match sealing::transfer(&mut *writer, body, source, threads, uri, progress).await {
                Ok(plaintext) => plaintext,
                Err(error) => {
                    give_up(writer, uri).await;
                    return Err(error);
                }
            };
        // From here on the object and its instruction file change, which are two.
        let _turn = self.stores.turn(uri).await;
        let (place, info) = match file {
            None => (EnvelopePlace::Metadata, writer.finish().await?),
            Some(file) => {
                let info = finish_with_file(&*store, uri, writer, file, replacing).await?;
                (EnvelopePlace::InstructionFile, info)
            }
        };
        let read = policy::read(policy);
        if place == EnvelopePlace::Metadata && read.allows_place(EnvelopePlace::InstructionFile) {
            // One that an earlier version of the object had.
            tidy_instruction_file(&*store, uri, Beside::Envelope(info.etag.as_deref())).await;
        }
        let format = format.suite().format;
        let (uri, body) = (uri.clone(), info.size);
        Ok(Stored {
            uri,
            plaintext,
            body,
            format,
            wrap,
            place,
            description,
            proof,
        })
    }
}

/// Refuses an object whose instruction file the store cannot hold, while nobody was asked and
/// nothing was written.
async fn check_instruction_name(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
) -> Result<(), ObjectError> {
    let found = store.head(&instruction_file(uri)?).await;
    match found.map_err(ObjectError::from) {
        Err(error) if is_bad_name(&error) => Err(error),
        // Whatever else is wrong is said when the file is read or written.
        _ => Ok(()),
    }
}

pub(super) fn unstorable(uri: &ObjectUri) -> impl Fn(MetadataError) -> StoreError {
    move |source| StoreError::Metadata {
        uri: uri.clone(),
        source,
    }
}
