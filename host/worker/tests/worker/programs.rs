//! Programs that are no workers, or workers of another build.

use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use provost_worker::{Worker, WorkerFailure, WorkerProgram};

use super::Tests;
use super::setup::{encrypt, spec, started};

pub(crate) const TESTS: Tests = &[
    (
        "another_program_of_the_same_build_can_be_the_worker",
        same_build,
    ),
    (
        "a_worker_of_another_build_is_refused_with_both_builds",
        other_build,
    ),
    ("a_program_that_is_no_worker_is_an_error", no_worker),
    (
        "a_worker_that_has_started_a_thread_refuses_to_serve",
        thread_first,
    ),
];

/// Set: this process starts a thread before it asks whether it is a worker.
pub(crate) const THREAD_FIRST: &str = "PROVOST_TEST_THREAD_FIRST";

fn failure_of(program: &Path) -> WorkerFailure {
    let mut spec = spec("Good");
    spec.program = WorkerProgram::Path(program.to_owned());
    spec.deadline = Duration::from_millis(500);
    let error = Worker::start(spec).unwrap_err();
    assert_eq!(error.call, "start");
    error.failure
}

/// A program that does what a shell does with `body`; its standard input is the host's socket.
fn script(body: &str) -> tempfile::TempPath {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("#!/bin/sh\n{body}\n")).unwrap();
    file.as_file()
        .set_permissions(PermissionsExt::from_mode(0o700))
        .unwrap();
    file.into_temp_path()
}

fn same_build() {
    let mut spec = spec("Good");
    spec.program = WorkerProgram::Path(std::env::current_exe().unwrap());
    assert!(encrypt(&started(spec)).unwrap().is_ok());
}

fn other_build() {
    let failure = failure_of(&script(r"printf 'PRVW\005other' >&0; exec sleep 9"));
    let WorkerFailure::BuildMismatch { host, worker } = &failure else {
        panic!("{failure:?}")
    };
    assert_eq!(worker, "other");
    assert!(
        host.starts_with(concat!(env!("CARGO_PKG_VERSION"), "-")),
        "{host}"
    );
    let text = format!("the worker program is of build other, this host of build {host}");
    assert_eq!(failure.to_string(), text);
}

fn no_worker() {
    let ends = failure_of(&script("echo oops >&2; exit 3"));
    let last_words = Some("oops".to_owned());
    assert_eq!(
        ends,
        WorkerFailure::Exited {
            status: 3,
            last_words
        }
    );
    let babbles = failure_of(&script("echo hello world >&0; exec sleep 9"));
    assert!(
        matches!(babbles, WorkerFailure::Protocol { .. }),
        "{babbles:?}"
    );
    let waits = failure_of(&script("exec sleep 9"));
    assert_eq!(
        waits,
        WorkerFailure::Deadline {
            after: Duration::from_millis(500)
        }
    );
    let missing = failure_of(Path::new("/nonexistent/worker"));
    assert!(
        matches!(missing, WorkerFailure::Start { .. }),
        "{missing:?}"
    );
    assert!(
        missing.to_string().contains("`/nonexistent/worker`"),
        "{missing}"
    );
}

/// What this program says, and how it ends, as the worker of a host that is gone.
fn orphan(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let (_, theirs) = UnixStream::pair().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .env_clear()
        .env("PROVOST_WORKER", "0")
        .envs(variables.iter().copied())
        .stdin(OwnedFd::from(theirs))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

fn thread_first() {
    let refusal = "provost worker: cannot take over the host's socket: \
        2 threads exist, expected 1: call serve_if_worker() first in main\n";
    let threads = orphan(&[(THREAD_FIRST, "1")]);
    assert_eq!(threads, (Some(1), refusal.to_owned()));
    let (status, alone) = orphan(&[]);
    assert_eq!(status, Some(1));
    assert!(alone.contains("the host is gone"), "{alone}");
}
