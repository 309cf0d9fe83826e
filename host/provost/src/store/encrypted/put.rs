//! Writing an object.

use std::io::Read;

use bytes::Bytes;
use provost_core::envelope::{
    EnvelopePlace, Format, INSTRUCTION_SUFFIX, KeyWrap, Sealer, StoredEnvelope, WritePlace, seal,
};
use provost_plugin_api::MaterialsDescription;
use tokio::sync::mpsc;

use super::body::{CHUNK, QUEUE, fill, report};
use super::error::About;
use super::replace::{finish_with_file, give_up};
use super::{
    EncryptedStore, ObjectError, Progress, instruction_file, is_bad_name, policy,
    tidy_instruction_file,
};
use crate::provider::Proven;
use crate::random::OsRandomness;
use crate::store::{
    Metadata, MetadataError, ObjectStore, ObjectStoreExt, ObjectUri, ObjectWriter, StoreError,
};

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

impl EncryptedStore {
    /// Encrypts `source` into an object, which appears whole or not at all.
    ///
    /// `size` in bytes, if it is known: then a source that gives more or fewer is an error. Needs
    /// a tokio runtime; memory does not depend on the object's size.
    pub async fn put(
        &self,
        uri: &ObjectUri,
        source: impl Read + Send + 'static,
        size: Option<u64>,
        progress: Option<Progress>,
    ) -> Result<Stored, ObjectError> {
        if uri.key().ends_with(INSTRUCTION_SUFFIX) {
            return Err(ObjectError::ReservedName { uri: uri.clone() });
        }
        let store = self.stores.open(uri)?;
        let policy = self.host.policy_for(&uri.to_string());
        let format = policy::write_format(policy);
        let write_place = policy::write_place(policy);
        if write_place != WritePlace::Metadata {
            check_instruction_name(&*store, uri).await?;
        }
        let (key, proof) = self.keys.for_writing(uri, format, size).await.about(uri)?;
        let wrap = key.encrypted().wrap();
        let description = key.description().clone();
        let (sealer, envelope) = seal(key, size, &mut OsRandomness).about(uri)?;
        let StoredEnvelope {
            object_metadata,
            instruction_file: file,
            ..
        } = envelope.place(write_place, 0).about(uri)?;
        let mut metadata = Metadata::new();
        for (name, value) in object_metadata {
            metadata.insert(&name, value).map_err(unstorable(uri))?;
        }
        let mut writer = store.put(uri, metadata).await?;
        let plaintext = match transfer(&mut *writer, sealer, source, uri, progress).await {
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
                let info = finish_with_file(&*store, uri, writer, file).await?;
                (EnvelopePlace::InstructionFile, info)
            }
        };
        let read = policy::read(policy);
        if place == EnvelopePlace::Metadata && read.allows_place(EnvelopePlace::InstructionFile) {
            // One that an earlier version of the object had.
            tidy_instruction_file(&*store, uri).await;
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

fn unstorable(uri: &ObjectUri) -> impl Fn(MetadataError) -> StoreError {
    move |source| StoreError::Metadata {
        uri: uri.clone(),
        source,
    }
}

/// Reads and seals on one thread while the store writes what is sealed.
async fn transfer(
    writer: &mut dyn ObjectWriter,
    sealer: Sealer,
    source: impl Read + Send + 'static,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<u64, ObjectError> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let about = uri.clone();
    let sealing = tokio::task::spawn_blocking(move || {
        let sealed = read_and_seal(source, sealer, &about, &sender, progress.as_ref());
        sealed.inspect_err(|_| {
            tracing::debug!(uri = %about, "the source or its sealing failed");
        })
    });
    let mut written = Ok(());
    while let Some(chunk) = receiver.recv().await {
        written = writer.write(chunk).await;
        if written.is_err() {
            break;
        }
    }
    // With nobody receiving, the sealing thread ends at its next chunk.
    drop(receiver);
    let sealed = sealing
        .await
        .map_err(|error| ObjectError::Source(std::io::Error::other(error)))?;
    written?;
    sealed
}

fn read_and_seal(
    mut source: impl Read,
    mut sealer: Sealer,
    uri: &ObjectUri,
    sender: &mpsc::Sender<Bytes>,
    progress: Option<&Progress>,
) -> Result<u64, ObjectError> {
    let mut done = 0_u64;
    loop {
        // Room for the tag, so that the last chunk is not copied for it.
        let mut chunk = Vec::with_capacity(CHUNK + 16);
        chunk.resize(CHUNK, 0);
        let length = fill(&mut source, &mut chunk).map_err(ObjectError::Source)?;
        chunk.truncate(length);
        sealer.update(&mut chunk).about(uri)?;
        done = done.saturating_add(length as u64);
        let last = length < CHUNK;
        if last {
            let tag = sealer.finish().about(uri)?;
            chunk.extend_from_slice(&tag);
            let _ = sender.blocking_send(chunk.into());
            report(progress, done);
            return Ok(done);
        }
        if sender.blocking_send(chunk.into()).is_err() {
            // The store failed, and says so itself.
            return Ok(done);
        }
        report(progress, done);
    }
}
