//! One message: what its segments share, and what becomes of a segment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::cursor::BLOCK;
use super::field::{dot, hash_key, inverse, power};
use super::hash::{Run, Runs};
use crate::envelope::content::ContentError;
use crate::envelope::content::keyed::Keyed;
use crate::envelope::evp::{Block, Blocks, Direction, Keystream, SegmentGcm};
use crate::envelope::suite::GCM_TAG_BYTES;

/// A GCM message of which any segment can be encrypted or decrypted at any time, on any thread.
pub(in crate::envelope::content) struct Message {
    keyed: Keyed,
    direction: Direction,
    /// The hash key, and what undoes it.
    h: Zeroizing<u128>,
    inverse: Zeroizing<u128>,
    /// What the tag is masked with.
    mask: Zeroizing<u128>,
    /// Contexts that no thread uses at the moment.
    idle: Mutex<Vec<Segments>>,
    runs: Mutex<Runs>,
}

impl Message {
    pub(in crate::envelope::content) fn new(
        keyed: Keyed,
        direction: Direction,
    ) -> Result<Self, ContentError> {
        let zero = Blocks::new(keyed.key.secret_bytes())?.encrypt(Block::default())?;
        Self::with_hash_key(keyed, direction, hash_key(u128::from_be_bytes(zero)))
    }

    pub(super) fn with_hash_key(
        keyed: Keyed,
        direction: Direction,
        h: u128,
    ) -> Result<Self, ContentError> {
        let mut blocks = Blocks::new(keyed.key.secret_bytes())?;
        let mask = blocks.encrypt(counter_block(&keyed, 1))?;
        Ok(Self {
            keyed,
            direction,
            h: Zeroizing::new(h),
            inverse: Zeroizing::new(inverse(h)),
            mask: Zeroizing::new(u128::from_be_bytes(mask)),
            idle: Mutex::default(),
            runs: Mutex::default(),
        })
    }

    /// Encrypts or decrypts, in place, the segment that begins at `offset`: a multiple of 16, with
    /// the message ending below 2^36 - 32. Its hash counts from then on.
    pub(super) fn run(&self, offset: u64, data: &mut [u8]) -> Result<(), ContentError> {
        if data.is_empty() {
            return Ok(());
        }
        let idle = lock(&self.idle).pop();
        let mut segments = match idle {
            Some(segments) => segments,
            None => Segments::new(self)?,
        };
        segments.start(self, offset)?;
        segments.update(data)?;
        let run = segments.finish(self, offset, data.len())?;
        lock(&self.idle).push(segments);
        lock(&self.runs)
            .add(run)
            .map_err(|_| ContentError::Segments)
    }

    /// A context at the block that `offset`, a multiple of 16, begins. What goes through it counts
    /// for no tag.
    pub(in crate::envelope::content) fn segments_at(
        &self,
        offset: u64,
    ) -> Result<Segments, ContentError> {
        let mut segments = Segments::new(self)?;
        segments.start(self, offset)?;
        Ok(segments)
    }

    /// The tag, if all segments of the `total` bytes went through.
    pub(super) fn tag(&self, total: u64) -> Result<[u8; GCM_TAG_BYTES], ContentError> {
        let blocks = total.div_ceil(BLOCK as u64);
        let whole = lock(&self.runs).whole(blocks);
        let whole = whole.map_err(|_| ContentError::Segments)?;
        let mut hash = Zeroizing::new(self.hash_of_aad());
        if let Some(run) = whole {
            *hash = dot(*hash, *run.power) ^ *run.hash;
        }
        let lengths = (bits(self.keyed.aad.len() as u64) << 64) | bits(total);
        let tag = dot(*hash ^ lengths, *self.h) ^ *self.mask;
        Ok(tag.to_be_bytes())
    }

    fn hash_of_aad(&self) -> u128 {
        let blocks = self.keyed.aad.chunks(BLOCK);
        blocks.fold(0, |hash, bytes| {
            let mut block = Block::default();
            for (to, from) in block.iter_mut().zip(bytes) {
                *to = *from;
            }
            dot(hash ^ u128::from_be_bytes(block), *self.h)
        })
    }
}

