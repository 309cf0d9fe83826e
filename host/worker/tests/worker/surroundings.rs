//! What a worker starts with: nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsFd;

use super::Tests;
use super::setup::{spec, started, status};

pub(crate) const TESTS: Tests = &[
    (
        "a_worker_has_no_environment_and_no_file_of_the_host",
        nothing_inherited,
    ),
    (
        "a_worker_gains_no_privileges_dumps_no_core_and_has_its_memory_limit",
        confined,
    ),
];

/// What `/proc` says of a process that lets nobody look: nothing, but to root.
fn proc_file(path: &str) -> Option<Vec<u8>> {
    match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
        Err(error) => panic!("{path}: {error}"),
    }
}

fn nothing_inherited() {
    let secret = File::open("/etc/hostname").unwrap();
    let inheritable = secret.as_fd();
    rustix::io::fcntl_setfd(inheritable, rustix::io::FdFlags::empty()).unwrap();
    let worker = started(spec("Good"));
    let process = worker.process_id().unwrap();
    if let Some(environment) = proc_file(&format!("/proc/{process}/environ")) {
        assert_eq!(
            String::from_utf8(environment).unwrap(),
            "PROVOST_WORKER=0\0"
        );
    }
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{process}/fd")) else {
        assert_ne!(rustix::process::geteuid().as_raw(), 0);
        return;
    };
    let mut open: Vec<String> = descriptors
        .map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap())
        .map(|target| target.to_string_lossy().into_owned())
        .map(|target| target.split(':').next().unwrap().to_owned())
        .collect();
    open.sort();
    // Four lanes, the control socket and the log.
    let library = "/memfd";
    let expected = [
        "/dev/null",
        library,
        "pipe",
        "pipe",
        "socket",
        "socket",
        "socket",
        "socket",
        "socket",
        "socket",
    ];
    assert_eq!(open, expected);
    let cwd = std::fs::read_link(format!("/proc/{process}/cwd")).unwrap();
    assert_eq!(cwd.to_str(), Some("/"));
}

fn confined() {
    let mut spec = spec("Good");
    spec.memory = Some(1 << 30);
    let worker = started(spec);
    assert!(status(&worker).unwrap().healthy);
    let process = worker.process_id().unwrap();
    let text = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap();
    assert!(text("status").contains("NoNewPrivs:\t1\n"));
    let limits = text("limits");
    let limit = |name: &str| {
        let line = limits
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        let values: Vec<&str> = line.split_whitespace().take(2).collect();
        values.join(" ")
    };
    assert_eq!(limit("Max core file size"), "0 0");
    assert_eq!(limit("Max address space"), format!("{0} {0}", 1 << 30));
}
