//! Reading an object: nothing is released before its tag was good, if it has one.

mod fetch;
mod in_memory;
mod sink;
mod spooled;

use std::io::Write;
use std::path::Path;

use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, INSTRUCTION_SUFFIX, Located,
    MAX_INSTRUCTION_FILE_BYTES, ReadPolicy,
};
use provost_plugin_api::MaterialsDescription;

use super::error::About;
use super::threads::{Threads, failed};
use super::{EncryptedStore, ObjectError, Progress, beside, cbc, policy};
use crate::store::{
    Existing, ObjectHead, ObjectReader, ObjectStore, ObjectStoreExt, ObjectUri, StoreError,
    VerifiedFile,
};

pub(super) use sink::{FileSink, Sink, WriterSink};

/// Bodies up to this many bytes are verified in memory.
pub(super) const SMALL: u64 = 8 << 20;

/// An object that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Received {
    /// Its name.
    pub uri: ObjectUri,
    /// Bytes of plaintext.
    pub plaintext: u64,
    /// Whether all of it was verified. If not, it is legacy content without a tag, which the
    /// operator accepts below this prefix.
    pub authenticated: bool,
    /// The description that chose the key.
    pub description: Option<MaterialsDescription>,
}

/// An object whose key has been found.
pub(super) struct Opened {
    pub(super) metadata: ContentMetadata,
    pub(super) key: DataKey,
    /// Bytes of the body.
    pub(super) size: u64,
    pub(super) body: Box<dyn ObjectReader>,
}

impl EncryptedStore {
    /// Decrypts an object into a file of mode 0600, which appears when the whole object has proved
    /// authentic, and not at all otherwise.
    pub async fn get_to_file(
        &self,
        uri: &ObjectUri,
        path: &Path,
        existing: Existing,
        progress: Option<Progress>,
    ) -> Result<Received, ObjectError> {
        // First, so that a destination that cannot be written costs no call of the provider.
        let file = VerifiedFile::create(path, existing)?;
        self.get_into(uri, file, progress).await
    }

    /// The same for a file that was begun.
    pub async fn get_into(
        &self,
        uri: &ObjectUri,
        file: VerifiedFile,
        progress: Option<Progress>,
    ) -> Result<Received, ObjectError> {
        let opened = self.open(uri).await?;
        let description = opened.metadata.description().cloned();
        let authenticated = opened.metadata.is_authenticated();
        let mut sink = FileSink(file);
        let plaintext = if authenticated && opened.size <= SMALL {
            let text = in_memory::whole(opened, uri).await?;
            // In one go: passing work to another thread costs as much as what is done there.
            blocking(move || {
                let done = in_memory::release(&text, &mut sink, progress)?;
                sink.0.commit()?;
                Ok::<_, ObjectError>(done)
            })
            .await??
        } else {
            let threads = Threads::of(&self.host);
            let (done, sink) = if !sink.0.is_unnamed() {
                verified(opened, sink, threads, uri, progress).await?
            } else if authenticated {
                fetch::into_unnamed(opened, sink, threads, uri, progress).await?
            } else {
                cbc::stream(opened, sink, uri, progress).await?
            };
            blocking(move || sink.0.commit()).await??;
            done
        };
        Ok(Received {
            uri: uri.clone(),
            plaintext,
            authenticated,
            description,
        })
    }

    /// Decrypts an object into `sink`, such as a pipe, which gets its first byte when the whole
    /// object has proved authentic. A large object is spooled, as ciphertext, in an unlinked file.
    pub async fn get_to_writer(
        &self,
        uri: &ObjectUri,
        sink: impl Write + Send + 'static,
        progress: Option<Progress>,
    ) -> Result<Received, ObjectError> {
        let opened = self.open(uri).await?;
        let description = opened.metadata.description().cloned();
        let authenticated = opened.metadata.is_authenticated();
        let threads = Threads::of(&self.host);
        let (plaintext, _) = verified(opened, WriterSink(sink), threads, uri, progress).await?;
        Ok(Received {
            uri: uri.clone(),
            plaintext,
            authenticated,
            description,
        })
    }

    /// Reads and checks the envelope; only then asks for the key.
    pub(super) async fn open(&self, uri: &ObjectUri) -> Result<Opened, ObjectError> {
        let store = self.stores.open(uri)?;
        let read = policy::read(self.host.policy_for(&uri.to_string()));
        let object = store.get(uri).await?;
        let size = object.head.info.size;
        let metadata = envelope(&*store, uri, &object.head, &read).await?;
        // Before anybody is asked: a body without room for a tag opens with no key.
        match metadata.plaintext_length(size) {
            Ok(_) | Err(ContentError::LengthUnknown) => {}
            Err(error) => return Err(error).about(uri),
        }
        let (metadata, key) = self.keys.for_reading(uri, metadata).await.about(uri)?;
        if !metadata.is_authenticated() {
            cbc::warn(uri);
        }
        Ok(Opened {
            metadata,
            key,
            size,
            body: object.body,
        })
    }
}

/// The checked envelope of an object, from its metadata or its instruction file.
pub(super) async fn envelope(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    head: &ObjectHead,
    policy: &ReadPolicy,
) -> Result<ContentMetadata, ObjectError> {
    let (metadata, _) = marked_envelope(store, uri, head, policy).await?;
    Ok(metadata)
}

/// The same, with the mark of the instruction file that it was read from, if it was.
pub(super) async fn marked_envelope(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    head: &ObjectHead,
    policy: &ReadPolicy,
) -> Result<(ContentMetadata, Option<String>), ObjectError> {
    match ContentMetadata::locate(head.metadata.iter(), policy).about(uri)? {
        Located::InMetadata(metadata) => Ok((metadata, None)),
        Located::InInstructionFile(waiting) => {
            let suffix = policy.instruction_suffix().unwrap_or(INSTRUCTION_SUFFIX);
            let name = beside(uri, suffix)?;
            let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
            match store.get_bytes(&name, limit).await {
                Ok((head, file)) => Ok((waiting.with_file(&file).about(uri)?, head.info.etag)),
                Err(StoreError::NotFound { .. } | StoreError::Name { .. }) => {
                    Err(waiting.without_file()).about(uri)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// Verifies the whole body before the sink gets its first byte.
async fn verified<S: Sink>(
    opened: Opened,
    sink: S,
    threads: Threads,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    if !opened.metadata.is_authenticated() {
        return cbc::whole(opened, sink, uri, progress).await;
    }
    if opened.size <= SMALL {
        in_memory::verified(opened, sink, uri, progress).await
    } else {
        spooled::verified(opened, sink, threads, uri, progress).await
    }
}

/// On a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ObjectError> {
    tokio::task::spawn_blocking(work).await.map_err(failed)
}
