//! The plaintext of an object, for who checks it or seals it anew: it ends without an error only
//! if all of it proved authentic, or is of an object that has nothing to prove.

use std::io::{self, Read};

use provost_core::envelope::{
    ContentMetadata, DataKey, Opener, UnauthenticatedOpener, open, open_unauthenticated,
};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::ObjectError;
use super::body::{CHUNK, QUEUE};
use super::error::About;
use crate::store::{ObjectReader, ObjectUri, StoreError};

/// What is left of a body for its end: the tag, or CBC's last block.
const END: usize = 16;

type Chunk = Result<Zeroizing<Vec<u8>>, StoreError>;

/// Reads a body and decrypts it. What it gives is **unverified** until it ended: it may be sealed
/// again meanwhile, into an object that is given up on an error, and nothing else.
pub(super) struct Plaintext {
    uri: ObjectUri,
    chunks: mpsc::Receiver<Chunk>,
    opening: Opening,
    size: u64,
    got: u64,
    /// Bytes of the body before its end.
    left: u64,
    end: Zeroizing<Vec<u8>>,
    ready: Zeroizing<Vec<u8>>,
    given: usize,
}

enum Opening {
    Authenticated(Opener),
    Unauthenticated(Box<UnauthenticatedOpener>),
    /// Nothing to open: the object is not encrypted.
    Plain,
    Ended,
}

impl Plaintext {
    /// The plaintext of a body of `size` bytes. Needs a tokio runtime, on which the body is read.
    pub(super) fn decrypted(
        uri: &ObjectUri,
        metadata: &ContentMetadata,
        key: &DataKey,
        size: u64,
        body: Box<dyn ObjectReader>,
    ) -> Result<Self, ObjectError> {
        let opening = if metadata.is_authenticated() {
            Opening::Authenticated(open(metadata, key, Some(size)).about(uri)?)
        } else {
            let opener = open_unauthenticated(metadata, key, Some(size)).about(uri)?;
            Opening::Unauthenticated(Box::new(opener))
        };
        let left = size.saturating_sub(END as u64);
        Ok(Self::new(uri, opening, size, left, body))
    }

    /// A body that is not encrypted.
    pub(super) fn plain(uri: &ObjectUri, size: u64, body: Box<dyn ObjectReader>) -> Self {
        Self::new(uri, Opening::Plain, size, size, body)
    }

    fn new(
        uri: &ObjectUri,
        opening: Opening,
        size: u64,
        left: u64,
        body: Box<dyn ObjectReader>,
    ) -> Self {
        let (sender, chunks) = mpsc::channel(QUEUE);
        tokio::spawn(feed(body, sender));
        Self {
            uri: uri.clone(),
            chunks,
            opening,
            size,
            got: 0,
            left,
            end: Zeroizing::new(Vec::with_capacity(END)),
            ready: Zeroizing::default(),
            given: 0,
        }
    }

    /// The next bytes that were decrypted; none at the end. Blocks.
    fn advance(&mut self) -> Result<bool, ObjectError> {
        self.given = 0;
        self.ready = Zeroizing::default();
        match self.chunks.blocking_recv() {
            Some(chunk) => {
                let mut chunk = chunk?;
                self.got = self.got.saturating_add(chunk.len() as u64);
                let left = usize::try_from(self.left).unwrap_or(usize::MAX);
                let at = left.min(chunk.len());
                let (text, end) = chunk.split_at_mut(at);
                self.left = self.left.saturating_sub(text.len() as u64);
                if self.end.len().saturating_add(end.len()) > END {
                    return Err(self.wrong_length());
                }
                self.end.extend_from_slice(end);
                match &mut self.opening {
                    Opening::Authenticated(opener) => {
                        opener.update_unverified(text).about(&self.uri)?;
                    }
                    Opening::Unauthenticated(opener) => opener.update(text).about(&self.uri)?,
                    Opening::Plain => {}
                    Opening::Ended => return Ok(false),
                }
                let length = text.len();
                chunk.truncate(length);
                self.ready = chunk;
                Ok(true)
            }
            None => self.finish(),
        }
    }

    fn finish(&mut self) -> Result<bool, ObjectError> {
        let opening = std::mem::replace(&mut self.opening, Opening::Ended);
        if matches!(opening, Opening::Ended) {
            return Ok(false);
        }
        if self.left > 0 {
            return Err(self.wrong_length());
        }
        if let Opening::Plain = opening {
            return if self.end.is_empty() {
                Ok(false)
            } else {
                Err(self.wrong_length())
            };
        }
        let mut end = Zeroizing::new([0; END]);
        let got = <&[u8; END]>::try_from(self.end.as_slice()).map_err(|_| self.wrong_length())?;
        end.copy_from_slice(got);
        match opening {
            Opening::Authenticated(opener) => opener.finish(&end).about(&self.uri).map(|()| false),
            Opening::Unauthenticated(opener) => {
                let left = opener.finish(&mut end).about(&self.uri)?;
                self.ready = Zeroizing::new(end.get(..left).unwrap_or_default().to_vec());
                Ok(left > 0)
            }
            Opening::Plain | Opening::Ended => Ok(false),
        }
    }

    fn wrong_length(&self) -> ObjectError {
        let (uri, expected, got) = (self.uri.clone(), self.size, self.got);
        StoreError::BodyLength { uri, expected, got }.into()
    }

    /// Reads to the end and gives nothing; says how many bytes there were. Blocks.
    pub(super) fn check(mut self) -> Result<u64, ObjectError> {
        let mut total = 0_u64;
        while self.advance()? {
            total = total.saturating_add(self.ready.len() as u64);
        }
        Ok(total)
    }
}

impl Read for Plaintext {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.ready.get(self.given..).unwrap_or_default();
            if !rest.is_empty() {
                let length = rest.len().min(buffer.len());
                let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) else {
                    return Ok(0);
                };
                to.copy_from_slice(from);
                self.given = self.given.saturating_add(length);
                return Ok(length);
            }
            if !self.advance().map_err(io::Error::other)? {
                return Ok(0);
            }
        }
    }
}

/// Reads the body until it ends, fails, or nobody wants more of it.
async fn feed(mut body: Box<dyn ObjectReader>, sender: mpsc::Sender<Chunk>) {
    loop {
        let (chunk, length) = match body.read(vec![0; CHUNK]).await {
            Ok(read) => read,
            Err(error) => {
                let _ = sender.send(Err(error)).await;
                return;
            }
        };
        let mut chunk = Zeroizing::new(chunk);
        chunk.truncate(length);
        if sender.send(Ok(chunk)).await.is_err() || length < CHUNK {
            return;
        }
    }
}

/// The error of an object that was read as a source, if that is what it is.
pub(super) fn cause(error: ObjectError) -> ObjectError {
    match error {
        ObjectError::Source(source) => match source.downcast::<ObjectError>() {
            Ok(cause) => cause,
            Err(source) => ObjectError::Source(source),
        },
        error => error,
    }
}
