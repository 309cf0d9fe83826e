//! Lines from a stream of bytes, and how many of them are let through.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// Cuts a stream into lines. What is longer than the limit is cut off, not kept.
pub(super) struct Lines {
    // Bounded and never grown: what a provider writes may hold a secret.
    buffer: Zeroizing<Vec<u8>>,
    limit: usize,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        let buffer = Zeroizing::new(Vec::with_capacity(limit));
        Self { buffer, limit }
    }

    pub(super) fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (line, ended) = match part.split_last() {
                Some((b'\n', line)) => (line, true),
                _ => (part, false),
            };
            let room = self.limit.saturating_sub(self.buffer.len());
            self.buffer.extend(line.iter().take(room));
            if ended {
                self.end(&mut emit);
            }
        }
    }

    /// The stream has ended, perhaps within a line.
    pub(super) fn end(&mut self, mut emit: impl FnMut(&[u8])) {
        if !self.buffer.is_empty() {
            emit(&self.buffer);
        }
        self.buffer.clear();
    }
}

/// Lets a burst of lines through, then a few every second, and counts the others.
pub(super) struct FloodGate {
    tokens: u32,
    refilled: Instant,
    dropped: u64,
}

const BURST: u32 = 100;
const REFILL: Duration = Duration::from_millis(50);

impl FloodGate {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            tokens: BURST,
            refilled: now,
            dropped: 0,
        }
    }

    /// Whether a line goes through, and how many were dropped before it.
    pub(super) fn pass(&mut self, now: Instant) -> Option<u64> {
        let since = now.saturating_duration_since(self.refilled);
        let more = u32::try_from(since.as_millis() / REFILL.as_millis()).unwrap_or(BURST);
        if more > 0 {
            self.tokens = self.tokens.saturating_add(more).min(BURST);
            self.refilled = now;
        }
        if self.tokens == 0 {
            self.dropped += 1;
            return None;
        }
        self.tokens -= 1;
        Some(self.take_dropped())
    }

    /// How many lines were dropped and not yet reported.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(limit: usize, parts: &[&str]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::new(limit), Vec::new());
        let mut emit = |line: &[u8]| found.push(String::from_utf8_lossy(line).into_owned());
        for part in parts {
            lines.push(part.as_bytes(), &mut emit);
        }
        lines.end(&mut emit);
        found
    }

    #[test]
    fn lines_are_found_across_reads_and_empty_ones_left_out() {
        assert_eq!(
            split(9, &["on", "e\ntwo\n\nth", "ree"]),
            ["one", "two", "three"]
        );
        assert_eq!(split(9, &["one\n"]), ["one"]);
        assert!(split(9, &["\n\n"]).is_empty());
    }

    #[test]
    fn a_line_is_cut_at_the_limit_and_the_next_is_whole() {
        assert_eq!(
            split(4, &["123", "456", "789\nab\ncdefg"]),
            ["1234", "ab", "cdef"]
        );
    }

    #[test]
    fn a_flood_is_held_back_and_counted() {
        let start = Instant::now();
        let mut gate = FloodGate::new(start);
        let through = (0..1000).filter(|_| gate.pass(start).is_some()).count();
        assert_eq!(through, 100);
        assert_eq!(gate.pass(start + REFILL), Some(900));
        assert_eq!(gate.pass(start + REFILL), None);
        assert_eq!(gate.take_dropped(), 1);
        let later = start + Duration::from_hours(1);
        let through = (0..1000).filter(|_| gate.pass(later).is_some()).count();
        assert_eq!(through, 100);
    }
}
