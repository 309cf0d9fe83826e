//! What a worker gives up before it opens a library.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::set_no_new_privs;

/// No memory dump, no debugger of the same user, no new privileges, no life after the host.
pub(super) fn process(control: &UnixStream) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A host that died before that sends no signal, but its end of the socket is closed.
    let mut host = [PollFd::from_borrowed_fd(
        control.as_fd(),
        PollFlags::empty(),
    )];
    poll(&mut host, Some(&Timespec::default()))?;
    let [host] = &host;
    if host.revents().intersects(PollFlags::HUP | PollFlags::ERR) {
        return Err(io::Error::other("the host is gone"));
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    limit(Resource::Core, 0)?;
    set_no_new_privs(true)?;
    Ok(())
}

/// Limits the address space, in bytes.
pub(super) fn memory(bytes: u64) -> io::Result<()> {
    limit(Resource::As, bytes)
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    Ok(setrlimit(resource, limit)?)
}
