//! Sealing a body on its way from the source to the store.

use std::io::Read;

use bytes::Bytes;
use provost_core::envelope::{
    ContentError, SealSegment, SealedEnvelope, Sealer, SegmentSealer, WrappedDataKey, seal,
    seal_segments,
};

use crate::random::OsRandomness;
use crate::store::encrypted::body::{CHUNK, fill, report};
use crate::store::encrypted::buffers::{Buffer, Buffers};
use crate::store::encrypted::error::About;
use crate::store::encrypted::threads::{InOrder, Threads, failed};
use crate::store::encrypted::{ObjectError, Progress};
use crate::store::{ObjectUri, ObjectWriter};

/// A body that is about to be sealed.
pub(super) enum Sealing {
    /// In one piece: smaller than a chunk, by its size.
    Whole(Sealer, usize),
    /// On all cores.
    Segments(SegmentSealer),
}

/// Begins a body of `size` bytes of plaintext, if that is known.
pub(super) fn begin(
    key: WrappedDataKey,
    size: Option<u64>,
) -> Result<(Sealing, SealedEnvelope), ContentError> {
    let small = size.and_then(|size| usize::try_from(size).ok());
    if let Some(small) = small.filter(|size| *size < CHUNK) {
        let (sealer, envelope) = seal(key, size, &mut OsRandomness)?;
        Ok((Sealing::Whole(sealer, small), envelope))
    } else {
        let (sealer, envelope) = seal_segments(key, size, &mut OsRandomness)?;
        Ok((Sealing::Segments(sealer), envelope))
    }
}

/// Reads, seals and writes the body. Returns how many bytes of plaintext it had.
pub(super) async fn transfer(
    writer: &mut dyn ObjectWriter,
    sealing: Sealing,
    source: impl Read + Send + 'static,
    threads: Threads,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<u64, ObjectError> {
    match sealing {
        Sealing::Whole(sealer, size) => {
            let name = uri.clone();
            let sealing = move || whole(sealer, size, source, &name);
            let body = tokio::task::spawn_blocking(sealing).await;
            writer.write(body.map_err(failed)??.into()).await?;
            report(progress.as_ref(), size as u64);
            Ok(size as u64)
        }
        Sealing::Segments(sealer) => segments(writer, sealer, source, threads, uri, progress).await,
    }
}

fn whole(
    sealer: Sealer,
    size: usize,
    mut source: impl Read,
    uri: &ObjectUri,
) -> Result<Vec<u8>, ObjectError> {
    // One more than announced shows a source that gives more; then the tag takes its place.
    let mut body = Vec::with_capacity(size.saturating_add(16));
    body.resize(size.saturating_add(1), 0);
    let length = fill(&mut source, &mut body).map_err(ObjectError::Source)?;
    body.truncate(length);
    sealer.seal_whole(&mut body).about(uri)?;
    Ok(body)
}

/// What is read from, in order.
struct Reading<R> {
    source: R,
    sealer: SegmentSealer,
    buffers: Buffers,
    ended: bool,
}

/// A thread reads and then seals what it read, while another one reads on.
async fn segments(
    writer: &mut dyn ObjectWriter,
    sealer: SegmentSealer,
    source: impl Read + Send + 'static,
    threads: Threads,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<u64, ObjectError> {
    let reading = Reading {
        source,
        sealer,
        buffers: Buffers::default(),
        ended: false,
    };
    let name = uri.clone();
    let next = move |reading: &mut Reading<_>| {
        if reading.ended {
            return Ok(None);
        }
        let mut chunk = reading.buffers.take();
        let length = fill(&mut reading.source, chunk.room()).map_err(ObjectError::Source)?;
        chunk.set_length(length);
        reading.ended = length < CHUNK;
        if length == 0 {
            return Ok(None);
        }
        let segment = reading.sealer.reserve(length).about(&name)?;
        Ok(Some((segment, chunk)))
    };
    let name = uri.clone();
    let seal = move |(segment, mut chunk): (SealSegment, Buffer)| {
        segment.seal(chunk.chunk_mut()).about(&name)?;
        Ok(Bytes::from_owner(chunk))
    };
    let mut sealed = InOrder::start(threads, reading, next, seal);
    let mut done = 0_u64;
    while let Some(chunk) = sealed.next().await {
        let chunk = chunk?;
        done = done.saturating_add(chunk.len() as u64);
        writer.write(chunk).await?;
        report(progress.as_ref(), done);
    }
    let tag = sealed.finish().await?.sealer.finish().about(uri)?;
    writer.write(Bytes::copy_from_slice(&tag)).await?;
    report(progress.as_ref(), done);
    Ok(done)
}
