//! Reading an object: nothing is released before its tag was good, if it has one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, Located, MAX_INSTRUCTION_FILE_BYTES, Opener,
    ReadPolicy, open,
};
use provost_plugin_api::MaterialsDescription;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::body::{CHUNK, QUEUE, fill, report};
use super::error::About;
use super::{EncryptedStore, ObjectError, Progress, cbc, instruction_file, policy};
use crate::store::{
    Existing, ObjectHead, ObjectReader, ObjectStore, ObjectStoreExt, ObjectUri, Spool, StoreError,
    VerifiedFile,
};

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
        let opened = self.open(uri).await?;
        let description = opened.metadata.description().cloned();
        let authenticated = opened.metadata.is_authenticated();
        let mut sink = FileSink(file);
        let plaintext = if !authenticated && sink.0.is_unnamed() {
            let (done, returned) = cbc::stream(opened, sink, uri, progress).await?;
            sink = returned;
            done
        } else if sink.0.is_unnamed() && opened.size > SMALL {
            let (done, returned) = stream(opened, sink, uri, progress).await?;
            sink = returned;
            done
        } else {
            let (done, returned) = verified(opened, sink, uri, progress).await?;
            sink = returned;
            done
        };
        blocking(move || sink.0.commit()).await??;
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
        let (plaintext, _) = verified(opened, WriterSink(sink), uri, progress).await?;
        Ok(Received {
            uri: uri.clone(),
            plaintext,
            authenticated,
            description,
        })
    }

    /// Reads and checks the envelope; only then asks for the key.
    async fn open(&self, uri: &ObjectUri) -> Result<Opened, ObjectError> {
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
    match ContentMetadata::locate(head.metadata.iter(), policy).about(uri)? {
        Located::InMetadata(metadata) => Ok(metadata),
        Located::InInstructionFile(waiting) => {
            let name = instruction_file(uri)?;
            let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
            match store.get_bytes(&name, limit).await {
                Ok((_, file)) => waiting.with_file(&file).about(uri),
                Err(StoreError::NotFound { .. } | StoreError::Name { .. }) => {
                    Err(waiting.without_file()).about(uri)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// Where verified plaintext goes.
pub(super) trait Sink: Send + 'static {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError>;
    fn flush(&mut self) -> Result<(), ObjectError>;
}

pub(super) struct FileSink(pub(super) VerifiedFile);

impl Sink for FileSink {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError> {
        Ok(self.0.write_all(plaintext)?)
    }

    fn flush(&mut self) -> Result<(), ObjectError> {
        Ok(())
    }
}

pub(super) struct WriterSink<W>(pub(super) W);

impl<W: Write + Send + 'static> Sink for WriterSink<W> {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError> {
        self.0.write_all(plaintext).map_err(ObjectError::Sink)
    }

    fn flush(&mut self) -> Result<(), ObjectError> {
        self.0.flush().map_err(ObjectError::Sink)
    }
}

/// Splits what arrives into ciphertext and the tag at its end.
struct Splitter {
    ciphertext_left: u64,
    tag: Vec<u8>,
}

impl Splitter {
    fn new(metadata: &ContentMetadata, size: u64, uri: &ObjectUri) -> Result<Self, ObjectError> {
        let ciphertext_left = metadata.plaintext_length(size).about(uri)?;
        Ok(Self {
            ciphertext_left,
            tag: Vec::with_capacity(16),
        })
    }

    /// The ciphertext in front of `chunk`.
    fn ciphertext<'c>(&mut self, chunk: &'c mut [u8]) -> &'c mut [u8] {
        let left = usize::try_from(self.ciphertext_left).unwrap_or(usize::MAX);
        let (ciphertext, tag) = chunk.split_at_mut(left.min(chunk.len()));
        self.ciphertext_left -= ciphertext.len() as u64;
        self.tag.extend_from_slice(tag);
        ciphertext
    }

    fn finish(self, opener: Opener, uri: &ObjectUri) -> Result<(), ObjectError> {
        // A body that ended early leaves a short tag, which is no tag.
        let tag = self.tag.try_into().unwrap_or([0; 16]);
        opener.finish(&tag).about(uri)
    }
}

