//! Workers end with their host, and leave nothing behind.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Tests;
use super::setup::{encrypt, eventually, state_of, worker};

pub(crate) const TESTS: Tests = &[
    ("no_worker_survives_a_host_that_is_killed", host_killed),
    (
        "starting_and_stopping_leaves_no_descriptor_and_no_process",
        nothing_left,
    ),
];

/// Set to a class name: this process is a host with a worker, until somebody kills it.
pub(crate) const HOST_TO_KILL: &str = "PROVOST_TEST_HOST_TO_KILL";

pub(crate) fn host_to_kill(class: &str) -> ! {
    let worker = worker(class);
    println!("{}", worker.process_id().unwrap());
    std::io::stdout().flush().unwrap();
    loop {
        // `Hang` never answers; the others leave the worker waiting for its next call.
        let _ = encrypt(&worker);
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn host_killed() {
    for class in ["Good", "Hang"] {
        let mut host = Command::new(std::env::current_exe().unwrap())
            .env(HOST_TO_KILL, class)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(host.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let worker: u32 = line.trim().parse().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(state_of(worker).is_some(), "{class}: there was no worker");
        host.kill().unwrap();
        host.wait().unwrap();
        // Where nobody collects orphans, a dead one stays as a zombie.
        let dead = || matches!(state_of(worker), None | Some('Z'));
        eventually(&format!("{class}: the worker is dead"), dead);
    }
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children"));
    let children = tasks.map(|task| of(task.unwrap()).unwrap_or_default());
    children
        .flat_map(|c| c.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn nothing_left() {
    drop(worker("Good"));
    let before = open_descriptors();
    for cycle in 0..50 {
        let worker = worker(if cycle % 5 == 0 { "Exit" } else { "Good" });
        let _ = encrypt(&worker);
    }
    assert_eq!(open_descriptors(), before);
    assert_eq!(children(), Vec::<String>::new());
}
