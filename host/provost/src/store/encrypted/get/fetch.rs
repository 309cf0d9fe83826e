//! Fetching a body and opening it on all cores.

use std::sync::Arc;

use provost_core::envelope::{GCM_TAG_BYTES, OpenSegment, open_segments};

use super::{FileSink, Opened};
use crate::store::encrypted::body::{CHUNK, Done};
use crate::store::encrypted::buffers::{Buffer, Buffers};
use crate::store::encrypted::error::About;
use crate::store::encrypted::threads::{Threads, Workers, failed};
use crate::store::encrypted::{ObjectError, Progress};
use crate::store::{ObjectUri, StoreError};

/// Decrypts while fetching, into a file that has no name: it gets one, or vanishes.
pub(super) async fn into_unnamed(
    mut opened: Opened,
    FileSink(file): FileSink,
    threads: Threads,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, FileSink), ObjectError> {
    let file = Arc::new(file);
    let done = Done::new(progress);
    let (to, name) = (Arc::clone(&file), uri.clone());
    let open = move |(segment, mut chunk): (OpenSegment, Buffer)| {
        let offset = segment.offset();
        segment.open_unverified(chunk.chunk_mut()).about(&name)?;
        to.write_all_at(chunk.chunk(), offset)?;
        done.add(chunk.chunk().len());
        Ok(())
    };
    verify(&mut opened, threads, uri, open).await?;
    let plaintext = opened.metadata.plaintext_length(opened.size).about(uri)?;
    let file = Arc::into_inner(file).ok_or_else(|| failed("a thread still has the file"))?;
    Ok((plaintext, FileSink(file)))
}

/// Fetches the body chunk by chunk, in order, and has threads `open` the chunks; then checks that
/// they were authentic. Returns the tag.
pub(super) async fn verify(
    opened: &mut Opened,
    threads: Threads,
    uri: &ObjectUri,
    open: impl Fn((OpenSegment, Buffer)) -> Result<(), ObjectError> + Send + Sync + 'static,
) -> Result<[u8; GCM_TAG_BYTES], ObjectError> {
    let Opened {
        metadata,
        key,
        size,
        body,
    } = opened;
    let mut opener = open_segments(metadata, key, *size).about(uri)?;
    let mut ciphertext_left = metadata.plaintext_length(*size).about(uri)?;
    let mut tag = Vec::with_capacity(GCM_TAG_BYTES);
    let workers = Workers::start(threads, open);
    let buffers = Buffers::default();
    let mut got = 0_u64;
    let length_wrong = |got| StoreError::BodyLength {
        uri: uri.clone(),
        expected: *size,
        got,
    };
    loop {
        let mut chunk = buffers.take();
        let length = chunk.read_from(&mut **body).await?;
        got = got.saturating_add(length as u64);
        if got > *size {
            return Err(length_wrong(got).into());
        }
        let left = usize::try_from(ciphertext_left).unwrap_or(usize::MAX);
        let ciphertext = left.min(length);
        ciphertext_left -= ciphertext as u64;
        tag.extend_from_slice(chunk.chunk().get(ciphertext..).unwrap_or_default());
        chunk.set_length(ciphertext);
        if ciphertext > 0 {
            let segment = opener.reserve(ciphertext).about(uri)?;
            if !workers.give((segment, chunk)).await {
                break;
            }
        }
        if length < CHUNK {
            break;
        }
    }
    workers.finish().await?;
    let whole = tag.try_into().ok().filter(|_| got == *size);
    let tag = whole.ok_or_else(|| length_wrong(got))?;
    opener.finish(&tag).about(uri)?;
    Ok(tag)
}
