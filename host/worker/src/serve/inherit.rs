//! What a worker inherits, and what it does not. An unsafe room: descriptors by number, and the
//! environment.

#![allow(unsafe_code)] // before any thread or library exists

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;

use rustix::io::{FdFlags, fcntl_getfd};
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;

use super::VARIABLE;

/// The socket to the host, if this process is a worker. Its place at standard input is taken by
/// nothing, and whatever else was inherited is closed.
pub(super) fn control() -> io::Result<Option<UnixStream>> {
    let Some(value) = std::env::var_os(VARIABLE) else {
        return Ok(None);
    };
    let stdin = io::stdin();
    if value != "0" || socket_type(&stdin) != Ok(SocketType::STREAM) {
        return Ok(None);
    }
    only_thread()?;
    let control = stdin.as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    close_inherited()?;
    // SAFETY: no other thread exists: `only_thread` counted, and this one started none since.
    unsafe { std::env::remove_var(VARIABLE) };
    Ok(Some(control.into()))
}

/// What follows is sound in a process of one thread alone, and callers can get that wrong.
fn only_thread() -> io::Result<()> {
    let mut threads = 0_usize;
    for entry in std::fs::read_dir("/proc/self/task")? {
        entry?;
        threads += 1;
    }
    if threads == 1 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{threads} threads exist, expected 1: call serve_if_worker() first in main"
    )))
}

/// Closes all descriptors but the standard ones that would survive an exec: this process opened
/// none of those itself.
fn close_inherited() -> io::Result<()> {
    let mut open: Vec<RawFd> = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        open.extend(name.to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    for number in open.into_iter().filter(|number| *number > 2) {
        // SAFETY: a descriptor that was open a moment ago, in a process of one thread; the one
        // that read the folder is closed by now, which is an error of fcntl's, not a fault.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        if fcntl_getfd(descriptor).is_ok_and(|flags| !flags.contains(FdFlags::CLOEXEC)) {
            // SAFETY: nothing in this process owns it: what Rust opens is closed on exec.
            unsafe { rustix::io::close(number) };
        }
    }
    Ok(())
}
