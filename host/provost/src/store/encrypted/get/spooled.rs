//! Large objects for sinks that cannot take anything back.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use provost_core::envelope::{OpenSegment, SegmentOpener, open_segments};

use super::fetch::verify;
use super::{Opened, Sink, blocking};
use crate::store::encrypted::body::{CHUNK, report};
use crate::store::encrypted::buffers::{Buffer, Buffers};
use crate::store::encrypted::error::About;
use crate::store::encrypted::threads::{InOrder, Threads};
use crate::store::encrypted::{ObjectError, Progress};
use crate::store::{ObjectUri, Spool};

/// Verifies the whole body, which is kept as ciphertext meanwhile, before the sink gets its first
/// byte: from what was kept, since a second fetch may differ from the first.
pub(super) async fn verified<S: Sink>(
    mut opened: Opened,
    sink: S,
    threads: Threads,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    let spool = blocking(|| Spool::create(None)).await?;
    let spool = Arc::new(spool.map_err(ObjectError::Spool)?);
    let (kept, name) = (Arc::clone(&spool), uri.clone());
    let keep = move |(segment, mut chunk): (OpenSegment, Buffer)| {
        let at = segment.offset();
        let written = kept.write_all_at(chunk.chunk(), at);
        written.map_err(ObjectError::Spool)?;
        segment.open_unverified(chunk.chunk_mut()).about(&name)
    };
    let tag = verify(&mut opened, threads, uri, keep).await?;
    let releasing = Releasing {
        opener: open_segments(&opened.metadata, &opened.key, opened.size).about(uri)?,
        left: opened.metadata.plaintext_length(opened.size).about(uri)?,
        buffers: Buffers::default(),
    };
    let name = uri.clone();
    let again = move |(segment, mut chunk): (OpenSegment, Buffer)| {
        let read = spool
            .file()
            .read_exact_at(chunk.chunk_mut(), segment.offset());
        read.map_err(ObjectError::Spool)?;
        segment.open_unverified(chunk.chunk_mut()).about(&name)?;
        Ok(chunk)
    };
    let name = uri.clone();
    let next = move |releasing: &mut Releasing| releasing.next(&name);
    let chunks = InOrder::start(threads, releasing, next, again);
    let (plaintext, sink, chunks) = blocking(|| release(chunks, sink, progress)).await??;
    // The file is nobody else's; if it gave other bytes this time, the sink's reader is told.
    chunks.finish().await?.opener.finish(&tag).about(uri)?;
    Ok((plaintext, sink))
}

/// Where the second pass is.
struct Releasing {
    opener: SegmentOpener,
    left: u64,
    buffers: Buffers,
}

impl Releasing {
    fn next(&mut self, uri: &ObjectUri) -> Result<Option<(OpenSegment, Buffer)>, ObjectError> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(CHUNK);
        if length == 0 {
            return Ok(None);
        }
        self.left -= length as u64;
        let mut chunk = self.buffers.take();
        chunk.set_length(length);
        let segment = self.opener.reserve(length).about(uri)?;
        Ok(Some((segment, chunk)))
    }
}

type Chunks = InOrder<Releasing, Buffer>;

fn release<S: Sink>(
    mut chunks: Chunks,
    mut sink: S,
    progress: Option<Progress>,
) -> Result<(u64, S, Chunks), ObjectError> {
    let mut done = 0_u64;
    while let Some(chunk) = chunks.blocking_next() {
        let chunk = chunk?;
        sink.write(chunk.chunk())?;
        done = done.saturating_add(chunk.chunk().len() as u64);
        report(progress.as_ref(), done);
    }
    sink.flush()?;
    Ok((done, sink, chunks))
}
