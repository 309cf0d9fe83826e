//! A worker beside the least that a process boundary can cost: an echo over a socket pair.
//!
//! Both are measured on one processor, where they take turns, and on whichever the scheduler picks.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{Bencher, Criterion};
use provost_plugin_api::{Call, EncryptRequest, Purpose};
use provost_worker::{Request, SealedLibrary, Worker, WorkerProgram, WorkerSpec};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Set in the environment of the process that echoes.
const ECHO: &str = "PROVOST_BENCH_ECHO";

/// About what a request for encryption materials, and its answer, have.
const SIZE: usize = 128;

fn main() {
    provost_worker::serve_if_worker();
    if std::env::var_os(ECHO).is_some() {
        return echo();
    }
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("start to ready", start);
    criterion.bench_function("echo", echoed);
    criterion.bench_function("worker call", called);
    // What is started from here on inherits it.
    let everywhere = sched_getaffinity(None).expect("an affinity");
    let mut one = CpuSet::new();
    one.set(0);
    sched_setaffinity(None, &one).expect("processor 0");
    criterion.bench_function("echo, one processor", echoed);
    criterion.bench_function("worker call, one processor", called);
    sched_setaffinity(None, &everywhere).expect("all processors");
    criterion.final_summary();
}

fn spec() -> WorkerSpec {
    let executable = std::env::current_exe().expect("this program");
    let library = executable.with_file_name("libprovost_hostile_provider.so");
    let bytes = std::fs::read(library).expect("the hostile provider's library");
    let library = SealedLibrary::seal("libprovost_hostile_provider.so", &bytes);
    let library = library.expect("a sealed library");
    WorkerSpec::new(WorkerProgram::CurrentExe, library, "provost.hostile.Good")
}

fn worker() -> Worker {
    let started = Worker::start(spec()).expect("a worker");
    started.expect("a provider")
}

fn start(bencher: &mut Bencher<'_>) {
    let worker = worker();
    bencher.iter_with_large_drop(|| worker.fresh().expect("a worker").expect("a provider"));
}

fn called(bencher: &mut Bencher<'_>) {
    let worker = worker();
    let call = Call::new("0123456789abcdef", Duration::ZERO);
    let request = EncryptRequest::new(call, Purpose::ObjectStore);
    bencher.iter(|| {
        let answer = worker.call(
            Request::MaterialsForEncrypt(&request),
            Duration::from_secs(5),
        );
        black_box(answer.expect("an answer").expect("materials"))
    });
}

fn echoed(bencher: &mut Bencher<'_>) {
    let (mut stream, theirs) = UnixStream::pair().expect("a socket pair");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env(ECHO, "1")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .expect("an echo");
    let mut bytes = [7; SIZE];
    bencher.iter(|| {
        stream.write_all(black_box(&bytes)).expect("a send");
        stream.read_exact(&mut bytes).expect("an answer");
    });
    drop(stream);
    child.wait().expect("the echo's end");
}

fn echo() {
    let stdin = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned();
    let mut stream = UnixStream::from(stdin.expect("a socket"));
    let mut bytes = [0; SIZE];
    while stream.read_exact(&mut bytes).is_ok() {
        stream.write_all(&bytes).expect("a send");
    }
}