/// The contexts of one thread. The key is set once.
pub(in crate::envelope::content) struct Segments {
    blocks: Blocks,
    bulk: Bulk,
    /// What the tag of the segment under way is masked with.
    mask: Zeroizing<u128>,
    /// The last power of the hash key: most segments are equally long.
    power: (u64, Zeroizing<u128>),
}

enum Bulk {
    Gcm(SegmentGcm),
    /// A hash key of zero cannot be undone, so no IV leads to a given counter. It also hashes all to
    /// zero, so that counter mode is all there is to do. One key in 2^128.
    NoHash(Keystream),
}

impl Segments {
    fn new(message: &Message) -> Result<Self, ContentError> {
        let key = message.keyed.key.secret_bytes();
        Ok(Self {
            blocks: Blocks::new(key)?,
            bulk: if *message.h == 0 {
                Bulk::NoHash(Keystream::new(key)?)
            } else {
                Bulk::Gcm(SegmentGcm::new(key)?)
            },
            mask: Zeroizing::new(0),
            power: (0, Zeroizing::new(0)),
        })
    }

    fn start(&mut self, message: &Message, offset: u64) -> Result<(), ContentError> {
        // The message's own counter: 1 is its tag's mask, 2 the first block of data. A segment is a
        // message of its own, whose tag's mask is the block before its data.
        let before = u32::try_from(offset / BLOCK as u64)
            .ok()
            .and_then(|block| block.checked_add(1))
            .ok_or(ContentError::Segments)?;
        match &mut self.bulk {
            Bulk::Gcm(gcm) => {
                let counter = counter_block(&message.keyed, before);
                *self.mask = u128::from_be_bytes(self.blocks.encrypt(counter)?);
                // GCM makes the counter block of an IV of 16 bytes by hashing it, and its length in
                // bits after it. This undoes both.
                let hashed = dot(u128::from_be_bytes(counter), *message.inverse) ^ bits(16);
                let iv = dot(hashed, *message.inverse);
                gcm.start(message.direction, &iv.to_be_bytes())?;
            }
            Bulk::NoHash(keystream) => {
                let first = before.checked_add(1).ok_or(ContentError::Segments)?;
                keystream.start(&counter_block(&message.keyed, first))?;
            }
        }
        Ok(())
    }

    pub(in crate::envelope::content) fn update(
        &mut self,
        data: &mut [u8],
    ) -> Result<(), ContentError> {
        match &mut self.bulk {
            Bulk::Gcm(gcm) => gcm.update(data)?,
            Bulk::NoHash(keystream) => keystream.update(data)?,
        }
        Ok(())
    }

    fn finish(
        &mut self,
        message: &Message,
        offset: u64,
        length: usize,
    ) -> Result<Run, ContentError> {
        let length = length as u64;
        let blocks = length.div_ceil(BLOCK as u64);
        if self.power.0 != blocks {
            self.power = (blocks, Zeroizing::new(power(*message.h, blocks.into())));
        }
        let hash = match &mut self.bulk {
            // The tag is the hash, with the lengths after it, under the mask.
            Bulk::Gcm(gcm) => {
                let tag = u128::from_be_bytes(gcm.tag()?);
                dot(tag ^ *self.mask, *message.inverse) ^ bits(length)
            }
            Bulk::NoHash(_) => 0,
        };
        Ok(Run {
            start: offset / BLOCK as u64,
            blocks,
            hash: Zeroizing::new(hash),
            power: self.power.1.clone(),
        })
    }
}

fn counter_block(keyed: &Keyed, counter: u32) -> Block {
    let mut block = Block::default();
    let bytes = keyed.iv.into_iter().chain(counter.to_be_bytes());
    for (to, from) in block.iter_mut().zip(bytes) {
        *to = from;
    }
    block
}

fn bits(bytes: u64) -> u128 {
    u128::from(bytes) << 3
}

/// Nothing in here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
