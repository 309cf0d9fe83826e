//! Objects that the store itself encrypts: plaintext goes to it, and comes back.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use provost_core::config::HostConfiguration;
use provost_core::envelope::{INSTRUCTION_SUFFIX, Located, MetadataError};
use tokio::sync::mpsc;

use super::body::{CHUNK, QUEUE, fill, report};
use super::get::{FileSink, Sink, WriterSink};
use super::leftover::{Beside, tidy_instruction_file};
use super::replace::give_up;
use super::{ObjectError, Progress, beside, policy};
use crate::store::{
    Existing, NewObject, Object, ObjectHead, ObjectStore, ObjectStoreExt, ObjectUri,
    ServerSideEncryption, StoreError, Stores, VerifiedFile,
};

/// Puts and gets objects that the store encrypts: SSE-S3 and SSE-KMS. What protects them on the way
/// is the connection.
#[derive(Debug, Clone)]
pub struct ServerSideStore {
    stores: Arc<Stores>,
    host: Arc<HostConfiguration>,
    mode: ServerSideEncryption,
}

/// An object that was put or got as the store has it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Transferred {
    /// Its name.
    pub uri: ObjectUri,
    /// Bytes of its body, which are those of the plaintext.
    pub bytes: u64,
    /// How the store encrypts it: as it was asked to, or as it says.
    pub mode: Option<ServerSideEncryption>,
}

impl ServerSideStore {
    pub(crate) fn new(
        stores: Arc<Stores>,
        host: Arc<HostConfiguration>,
        mode: ServerSideEncryption,
    ) -> Self {
        Self { stores, host, mode }
    }

    /// The mode in which objects are put.
    pub fn mode(&self) -> &ServerSideEncryption {
        &self.mode
    }

    /// Puts `source` as it is, for the store to encrypt. The object appears whole or not at all.
    ///
    /// `size` in bytes, if it is known: then a source that gives more or fewer is an error.
    pub async fn put(
        &self,
        uri: &ObjectUri,
        source: impl Read + Send + 'static,
        size: Option<u64>,
        progress: Option<Progress>,
    ) -> Result<Transferred, ObjectError> {
        if uri.key().ends_with(INSTRUCTION_SUFFIX) {
            return Err(ObjectError::ReservedName { uri: uri.clone() });
        }
        let store = self.stores.open(uri)?;
        let new = NewObject {
            encryption: Some(self.mode.clone()),
            ..NewObject::default()
        };
        let mut writer = store.create(uri, new).await?;
        let (sender, mut receiver) = mpsc::channel(QUEUE);
        let reading =
            tokio::task::spawn_blocking(move || pieces(source, &sender, progress.as_ref()));
        let mut written = Ok(());
        while let Some(piece) = receiver.recv().await {
            written = writer.write(piece).await;
            if written.is_err() {
                break;
            }
        }
        drop(receiver);
        let done = reading.await.map_err(joined)?;
        let done = written.map_err(ObjectError::from).and(done);
        let expected = done.and_then(|bytes| match size {
            Some(size) if size != bytes => Err(ObjectError::Source(io::Error::other(format!(
                "it has {bytes} bytes where {size} were announced"
            )))),
            _ => Ok(bytes),
        });
        let bytes = match expected {
            Ok(bytes) => bytes,
            Err(error) => {
                give_up(writer, uri).await;
                return Err(error);
            }
        };
        let _turn = self.stores.turn(uri).await;
        let info = writer.finish().await?;
        // Of an object that a client had encrypted: it would speak for this one.
        tidy_instruction_file(&*store, uri, Beside::Plaintext(info.etag.as_deref())).await;
        Ok(Transferred {
            uri: uri.clone(),
            bytes,
            mode: Some(self.mode.clone()),
        })
    }

    /// Gets an object into a file of mode 0600, which appears when all of it has come.
    pub async fn get_to_file(
        &self,
        uri: &ObjectUri,
        path: &Path,
        existing: Existing,
        progress: Option<Progress>,
    ) -> Result<Transferred, ObjectError> {
        let sink = FileSink(VerifiedFile::create(path, existing)?);
        let (transferred, sink) = receive(self.open(uri).await?, uri, sink, progress).await?;
        tokio::task::spawn_blocking(move || sink.0.commit())
            .await
            .map_err(joined)??;
        Ok(transferred)
    }

