//! Hashes of segments, put together as they come.

use std::collections::BTreeMap;
use std::ops::Bound;

use zeroize::Zeroizing;

use super::field::dot;

/// Neighbouring blocks, hashed: GHASH from zero over their ciphertext, the last block padded.
pub(super) struct Run {
    /// Number of the first block.
    pub(super) start: u64,
    /// How many; at least one.
    pub(super) blocks: u64,
    /// Secret: with the ciphertext it leads to the hash key.
    pub(super) hash: Zeroizing<u128>,
    /// The hash key to the power of `blocks`.
    pub(super) power: Zeroizing<u128>,
}

impl Run {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.blocks)
    }

    fn followed_by(self, next: &Self) -> Self {
        Self {
            start: self.start,
            blocks: self.blocks.saturating_add(next.blocks),
            hash: Zeroizing::new(dot(*self.hash, *next.power) ^ *next.hash),
            power: Zeroizing::new(dot(*self.power, *next.power)),
        }
    }
}

/// Blocks were hashed twice, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Miscounted;

/// The runs that are known, by their first block; neighbours become one. However long the object is,
/// there are no more than segments under way.
#[derive(Default)]
pub(super) struct Runs(BTreeMap<u64, Run>);

impl Runs {
    pub(super) fn add(&mut self, mut run: Run) -> Result<(), Miscounted> {
        let before = self.0.range(..=run.start).next_back();
        let before = before.map(|(start, run)| (*start, run.end()));
        let after = (Bound::Excluded(run.start), Bound::Unbounded);
        let after = self.0.range(after).next().map(|(start, _)| *start);
        let overlaps = before.is_some_and(|(_, end)| end > run.start)
            || after.is_some_and(|start| run.end() > start);
        if overlaps {
            return Err(Miscounted);
        }
        if let Some((start, end)) = before
            && end == run.start
            && let Some(before) = self.0.remove(&start)
        {
            run = before.followed_by(&run);
        }
        if after == Some(run.end())
            && let Some(after) = self.0.remove(&run.end())
        {
            run = run.followed_by(&after);
        }
        self.0.insert(run.start, run);
        Ok(())
    }

    /// The one run, if these are the blocks from 0 to `blocks` without a gap; there is none if there
    /// are no blocks.
    pub(super) fn whole(&mut self, blocks: u64) -> Result<Option<Run>, Miscounted> {
        let run = match (blocks, self.0.len()) {
            (0, 0) => return Ok(None),
            (_, 1) => self.0.remove(&0),
            _ => None,
        };
        match run {
            Some(run) if run.blocks == blocks => Ok(Some(run)),
            _ => Err(Miscounted),
        }
    }
}