/// Decrypts while reading, into a file that has no name: it gets one, or vanishes.
async fn stream(
    opened: Opened,
    mut sink: FileSink,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, FileSink), ObjectError> {
    let Opened {
        metadata,
        key,
        size,
        mut body,
    } = opened;
    let mut opener = open(&metadata, &key, Some(size)).about(uri)?;
    let mut splitter = Splitter::new(&metadata, size, uri)?;
    // Chunks are decrypted in place and used again: each is wiped once, when it is given up.
    let (sender, mut receiver) = mpsc::channel::<(Zeroizing<Vec<u8>>, usize)>(QUEUE);
    let (spent, mut emptied) = mpsc::channel::<Zeroizing<Vec<u8>>>(QUEUE + 2);
    let name = uri.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let mut done = 0_u64;
        while let Some((mut chunk, length)) = receiver.blocking_recv() {
            let received = chunk.get_mut(..length).unwrap_or_default();
            let text = splitter.ciphertext(received);
            opener.update_unverified(text).about(&name)?;
            sink.write(text)?;
            done = done.saturating_add(text.len() as u64);
            report(progress.as_ref(), done);
            let _ = spent.try_send(chunk);
        }
        splitter.finish(opener, &name)?;
        Ok((done, sink))
    });
    loop {
        let chunk = emptied.try_recv();
        let mut chunk = chunk.unwrap_or_else(|_| Zeroizing::new(vec![0; CHUNK]));
        let room = chunk.len();
        let (buffer, length) = body.read(std::mem::take(&mut *chunk)).await?;
        let buffer = Zeroizing::new(buffer);
        if length > 0 && sender.send((buffer, length)).await.is_err() {
            // The opening thread failed, and says so itself.
            break;
        }
        if length < room {
            break;
        }
    }
    drop(sender);
    opening.await.map_err(joined)?
}

/// Verifies the whole body before the sink gets its first byte.
async fn verified<S: Sink>(
    opened: Opened,
    sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    if !opened.metadata.is_authenticated() {
        return cbc::whole(opened, sink, uri, progress).await;
    }
    if opened.size <= SMALL {
        return in_memory(opened, sink, uri, progress).await;
    }
    let Opened {
        metadata,
        key,
        size,
        mut body,
    } = opened;
    let mut spool = blocking(|| Spool::create(None))
        .await?
        .map_err(ObjectError::Spool)?;
    let mut buffer = vec![0; CHUNK];
    let mut spooled = 0_u64;
    loop {
        let room = buffer.len();
        let (filled, length) = body.read(buffer).await?;
        (spool, buffer) = blocking(move || {
            spool
                .file()
                .write_all(filled.get(..length).unwrap_or_default())?;
            io::Result::Ok((spool, filled))
        })
        .await?
        .map_err(ObjectError::Spool)?;
        spooled = spooled.saturating_add(length as u64);
        if length < room {
            break;
        }
    }
    if spooled != size {
        let uri = uri.clone();
        return Err(StoreError::BodyLength {
            uri,
            expected: size,
            got: spooled,
        }
        .into());
    }
    let uri = uri.clone();
    blocking(move || {
        // Twice from the same spool: what is released is what was verified.
        from_spool(spool.file(), &metadata, &key, size, &uri, |_| Ok(()))?;
        let mut sink = sink;
        let mut done = 0_u64;
        from_spool(spool.file(), &metadata, &key, size, &uri, |plaintext| {
            sink.write(plaintext)?;
            done = done.saturating_add(plaintext.len() as u64);
            report(progress.as_ref(), done);
            Ok(())
        })?;
        sink.flush()?;
        Ok((done, sink))
    })
    .await?
}

async fn in_memory<S: Sink>(
    opened: Opened,
    mut sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    let Opened {
        metadata,
        key,
        size,
        mut body,
    } = opened;
    let opener = open(&metadata, &key, Some(size)).about(uri)?;
    let (text, length) = body
        .read(vec![0; usize::try_from(size).unwrap_or(0)])
        .await?;
    let mut text = Zeroizing::new(text);
    text.truncate(length);
    opener.open_whole(&mut text).about(uri)?;
    blocking(move || {
        sink.write(&text)?;
        sink.flush()?;
        let done = text.len() as u64;
        report(progress.as_ref(), done);
        Ok((done, sink))
    })
    .await?
}

/// One pass over the spool; fails unless all of it is authentic.
fn from_spool(
    mut spool: &File,
    metadata: &ContentMetadata,
    key: &DataKey,
    size: u64,
    uri: &ObjectUri,
    mut plaintext: impl FnMut(&[u8]) -> Result<(), ObjectError>,
) -> Result<(), ObjectError> {
    let mut opener = open(metadata, key, Some(size)).about(uri)?;
    let mut splitter = Splitter::new(metadata, size, uri)?;
    spool.seek(SeekFrom::Start(0)).map_err(ObjectError::Spool)?;
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut source = spool.take(size);
    loop {
        let length = fill(&mut source, &mut chunk).map_err(ObjectError::Spool)?;
        let text = splitter.ciphertext(chunk.get_mut(..length).unwrap_or_default());
        opener.update_unverified(text).about(uri)?;
        plaintext(text)?;
        if length < CHUNK {
            return splitter.finish(opener, uri);
        }
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ObjectError> {
    tokio::task::spawn_blocking(work).await.map_err(joined)
}

fn joined(error: tokio::task::JoinError) -> ObjectError {
    ObjectError::Sink(io::Error::other(error))
}
