//! The thread that reads what a worker writes, and puts it into the host's log.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{ChildStderr, ChildStdout};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use provost_plugin_api::Level;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};

use super::lines::{FloodGate, Lines};
use crate::text::{TEXT_LIMIT, TextFilter};
use crate::wire::log::{PACKET_LIMIT, parse};

/// What a worker writes to.
pub(super) struct Sources {
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
    /// Packets of log lines.
    pub(super) log: OwnedFd,
    /// Readable once the worker is dead.
    pub(super) process: Arc<OwnedFd>,
}

/// What a dead worker left.
#[derive(Debug, Default, Clone)]
pub(super) struct LastWords {
    /// The last line on standard error.
    pub(super) line: Option<String>,
    /// Whether Rust's allocator said that it aborts.
    pub(super) out_of_memory: bool,
}

/// Reads until the worker is dead and all that it wrote was read.
pub(super) struct Output {
    class: String,
    filter: Arc<TextFilter>,
    last_words: Arc<Mutex<LastWords>>,
    stdout: Stream,
    stderr: Stream,
    log: FloodGate,
}

struct Stream {
    name: &'static str,
    level: Level,
    lines: Lines,
    gate: FloodGate,
}

/// How much is still read from a dead worker: a process that it left behind may write for ever.
const LEFT_OVER: usize = 1 << 20;

impl Output {
    pub(super) fn new(class: &str, filter: Arc<TextFilter>) -> Self {
        // A secret that begins within the limit is seen whole, and so replaced, before the cut.
        let limit = TEXT_LIMIT + filter.longest();
        let stream = |name, level| Stream {
            name,
            level,
            lines: Lines::new(limit),
            gate: FloodGate::new(Instant::now()),
        };
        Self {
            class: class.to_owned(),
            filter,
            last_words: Arc::default(),
            stdout: stream("stdout", Level::Info),
            stderr: stream("stderr", Level::Warn),
            log: FloodGate::new(Instant::now()),
        }
    }

    pub(super) fn last_words(&self) -> Arc<Mutex<LastWords>> {
        Arc::clone(&self.last_words)
    }

    pub(super) fn run(mut self, sources: Sources) {
        let Sources {
            mut stdout,
            mut stderr,
            log,
            process,
        } = sources;
        let mut chunk = [0; 8192];
        let mut open = [true; 3];
        let mut left = None;
        loop {
            let fds = [stdout.as_fd(), stderr.as_fd(), log.as_fd()];
            let Ok((ready, dead)) = wait(fds, open, process.as_fd(), left.is_some()) else {
                break;
            };
            if dead && left.is_none() {
                left = Some(LEFT_OVER);
                continue;
            }
            let mut got = 0;
            for (source, _) in ready.into_iter().enumerate().filter(|(_, ready)| *ready) {
                let read = match source {
                    0 => self.stdout(stdout.read(&mut chunk), &chunk),
                    1 => self.stderr(stderr.read(&mut chunk), &chunk),
                    _ => self.packet(&log),
                };
                if let Some(open) = open.get_mut(source) {
                    *open = read > 0;
                }
                got += read;
            }
            match &mut left {
                Some(_) if got == 0 => break,
                Some(left) if *left < got => break,
                Some(left) => *left -= got,
                None => {}
            }
        }
        self.finish();
    }

    fn stdout(&mut self, read: io::Result<usize>, chunk: &[u8]) -> usize {
        let got = read.unwrap_or(0);
        let bytes = chunk.get(..got).unwrap_or_default();
        let Self {
            class,
            filter,
            stdout,
            ..
        } = self;
        let Stream {
            name,
            level,
            lines,
            gate,
        } = stdout;
        lines.push(bytes, |line| {
            if let Some(dropped) = gate.pass(Instant::now()) {
                note(class, name, dropped);
                write(*level, class, name, &filter.clean_bytes(line));
            }
        });
        got
    }

    fn stderr(&mut self, read: io::Result<usize>, chunk: &[u8]) -> usize {
        let got = read.unwrap_or(0);
        let bytes = chunk.get(..got).unwrap_or_default();
        let Self {
            class,
            filter,
            stderr,
            last_words,
            ..
        } = self;
        let Stream {
            name,
            level,
            lines,
            gate,
        } = stderr;
        lines.push(bytes, |line| {
            let passed = gate.pass(Instant::now());
            let text = filter.clean_bytes(line);
            remember(last_words, &text);
            if let Some(dropped) = passed {
                note(class, name, dropped);
                write(*level, class, name, &text);
            }
        });
        got
    }

    fn packet(&mut self, log: &OwnedFd) -> usize {
        let mut packet = [0; PACKET_LIMIT];
        let Ok((_, got)) = recv(log, &mut packet, RecvFlags::DONTWAIT) else {
            return 0;
        };
        let packet = packet.get(..got.min(PACKET_LIMIT)).unwrap_or_default();
        if let (Some((level, text)), Some(dropped)) = (parse(packet), self.log.pass(Instant::now()))
        {
            note(&self.class, "log", dropped);
            write(level, &self.class, "log", &self.filter.clean_bytes(text));
        }
        got
    }

    fn finish(mut self) {
        let (class, filter) = (&self.class, &self.filter);
        for stream in [&mut self.stdout, &mut self.stderr] {
            let Stream {
                name,
                level,
                lines,
                gate,
            } = stream;
            lines.end(|line| {
                let text = filter.clean_bytes(line);
                if *name == "stderr" {
                    remember(&self.last_words, &text);
                }
                write(*level, class, name, &text);
            });
            note(class, name, gate.take_dropped());
        }
        note(class, "log", self.log.take_dropped());
    }
}

/// Which sources can be read, and whether the worker is dead.
fn wait(
    sources: [BorrowedFd<'_>; 3],
    open: [bool; 3],
    process: BorrowedFd<'_>,
    dead: bool,
) -> io::Result<([bool; 3], bool)> {
    let all = sources.into_iter().zip(open).chain([(process, !dead)]);
    // What is not asked for reports nothing but its end, which would wake this thread for ever.
    let (indices, mut polled): (Vec<usize>, Vec<PollFd<'_>>) = all
        .enumerate()
        .filter(|(_, (_, wanted))| *wanted)
        .map(|(index, (fd, _))| (index, PollFd::from_borrowed_fd(fd, PollFlags::IN)))
        .unzip();
    let timeout = dead.then(Timespec::default);
    match poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = [false; 4];
    for (index, polled) in indices.into_iter().zip(&polled) {
        if let Some(ready) = ready.get_mut(index) {
            *ready = !polled.revents().is_empty();
        }
    }
    let [stdout, stderr, log, process] = ready;
    Ok(([stdout, stderr, log], process))
}

fn remember(last_words: &Mutex<LastWords>, text: &str) {
    let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
    words.out_of_memory |= text.starts_with("memory allocation of ");
    words.line = Some(text.to_owned());
}

fn note(class: &str, stream: &str, dropped: u64) {
    if dropped > 0 {
        write(
            Level::Warn,
            class,
            stream,
            &format!("{dropped} lines dropped"),
        );
    }
}

/// Writes one line of a provider's into the host's log.
fn write(level: Level, class: &str, stream: &str, text: &str) {
    match level {
        Level::Debug => tracing::debug!(target: "provost::provider", class, stream, "{text}"),
        Level::Warn => tracing::warn!(target: "provost::provider", class, stream, "{text}"),
        Level::Error => tracing::error!(target: "provost::provider", class, stream, "{text}"),
        _ => tracing::info!(target: "provost::provider", class, stream, "{text}"),
    }
}

#[cfg(test)]
mod tests;
