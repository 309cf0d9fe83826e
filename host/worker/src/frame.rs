//! Frames: a length of four bytes, little endian, and that many bytes of postcard.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The largest frame, in bytes.
pub(crate) const FRAME_LIMIT: usize = 1 << 20;
/// The largest frame that answers a request for TLS artifacts.
pub(crate) const TLS_FRAME_LIMIT: usize = 16 << 20;

/// The bytes of the length.
const PREFIX: usize = 4;
/// How much is read at once, so that most frames take one system call.
const AT_ONCE: usize = 2048;

/// Why a frame was not sent or not received.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// The other side is gone.
    Closed,
    /// The other side is gone, and has not read all that was sent.
    Unread,
    /// The time is up.
    Late,
    /// What was received, or would be sent, is not a frame.
    Malformed(String),
    /// The system's own words.
    Io(io::Error),
}

impl From<rustix::io::Errno> for FrameError {
    fn from(error: rustix::io::Errno) -> Self {
        use rustix::io::Errno;
        match error {
            Errno::PIPE => Self::Closed,
            Errno::CONNRESET => Self::Unread,
            other => Self::Io(other.into()),
        }
    }
}

/// A frame that holds `value`, in a buffer that is wiped and was never grown.
pub(crate) fn encode<T: Serialize>(
    value: &T,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let size = postcard::experimental::serialized_size(value).map_err(unreadable)?;
    if size > limit {
        return Err(too_large(size, limit));
    }
    let mut frame = Zeroizing::new(vec![0; PREFIX + size]);
    let (prefix, body) = frame.split_at_mut(PREFIX);
    let length = u32::try_from(size).map_err(|_| too_large(size, limit))?;
    prefix.copy_from_slice(&length.to_le_bytes());
    postcard::to_slice(value, body).map_err(unreadable)?;
    Ok(frame)
}

/// What a frame's bytes say, and nothing may be left over.
pub(crate) fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FrameError> {
    let (value, rest) = postcard::take_from_bytes(body).map_err(unreadable)?;
    if !rest.is_empty() {
        return Err(FrameError::Malformed(format!(
            "a frame has {} bytes more than it says",
            rest.len()
        )));
    }
    Ok(value)
}

/// Sends a whole frame, or other bytes. Without `until` it waits for ever.
pub(crate) fn write(
    stream: &UnixStream,
    mut bytes: &[u8],
    until: Option<Instant>,
) -> Result<(), FrameError> {
    let mut flags = SendFlags::NOSIGNAL;
    if until.is_some() {
        flags |= SendFlags::DONTWAIT;
    }
    while !bytes.is_empty() {
        match send(stream, bytes, flags) {
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(rustix::io::Errno::AGAIN) => wait(stream, PollFlags::OUT, until)?,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Receives one frame's body, of at most `limit` bytes; nothing may follow it.
pub(crate) fn read(
    stream: &UnixStream,
    limit: usize,
    until: Option<Instant>,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let mut first = [0; AT_ONCE];
    let mut got = 0;
    let body = read_into(stream, &mut first, &mut got, limit, until);
    // Only what was used: wiping is slow.
    first.get_mut(..got).unwrap_or_default().zeroize();
    body
}

fn read_into(
    stream: &UnixStream,
    first: &mut [u8; AT_ONCE],
    got: &mut usize,
    limit: usize,
    until: Option<Instant>,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    while *got < PREFIX {
        *got += read_some(stream, first.get_mut(*got..).unwrap_or_default(), until)?;
    }
    let (prefix, start) = first.get(..*got).unwrap_or_default().split_at(PREFIX);
    let length = prefix.try_into().map_or(0, u32::from_le_bytes);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > limit {
        return Err(too_large(length, limit));
    }
    if start.len() > length {
        return Err(FrameError::Malformed("bytes follow a frame".to_owned()));
    }
    let mut body = Zeroizing::new(vec![0; length]);
    let (head, rest) = body.split_at_mut(start.len());
    head.copy_from_slice(start);
    read_exact(stream, rest, until)?;
    Ok(body)
}

/// Whether a whole frame has come, so that reading it does not wait.
pub(crate) fn is_whole(stream: &UnixStream) -> bool {
    let mut prefix = [0; PREFIX];
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let (Ok((_, PREFIX)), Ok(there)) = (recv(stream, &mut prefix, flags), ioctl_fionread(stream))
    else {
        return false;
    };
    there >= u64::from(u32::from_le_bytes(prefix)) + PREFIX as u64
}

/// Receives exactly as many bytes as there is room.
pub(crate) fn read_exact(
    stream: &UnixStream,
    mut room: &mut [u8],
    until: Option<Instant>,
) -> Result<(), FrameError> {
    while !room.is_empty() {
        let got = read_some(stream, room, until)?;
        room = room.get_mut(got..).unwrap_or_default();
    }
    Ok(())
}

fn read_some(
    stream: &UnixStream,
    room: &mut [u8],
    until: Option<Instant>,
) -> Result<usize, FrameError> {
    loop {
        match recv(stream, &mut *room, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Err(FrameError::Closed),
            Ok((_, got)) => return Ok(got),
            // Not a receive that blocks: it is woken as well when the other side reads.
            Err(rustix::io::Errno::AGAIN) => wait(stream, PollFlags::IN, until)?,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn wait(stream: &UnixStream, event: PollFlags, until: Option<Instant>) -> Result<(), FrameError> {
    let timeout = match until {
        None => None,
        Some(until) => {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(FrameError::Late);
            }
            Timespec::try_from(left).ok()
        }
    };
    match poll(
        &mut [PollFd::from_borrowed_fd(stream.as_fd(), event)],
        timeout.as_ref(),
    ) {
        Ok(0) => Err(FrameError::Late),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn too_large(got: usize, limit: usize) -> FrameError {
    FrameError::Malformed(format!(
        "a frame of {got} bytes, at most {limit} are allowed"
    ))
}

// Postcard's errors say what kind of thing was wrong, never what was in it.
fn unreadable(error: postcard::Error) -> FrameError {
    FrameError::Malformed(format!("a frame cannot be read: {error}"))
}
