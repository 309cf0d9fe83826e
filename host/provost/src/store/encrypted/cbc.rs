//! Reading legacy content, which has padding and no tag. Nothing proves that it is what was
//! written: the operator has said twice that it may be read all the same, and is told each time.
//!
//! What little there is to check is checked before anything is released: the padding at the end.

use std::io::{Read, Seek, SeekFrom, Write};

use provost_core::envelope::{
    ContentError, UnauthenticatedOpener, open_unauthenticated, unauthenticated_length,
};
use zeroize::Zeroizing;

use super::body::{CHUNK, fill, report};
use super::error::About;
use super::get::{FileSink, Opened, SMALL, Sink, blocking};
use super::{ObjectError, Progress};
use crate::store::{ObjectUri, Spool, StoreError};

const BLOCK: usize = 16;

/// Decrypts an object piece by piece.
struct Decryption {
    opener: UnauthenticatedOpener,
    size: u64,
    got: u64,
    before_last: u64,
    last: Zeroizing<Vec<u8>>,
}

impl Decryption {
    fn begin(opened: &Opened, uri: &ObjectUri) -> Result<Self, ObjectError> {
        let Opened {
            metadata,
            key,
            size,
            ..
        } = opened;
        Ok(Self {
            opener: open_unauthenticated(metadata, key, Some(*size)).about(uri)?,
            size: *size,
            got: 0,
            before_last: size.saturating_sub(BLOCK as u64),
            last: Zeroizing::new(Vec::with_capacity(BLOCK)),
        })
    }

    /// The plaintext of the next piece of the body, decrypted in place. Pieces are whole blocks.
    fn piece<'c>(&mut self, chunk: &'c mut [u8], uri: &ObjectUri) -> Result<&'c [u8], ObjectError> {
        self.got = self.got.saturating_add(chunk.len() as u64);
        let left = usize::try_from(self.before_last).unwrap_or(usize::MAX);
        let (blocks, last) = chunk.split_at_mut(left.min(chunk.len()));
        self.before_last -= blocks.len() as u64;
        self.last.extend_from_slice(last);
        self.opener.update(blocks).about(uri)?;
        Ok(blocks)
    }

    /// The plaintext of the last block.
    fn finish(self, uri: &ObjectUri) -> Result<Zeroizing<Vec<u8>>, ObjectError> {
        let Self {
            opener,
            size,
            got,
            mut last,
            ..
        } = self;
        let Some(block) = last.first_chunk_mut().filter(|_| got == size) else {
            let uri = uri.clone();
            let expected = size;
            return Err(StoreError::BodyLength { uri, expected, got }.into());
        };
        let length = opener.finish(block).about(uri)?;
        last.truncate(length);
        Ok(last)
    }
}

/// Says so before the first byte comes out.
pub(super) fn warn(uri: &ObjectUri) {
    tracing::warn!(
        "`{uri}` is of a legacy format without authentication: whoever can write to the store \
         could have changed what is read from it"
    );
}

/// Decrypts while reading, into a file that has no name: it gets one, or vanishes.
pub(super) async fn stream(
    mut opened: Opened,
    mut sink: FileSink,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, FileSink), ObjectError> {
    let mut decryption = Decryption::begin(&opened, uri)?;
    let mut done = 0_u64;
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        let room = chunk.len();
        let (buffer, length) = opened.body.read(std::mem::take(&mut *chunk)).await?;
        let mut buffer = Zeroizing::new(buffer);
        let name = uri.clone();
        let written;
        (decryption, sink, chunk, written) = blocking(move || {
            let received = buffer.get_mut(..length).unwrap_or_default();
            let plaintext = decryption.piece(received, &name)?;
            sink.write(plaintext)?;
            let written = plaintext.len() as u64;
            Ok::<_, ObjectError>((decryption, sink, buffer, written))
        })
        .await??;
        done = done.saturating_add(written);
        report(progress.as_ref(), done);
        if length < room {
            break;
        }
    }
    let rest = decryption.finish(uri)?;
    blocking(move || {
        sink.write(&rest)?;
        Ok((done.saturating_add(rest.len() as u64), sink))
    })
    .await?
}

