//! Which program the command's workers run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::installed::Installed;
use crate::plugins::private_folder;
use crate::surroundings::{command, configured, uri};

const WORKER: &str = env!("CARGO_BIN_EXE_provost-worker");

fn put(installed: &Installed, root: &Path) -> Output {
    let source = root.join("provost.toml");
    let (source, uri) = (source.to_str().unwrap(), uri(root));
    command(&installed.command(), root, &["object", "put", source, &uri])
        .output()
        .unwrap()
}

/// A program in place of the worker's.
fn instead(installed: &Installed, script: &str) {
    let worker = installed.worker();
    fs::remove_file(&worker).unwrap();
    fs::write(&worker, script).unwrap();
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn it_is_the_one_beside_the_command() {
    let (installed, folder) = (Installed::new(), configured());
    let marks = private_folder();
    let mark = marks.path().join("started");
    let script = format!("#!/bin/sh\n: >'{}'\nexec '{WORKER}'\n", mark.display());
    instead(&installed, &script);
    let done = put(&installed, folder.path());
    assert!(done.status.success(), "{done:?}");
    assert!(mark.exists());
}

#[test]
fn alone_the_command_is_its_own() {
    let (installed, folder) = (Installed::new(), configured());
    fs::remove_file(installed.worker()).unwrap();
    let done = put(&installed, folder.path());
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn one_that_is_none_is_an_error() {
    let (installed, folder) = (Installed::new(), configured());
    instead(&installed, "#!/bin/sh\nexit 3\n");
    let refused = put(&installed, folder.path());
    assert!(!refused.status.success());
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(
        stderr.contains("the worker exited with status 3"),
        "{stderr}"
    );
}

#[test]
fn started_by_hand_it_says_who_starts_it() {
    let done = Command::new(WORKER).stdin(Stdio::null()).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(done.stdout.is_empty());
    let stderr = String::from_utf8(done.stderr).unwrap();
    assert!(stderr.contains("is started by `provost`"), "{stderr}");
}
