//! Workers for tests, and calls of them.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use provost_plugin_api::{
    Call, EncryptRequest, ProviderError, Purpose, RawKey, RawMaterials, Status,
};
use provost_worker::{
    Answer, Request, SealedLibrary, Worker, WorkerError, WorkerProgram, WorkerSpec,
};

/// More than any call needs that is expected to be answered.
pub(crate) const AMPLE: Duration = Duration::from_secs(20);

fn library_path() -> PathBuf {
    let executable = std::env::current_exe().unwrap();
    executable
        .parent()
        .unwrap()
        .join("libprovost_hostile_provider.so")
}

/// The library, read once: a build that runs meanwhile may replace it.
pub(crate) fn library() -> SealedLibrary {
    static LIBRARY: OnceLock<SealedLibrary> = OnceLock::new();
    let read = || {
        let bytes = std::fs::read(library_path()).unwrap();
        SealedLibrary::seal("libprovost_hostile_provider.so", &bytes).unwrap()
    };
    LIBRARY.get_or_init(read).clone()
}

pub(crate) fn spec(class: &str) -> WorkerSpec {
    let class = format!("provost.hostile.{class}");
    WorkerSpec::new(WorkerProgram::CurrentExe, library(), class)
}

pub(crate) fn started(spec: WorkerSpec) -> Worker {
    Worker::start(spec).unwrap().unwrap()
}

pub(crate) fn worker(class: &str) -> Worker {
    started(spec(class))
}

/// A `Slow` worker whose calls take `ms` milliseconds.
pub(crate) fn slow(ms: u32, lanes: u16) -> Worker {
    let mut spec = spec("Slow");
    spec.conf = spec.conf.with("ms", ms.to_string());
    spec.lanes = lanes;
    started(spec)
}

pub(crate) fn call() -> Call {
    Call::new("test", Duration::ZERO)
}

pub(crate) fn encrypt_within(
    worker: &Worker,
    deadline: Duration,
) -> Result<Result<RawMaterials, ProviderError>, WorkerError> {
    let request = EncryptRequest::new(call(), Purpose::ObjectStore);
    let answer = worker.call(Request::MaterialsForEncrypt(&request), deadline)?;
    Ok(answer.map(|answer| match answer {
        Answer::Materials(materials) => materials,
        other => panic!("{other:?}"),
    }))
}

pub(crate) fn encrypt(worker: &Worker) -> Result<Result<RawMaterials, ProviderError>, WorkerError> {
    encrypt_within(worker, AMPLE)
}

pub(crate) fn status(worker: &Worker) -> Result<Status, WorkerError> {
    let answer = worker.call(Request::Status(&call()), AMPLE)?;
    match answer.unwrap() {
        Answer::Status(status) => Ok(status),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn key_of(materials: &RawMaterials) -> &[u8] {
    match &materials.key {
        RawKey::Symmetric(key) => key.secret_bytes(),
        other => panic!("{other:?}"),
    }
}

/// Waits until `done`, at most ten seconds.
pub(crate) fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The state letter of a process, or nothing when there is none of that number.
pub(crate) fn state_of(process: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

pub(crate) fn kill(process: u32) {
    let process = rustix::process::Pid::from_raw(process.try_into().unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}

/// Kills a worker that has no call, and waits until it is dead.
pub(crate) fn kill_idle(worker: &Worker) -> u32 {
    let process = worker.process_id().unwrap();
    kill(process);
    eventually("the worker is dead", || {
        matches!(state_of(process), None | Some('Z'))
    });
    process
}
