//! Two installations at once.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::{Sets, stderr, stdout};

/// Holds the lock as an installation does, and says who it is.
fn hold(sets: &Sets, holder: &str) -> File {
    let path = sets.root().join("installed/lock");
    let lock = File::options().read(true).write(true).open(path).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    lock.set_len(0).unwrap();
    std::io::Write::write_all(&mut &lock, holder.as_bytes()).unwrap();
    lock
}

#[test]
fn the_second_installation_says_who_is_at_it() {
    let sets = Sets::new();
    assert!(sets.install("good", &[]).status.success());
    let root = sets.root().canonicalize().unwrap();
    let process = std::process::id();
    let holder = format!(
        r#"{{"process":{process},"command":"provost tls install","since":"2026-01-01T00:00:00Z"}}"#
    );
    let held = hold(&sets, &holder);
    let expected = format!(
        "error: installing is under way: process {process} (provost tls install) holds \
         `{}/installed/lock` since 2026-01-01T00:00:00Z\n\
         hint: try again when it has ended, or wait for it: `--wait 30s`\n",
        root.display()
    );
    let install = sets.install("renewed", &[]);
    assert_eq!(install.status.code(), Some(1));
    assert_eq!(stderr(&install), expected);
    let rollback = sets.run(&["tls", "rollback"]);
    assert_eq!(rollback.status.code(), Some(1));
    assert_eq!(stderr(&rollback), expected);
    // Looking waits for nobody.
    assert!(sets.run(&["tls", "show"]).status.success());
    drop(held);
    assert!(sets.install("renewed", &[]).status.success());
}

#[test]
fn as_json_too() {
    let sets = Sets::new();
    assert!(sets.install("good", &[]).status.success());
    let _held = hold(&sets, "");
    let install = sets.install("renewed", &["--output", "json"]);
    assert_eq!(install.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_str(&stdout(&install)).unwrap();
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("another process holds"), "{message}");
    assert!(document["error"]["hint"].is_string());
}

#[test]
fn waiting_ends_when_its_time_is_over() {
    let sets = Sets::new();
    assert!(sets.install("good", &[]).status.success());
    let _held = hold(&sets, "");
    let started = Instant::now();
    let install = sets.install("renewed", &["--wait", "300ms"]);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(install.status.code(), Some(1));
    let said = stderr(&install);
    assert!(said.contains("; waited 3"), "{said}");
    assert!(!sets.root().join("installed/generations/2").exists());
}

#[test]
fn waiting_ends_when_the_other_has_ended() {
    let sets = Sets::new();
    assert!(sets.install("good", &[]).status.success());
    let held = hold(&sets, "");
    let configuration = sets.configure("renewed");
    let args = [
        "tls",
        "install",
        "--wait",
        "5m",
        "--security-configuration",
        &configuration,
    ];
    let mut waiting = sets
        .command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until_it_is_at(&mut waiting, &sets.root().join("installed/lock"));
    assert!(waiting.try_wait().unwrap().is_none());
    drop(held);
    let installed = waiting.wait_with_output().unwrap();
    assert!(installed.status.success(), "{}", stderr(&installed));
    assert!(stdout(&installed).contains("as generation 2 in"));
}

/// Until a process has a file open.
fn until_it_is_at(process: &mut Child, file: &Path) {
    let file = file.canonicalize().unwrap();
    let open = format!("/proc/{}/fd", process.id());
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let links = fs::read_dir(&open).into_iter().flatten().flatten();
        let mut links = links.filter_map(|link| fs::read_link(link.path()).ok());
        if links.any(|link| link == file) {
            return;
        }
        assert!(process.try_wait().unwrap().is_none(), "it did not wait");
        assert!(
            Instant::now() < deadline,
            "it does not open {}",
            file.display()
        );
        thread::yield_now();
    }
}
