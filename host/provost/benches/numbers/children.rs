//! Other processes: this program in another role, and what processes tell of themselves.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{self, Child, Command, Stdio};

use crate::{Outcome, load};

/// What this program is to be, in a process that it started itself.
const ROLE: &str = "PROVOST_NUMBERS_ROLE";

/// The role of this process, if it has one.
pub(crate) fn role() -> Option<OsString> {
    std::env::var_os(ROLE)
}

/// This program in a role.
pub(crate) fn in_role(role: &str) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(ROLE, role);
    Ok(command)
}

/// Does what the role says.
pub(crate) fn play(role: &OsStr) -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (role.to_str(), &arguments[..]) {
        (Some("echo"), [sent, received]) => echo(sent.parse()?, received.parse()?),
        (Some("load"), [configuration]) => load::once(configuration.as_ref()),
        _ => Err(format!("no role `{}` with {arguments:?}", role.display()).into()),
    }
}

/// A process that answers messages of one size with messages of one size.
pub(crate) struct Echo {
    child: Child,
    socket: UnixStream,
}

impl Echo {
    pub(crate) fn start(sent: usize, received: usize) -> Outcome<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let child = in_role("echo")?
            .args([sent.to_string(), received.to_string()])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        Ok(Self { child, socket })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn socket(&self) -> &UnixStream {
        &self.socket
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // What ends it is that the socket closes.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        let _ = self.child.wait();
    }
}

fn echo(asked: usize, answered: usize) -> Outcome<()> {
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let (mut asked, answered) = (vec![0; asked], vec![7; answered]);
    loop {
        match socket.read_exact(&mut asked) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        socket.write_all(&answered)?;
    }
}

/// The processes that this one started and that still run.
pub(crate) fn of_this_process() -> Outcome<Vec<u32>> {
    of(process::id())
}

/// The processes that `parent` started and that still run.
pub(crate) fn of(parent: u32) -> Outcome<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if status(id, "PPid") == Some(parent.into()) {
            found.push(id);
        }
    }
    Ok(found)
}

/// The most memory that a process had so far, in bytes; none once it has ended.
pub(crate) fn peak_memory(process: u32) -> Option<u64> {
    Some(status(process, "VmHWM")? * 1024)
}

fn status(process: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
