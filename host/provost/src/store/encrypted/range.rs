//! Reading a part of an object, which nobody can authenticate: the tag is over all of it.

use std::io::Write;
use std::ops::Range;

use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, UnverifiedRange, open_range_unverified,
    open_unauthenticated_range, unauthenticated_length,
};
use provost_plugin_api::MaterialsDescription;

use super::body::{CHUNK, report};
use super::buffers::Buffers;
use super::error::About;
use super::get::{Sink, WriterSink, blocking, envelope};
use super::{ByteRange, EncryptedStore, ObjectError, Progress, cbc, policy};
use crate::store::{
    GetOptions, ObjectHead, ObjectReader, ObjectStore, ObjectStoreExt, ObjectUri, StoreError,
};

/// A part of an object that was read, and **not** authenticated.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedRange {
    /// The object's name.
    pub uri: ObjectUri,
    /// Which bytes of the plaintext.
    pub range: Range<u64>,
    /// Bytes of the whole plaintext.
    pub plaintext: u64,
    /// The description that chose the key.
    pub description: Option<MaterialsDescription>,
}

impl EncryptedStore {
    /// Decrypts a part of an object into `sink`, fetching no more than that part. **Nobody
    /// authenticates it**: whoever can write to the store may have changed any bit of what comes
    /// out. The key and, for V3, its commitment are checked as ever.
    ///
    /// A range that is not all there is [`ObjectError::Range`].
    pub async fn get_range_unverified(
        &self,
        uri: &ObjectUri,
        range: ByteRange,
        sink: impl Write + Send + 'static,
        progress: Option<Progress>,
    ) -> Result<ReceivedRange, ObjectError> {
        let store = self.stores.open(uri)?;
        let read = policy::read(self.host.policy_for(&uri.to_string()));
        let head = store.head(uri).await?;
        let size = head.info.size;
        let metadata = envelope(&*store, uri, &head, &read).await?;
        let authenticated = metadata.is_authenticated();
        let within = |length| {
            range.of(length).ok_or_else(|| ObjectError::Range {
                uri: uri.clone(),
                range,
                length,
            })
        };
        // Before anybody is asked for the key.
        match metadata.plaintext_length(size) {
            Ok(length) if authenticated => {
                within(length)?;
            }
            Ok(_) | Err(ContentError::LengthUnknown) => {}
            Err(error) => return Err(error).about(uri),
        }
        let (metadata, key) = self.keys.for_reading(uri, metadata).await.about(uri)?;
        let plaintext = if authenticated {
            metadata.plaintext_length(size).about(uri)?
        } else {
            cbc::warn(uri);
            padded_length(&*store, uri, &head, &metadata, &key).await?
        };
        let range = within(plaintext)?;
        let opener = if authenticated {
            open_range_unverified(&metadata, &key, size, range.clone())
        } else {
            open_unauthenticated_range(&metadata, &key, plaintext, range.clone())
        };
        let opener = opener.about(uri)?;
        let body = part(&*store, uri, &head, opener.body()).await?;
        decrypt(body, opener, WriterSink(sink), uri, progress).await?;
        Ok(ReceivedRange {
            uri: uri.clone(),
            range,
            plaintext,
            description: metadata.description().cloned(),
        })
    }
}

/// A part of the body of exactly the object that was looked at.
async fn part(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    head: &ObjectHead,
    range: Range<u64>,
) -> Result<Box<dyn ObjectReader>, ObjectError> {
    let options = GetOptions {
        range: Some(range),
        version: head.info.version.clone(),
        if_match: head.info.etag.clone(),
    };
    let object = store.open(uri, options).await?;
    // A store without such marks may have another object there by now.
    let same = object.head.info.size == head.info.size && object.head.metadata == head.metadata;
    if same {
        Ok(object.body)
    } else {
        let (uri, attempts) = (uri.clone(), 1);
        Err(StoreError::Contended { uri, attempts }.into())
    }
}

/// The length of a plaintext that ends in padding, from the body's last two blocks: what metadata
/// records is not always right.
async fn padded_length(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    head: &ObjectHead,
    metadata: &ContentMetadata,
    key: &DataKey,
) -> Result<u64, ObjectError> {
    const BLOCK: u64 = 16;
    let size = head.info.size;
    let start = size.saturating_sub(2 * BLOCK);
    let mut tail = match metadata.cbc_iv() {
        Some(iv) if size == BLOCK => iv.to_vec(),
        _ => Vec::new(),
    };
    if size > 0 {
        let mut body = part(store, uri, head, start..size).await?;
        let room = usize::try_from(size - start).unwrap_or_default();
        let (bytes, got) = body.read(vec![0; room]).await?;
        tail.extend_from_slice(bytes.get(..got).unwrap_or_default());
    }
    // A body of no whole block is refused by its length, whatever this is.
    let tail = tail.try_into().unwrap_or([0; 32]);
    unauthenticated_length(key, size, &tail).about(uri)
}

async fn decrypt(
    mut body: Box<dyn ObjectReader>,
    mut opener: UnverifiedRange,
    mut sink: WriterSink<impl Write + Send + 'static>,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(), ObjectError> {
    let buffers = Buffers::default();
    let mut done = 0_u64;
    loop {
        let mut chunk = buffers.take();
        let length = chunk.read_from(&mut *body).await?;
        let name = uri.clone();
        let written;
        (opener, sink, written) = blocking(move || {
            let wanted = opener.update_unverified(chunk.chunk_mut()).about(&name)?;
            sink.write(wanted)?;
            let written = wanted.len() as u64;
            Ok::<_, ObjectError>((opener, sink, written))
        })
        .await??;
        done = done.saturating_add(written);
        report(progress.as_ref(), done);
        if length < CHUNK {
            break;
        }
    }
    opener.finish_unverified().about(uri)?;
    blocking(move || sink.flush()).await?
}
