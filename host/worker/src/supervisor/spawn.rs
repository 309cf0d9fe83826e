//! The thread that starts workers.
//!
//! A worker asks to be killed when its parent dies, and for that the kernel takes the thread that
//! started it for the parent. So one thread starts all of them, and lives as long as the host.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};

struct Job {
    command: Command,
    reply: SyncSender<io::Result<Child>>,
}

static SPAWNER: Mutex<Option<Sender<Job>>> = Mutex::new(None);

/// Starts a command from the thread that lives as long as the host.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = sync_channel(1);
    let job = Job { command, reply };
    let sent = {
        let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = match spawner.take() {
            Some(jobs) => jobs,
            None => start()?,
        };
        let sent = jobs.send(job);
        *spawner = Some(jobs);
        sent
    };
    sent.ok()
        .and_then(|()| answer.recv().ok())
        .unwrap_or_else(|| Err(io::Error::other("the spawning thread is gone")))
}

fn start() -> io::Result<Sender<Job>> {
    let (sender, jobs) = channel::<Job>();
    std::thread::Builder::new()
        .name("provost-spawner".to_owned())
        .spawn(move || {
            for mut job in jobs {
                let child = job.command.spawn();
                // The command holds the worker's end of its socket, which must close here.
                drop(job.command);
                let _ = job.reply.send(child);
            }
        })?;
    Ok(sender)
}
