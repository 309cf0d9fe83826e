//! Handing out the content in order, each byte once.

use crate::envelope::content::ContentError;
use crate::envelope::content::length::Length;
use crate::envelope::suite::GCM_TAG_BYTES;

/// Bytes of a block.
pub(super) const BLOCK: usize = GCM_TAG_BYTES;

/// How far the content has been handed out.
#[derive(Debug)]
pub(super) struct Cursor {
    length: Length,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last segment was no multiple of the block size: nothing can follow it.
    Last(usize),
    Abandoned,
}

impl Cursor {
    pub(super) fn new(length: Length) -> Self {
        Self {
            length,
            state: State::Open,
        }
    }

    /// The offset of the next segment, which is `length` bytes long.
    pub(super) fn reserve(&mut self, length: usize) -> Result<u64, ContentError> {
        let reserved = self.next(length);
        if reserved.is_err() {
            self.state = State::Abandoned;
        }
        reserved
    }

    fn next(&mut self, length: usize) -> Result<u64, ContentError> {
        match self.state {
            State::Abandoned => return Err(ContentError::Abandoned),
            State::Last(got) if length > 0 => return Err(ContentError::Unaligned { got }),
            _ => {}
        }
        let offset = self.length.done();
        self.length.advance(length)?;
        if !length.is_multiple_of(BLOCK) {
            self.state = State::Last(length);
        }
        Ok(offset)
    }

    /// How long the content is, if nothing is missing.
    pub(super) fn finish(&self) -> Result<u64, ContentError> {
        if self.state == State::Abandoned {
            return Err(ContentError::Abandoned);
        }
        self.length.finish()?;
        Ok(self.length.done())
    }
}