    /// Gets an object into `sink`, such as a pipe. What has come is written; an object of which
    /// the rest does not come is an error after that.
    pub async fn get_to_writer(
        &self,
        uri: &ObjectUri,
        sink: impl Write + Send + 'static,
        progress: Option<Progress>,
    ) -> Result<Transferred, ObjectError> {
        let sink = WriterSink(sink);
        let (transferred, mut sink) = receive(self.open(uri).await?, uri, sink, progress).await?;
        tokio::task::spawn_blocking(move || sink.flush())
            .await
            .map_err(joined)??;
        Ok(transferred)
    }

    async fn open(&self, uri: &ObjectUri) -> Result<Object, ObjectError> {
        let store = self.stores.open(uri)?;
        let object = store.get(uri).await?;
        // Ciphertext is not what the caller takes it for.
        let read = policy::read(self.host.policy_for(&uri.to_string()));
        if has_envelope(&*store, uri, &object.head, read.instruction_suffix()).await? {
            return Err(ObjectError::ClientSide {
                uri: uri.clone(),
                mode: self.mode.clone(),
            });
        }
        Ok(object)
    }
}

/// Whether a client encrypted this object, or meant to: a damaged envelope counts, and one whose
/// instruction file is missing. `suffix` is of instruction files that are not Amazon's own.
pub(super) async fn has_envelope(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    head: &ObjectHead,
    suffix: Option<&str>,
) -> Result<bool, ObjectError> {
    match policy::located(&head.metadata) {
        Err(MetadataError::NotEncrypted | MetadataError::NoEnvelopeInMetadata) => Ok(false),
        Ok(Located::InMetadata(_)) | Err(_) => Ok(true),
        Ok(Located::InInstructionFile(waiting))
            if waiting.without_file() != MetadataError::NotEncrypted =>
        {
            Ok(true)
        }
        // Nothing in the metadata may mean that all of it is in a file beside.
        Ok(Located::InInstructionFile(_)) => {
            for suffix in [Some(INSTRUCTION_SUFFIX), suffix].into_iter().flatten() {
                match store.head(&beside(uri, suffix)?).await {
                    Ok(_) => return Ok(true),
                    Err(StoreError::NotFound { .. } | StoreError::Name { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(false)
        }
    }
}

fn pieces(
    mut source: impl Read,
    sender: &mpsc::Sender<Bytes>,
    progress: Option<&Progress>,
) -> Result<u64, ObjectError> {
    let mut done = 0_u64;
    loop {
        let mut piece = vec![0; CHUNK];
        let length = fill(&mut source, &mut piece).map_err(ObjectError::Source)?;
        piece.truncate(length);
        done = done.saturating_add(length as u64);
        report(progress, done);
        // With nobody receiving, the store failed, and says so itself.
        if sender.blocking_send(piece.into()).is_err() || length < CHUNK {
            return Ok(done);
        }
    }
}

async fn receive<S: Sink>(
    mut object: Object,
    uri: &ObjectUri,
    mut sink: S,
    progress: Option<Progress>,
) -> Result<(Transferred, S), ObjectError> {
    let size = object.head.info.size;
    let (mut buffer, mut done) = (vec![0; CHUNK], 0_u64);
    loop {
        let room = buffer.len();
        let (filled, length) = object.body.read(buffer).await?;
        (sink, buffer) = tokio::task::spawn_blocking(move || {
            sink.write(filled.get(..length).unwrap_or_default())?;
            Ok::<_, ObjectError>((sink, filled))
        })
        .await
        .map_err(joined)??;
        done = done.saturating_add(length as u64);
        report(progress.as_ref(), done);
        if length < room {
            break;
        }
    }
    if done != size {
        return Err(StoreError::BodyLength {
            uri: uri.clone(),
            expected: size,
            got: done,
        }
        .into());
    }
    let transferred = Transferred {
        uri: uri.clone(),
        bytes: done,
        mode: object.head.encryption,
    };
    Ok((transferred, sink))
}

fn joined(error: tokio::task::JoinError) -> ObjectError {
    ObjectError::Sink(io::Error::other(error))
}