/// Keeps the ciphertext until its end is there and proves to be padded, then decrypts it into
/// `sink`.
pub(super) async fn whole<S: Sink>(
    mut opened: Opened,
    sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    if opened.size <= SMALL {
        let room = usize::try_from(opened.size).unwrap_or(0);
        let (body, length) = opened.body.read(vec![0; room]).await?;
        let kept = Zeroizing::new(body);
        let body = kept.get(..length).unwrap_or_default();
        check_end(&opened, body, length as u64, uri)?;
        let uri = uri.clone();
        return blocking(move || {
            let kept = std::io::Cursor::new(kept.get(..length).unwrap_or_default());
            decrypt(&opened, kept, sink, &uri, progress)
        })
        .await?;
    }
    let mut spool = blocking(|| Spool::create(None))
        .await?
        .map_err(ObjectError::Spool)?;
    let mut buffer = vec![0; CHUNK];
    let mut spooled = 0_u64;
    loop {
        let room = buffer.len();
        let (filled, length) = opened.body.read(buffer).await?;
        (spool, buffer) = blocking(move || {
            spool
                .file()
                .write_all(filled.get(..length).unwrap_or_default())?;
            std::io::Result::Ok((spool, filled))
        })
        .await?
        .map_err(ObjectError::Spool)?;
        spooled = spooled.saturating_add(length as u64);
        if length < room {
            break;
        }
    }
    let uri = uri.clone();
    blocking(move || {
        let mut file = spool.file();
        let mut tail = [0; 2 * BLOCK];
        let before = spooled.saturating_sub(tail.len() as u64);
        file.seek(SeekFrom::Start(before))
            .and_then(|_| file.read_exact(&mut tail))
            .map_err(ObjectError::Spool)?;
        check_end(&opened, &tail, spooled, &uri)?;
        file.seek(SeekFrom::Start(0)).map_err(ObjectError::Spool)?;
        decrypt(&opened, file, sink, &uri, progress)
    })
    .await?
}

/// Checks that the body, which ends in `tail`, is all there and ends in padding.
fn check_end(opened: &Opened, tail: &[u8], got: u64, uri: &ObjectUri) -> Result<(), ObjectError> {
    if got != opened.size {
        return Err(StoreError::BodyLength {
            uri: uri.clone(),
            expected: opened.size,
            got,
        }
        .into());
    }
    let iv = opened.metadata.cbc_iv().map(<[u8; BLOCK]>::as_slice);
    // A body of one block follows the IV.
    let before = [iv.unwrap_or_default(), tail].concat();
    let tail = before
        .last_chunk()
        .ok_or(ContentError::LengthUnknown)
        .about(uri)?;
    unauthenticated_length(&opened.key, opened.size, tail).about(uri)?;
    Ok(())
}

fn decrypt<S: Sink>(
    opened: &Opened,
    source: impl Read,
    mut sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    let mut decryption = Decryption::begin(opened, uri)?;
    let mut source = source.take(opened.size);
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    let mut done = 0_u64;
    loop {
        let length = fill(&mut source, &mut chunk).map_err(ObjectError::Spool)?;
        let plaintext = decryption.piece(chunk.get_mut(..length).unwrap_or_default(), uri)?;
        sink.write(plaintext)?;
        done = done.saturating_add(plaintext.len() as u64);
        report(progress.as_ref(), done);
        if length < CHUNK {
            break;
        }
    }
    let rest = decryption.finish(uri)?;
    sink.write(&rest)?;
    sink.flush()?;
    done = done.saturating_add(rest.len() as u64);
    report(progress.as_ref(), done);
    Ok((done, sink))
}
