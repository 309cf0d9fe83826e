//! The worker's side: a process that hosts one provider and nothing else.

mod confine;
mod inherit;
mod lane;
mod log;

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use provost_plugin_api::host::{CallError, ForeignProvider};
use rustix::process::{Signal, getpid, kill_process};

use crate::frame::{self, FRAME_LIMIT, FrameError};
use crate::wire::{BUILD_ID, Failure, Hello, Ready, preamble};
use crate::{SealedLibrary, open};

/// Set in a worker's environment, to the number of the descriptor that leads to its host.
pub(crate) const VARIABLE: &str = "PROVOST_WORKER";

static CAN_SERVE: AtomicBool = AtomicBool::new(false);

/// Makes this program one that can be its own workers' program: to be called first in `main`.
///
/// In a process that a host started as a worker it serves, and does not return. In any other it
/// returns at once. A worker is recognised by an inherited socket and a variable, never by
/// arguments.
///
/// # Contract
///
/// No thread has been started yet: in a worker, this changes the environment and closes
/// descriptors that were inherited by accident. A worker that has other threads says so on standard
/// error, and exits with status 1.
pub fn serve_if_worker() {
    match inherit::control() {
        Ok(None) => CAN_SERVE.store(true, Ordering::Relaxed),
        Ok(Some(control)) => match serve(&control) {
            Ok(()) => end(),
            Err(reason) => refuse(&reason),
        },
        Err(error) => refuse(&format!("cannot take over the host's socket: {error}")),
    }
}

/// Whether [`serve_if_worker`] was called, so that this program can be started as a worker.
pub fn can_serve() -> bool {
    CAN_SERVE.load(Ordering::Relaxed)
}

/// Before anything of a library ran, a worker can end as any program does. The host logs what it
/// writes.
fn refuse(reason: &str) -> ! {
    eprintln!("provost worker: {reason}");
    std::process::exit(1)
}

/// Afterwards, exit handlers and destructors are the library's, and might never return.
fn end() -> ! {
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

/// Serves until the host is gone. An error is one from before the library was opened.
fn serve(control: &UnixStream) -> Result<(), String> {
    confine::process(control).map_err(|error| format!("cannot confine itself: {error}"))?;
    preamble::send(control).map_err(|error| gone(&error))?;
    let (host, descriptors) = preamble::receive_with(control).map_err(|error| gone(&error))?;
    if host != BUILD_ID {
        // The host has this side's build id and says so better.
        return Err(format!(
            "the host is of build {host}, this worker of build {BUILD_ID}"
        ));
    }
    let body = frame::read(control, FRAME_LIMIT, None).map_err(|error| gone(&error))?;
    let hello: Hello<'_> = frame::decode(&body).map_err(|error| gone(&error))?;
    if let Some(bytes) = hello.memory {
        confine::memory(bytes).map_err(|error| format!("cannot limit its memory: {error}"))?;
    }
    let mut descriptors = descriptors.into_iter();
    let (Some(library), Some(log)) = (descriptors.next(), descriptors.next()) else {
        return Err("the host sent no library and no log".to_owned());
    };
    let library = SealedLibrary::received(hello.library, library).map_err(|e| e.to_string())?;
    match build(&library, hello, log) {
        Ok(provider) => serve_lanes(control, &Arc::new(provider), descriptors),
        Err(NotBuilt::Open(reason)) => tell(control, &Ready::NotOpened(&reason)),
        Err(NotBuilt::Call(CallError::Provider(error))) => {
            tell(
                control,
                &Ready::NotBuilt(Failure::Provider((&error).into())),
            );
        }
        Err(NotBuilt::Call(CallError::Protocol(text))) => {
            tell(control, &Ready::NotBuilt(Failure::Protocol(&text)));
        }
    }
    drop(body);
    wait_for_end(control);
    Ok(())
}

enum NotBuilt {
    Open(String),
    Call(CallError),
}

fn build(
    library: &SealedLibrary,
    hello: Hello<'_>,
    log: OwnedFd,
) -> Result<ForeignProvider, NotBuilt> {
    let module = open(library).map_err(|error| NotBuilt::Open(error.to_string()))?;
    let class = hello.class.to_owned();
    let (conf, attributes) = hello.into_owned();
    let log = log::LogSocket::new(log);
    module
        .create(&class, &conf, &attributes, move |level, text| {
            log.send(level, text);
        })
        .map_err(NotBuilt::Call)
}

fn serve_lanes(
    control: &UnixStream,
    provider: &Arc<ForeignProvider>,
    lanes: impl Iterator<Item = OwnedFd>,
) {
    for (number, lane) in lanes.enumerate() {
        let (lane, provider) = (UnixStream::from(lane), Arc::clone(provider));
        let thread = std::thread::Builder::new().name(format!("lane-{number}"));
        if let Err(error) = thread.spawn(move || lane::serve(&lane, &provider)) {
            return tell(
                control,
                &Ready::NotSetUp(&format!("cannot start a thread: {error}")),
            );
        }
    }
    tell(control, &Ready::Serving);
}

fn tell(control: &UnixStream, ready: &Ready<'_>) {
    let sent =
        frame::encode(ready, FRAME_LIMIT).and_then(|frame| frame::write(control, &frame, None));
    if sent.is_err() {
        end();
    }
}

/// The host says nothing more: what ends the wait is that it closed its side, or died.
fn wait_for_end(control: &UnixStream) {
    let mut reader: &UnixStream = control;
    while matches!(reader.read(&mut [0; 16]), Ok(1..)) {}
}

fn gone(error: &FrameError) -> String {
    format!("cannot talk to the host: {error:?}")
}
