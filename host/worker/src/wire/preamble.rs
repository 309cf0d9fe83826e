//! The first bytes in either direction: which build of the protocol speaks. Their layout is the
//! same in every build.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::BUILD_ID;
use crate::frame::{self, FrameError};

const MAGIC: [u8; 4] = *b"PRVW";
/// The magic bytes and the length of the build id.
const HEAD: usize = 5;
/// More descriptors than this do not fit into one message.
const MOST_DESCRIPTORS: usize = 128;

fn bytes() -> Vec<u8> {
    let id = BUILD_ID.as_bytes();
    let id = id.get(..id.len().min(255)).unwrap_or_default();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u8::try_from(id.len()));
    bytes.extend_from_slice(id);
    bytes
}

/// Sends this side's build id.
pub(crate) fn send(stream: &UnixStream) -> Result<(), FrameError> {
    frame::write(stream, &bytes(), None)
}

/// The same, with descriptors beside it.
pub(crate) fn send_with(
    stream: &UnixStream,
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), FrameError> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(FrameError::Malformed("too many descriptors".to_owned()));
    }
    let bytes = bytes();
    // The first message on a new socket, and a short one: it is taken whole.
    let sent = sendmsg(
        stream,
        &[IoSlice::new(&bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    if sent != bytes.len() {
        return Err(FrameError::Malformed(
            "the preamble was sent in part".to_owned(),
        ));
    }
    Ok(())
}

/// Receives the other side's build id.
pub(crate) fn receive(stream: &UnixStream, until: Option<Instant>) -> Result<String, FrameError> {
    let mut head = [0; HEAD];
    frame::read_exact(stream, &mut head, until)?;
    rest(stream, head, until)
}

/// The same, and the descriptors that came beside it.
pub(crate) fn receive_with(stream: &UnixStream) -> Result<(String, Vec<OwnedFd>), FrameError> {
    let mut head = [0; HEAD];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut room = [IoSliceMut::new(&mut head)];
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL;
    let got = recvmsg(stream, &mut room, &mut control, flags)?;
    if got.bytes != HEAD {
        return Err(FrameError::Closed);
    }
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok((rest(stream, head, None)?, descriptors))
}

fn rest(
    stream: &UnixStream,
    head: [u8; HEAD],
    until: Option<Instant>,
) -> Result<String, FrameError> {
    let [magic @ .., length] = head;
    if magic != MAGIC {
        return Err(FrameError::Malformed(
            "the other side is no worker of any build".to_owned(),
        ));
    }
    let mut id = vec![0; usize::from(length)];
    frame::read_exact(stream, &mut id, until)?;
    let id = String::from_utf8_lossy(&id).into_owned();
    Ok(id.chars().filter(char::is_ascii_graphic).collect())
}
