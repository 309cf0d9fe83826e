//! The command among pipes, full disks and signals.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::installed::Installed;
use crate::plugins::{plugins, private_folder};
use crate::rig::{names_in, private};

/// A folder with a configuration that works for what is below `store/` in it.
pub(crate) fn configured() -> tempfile::TempDir {
    let folder = private_folder();
    let root = folder.path().canonicalize().unwrap();
    let write = |name: &str, text: String| private(&root.join(name), text);
    let shown = root.display();
    write(
        "provost.toml",
        format!(
            "security_configuration = \"security.json\"\n\
             [classes.\"provost.keys.Static\".conf]\nkeys = \"{shown}/keys.list\"\n"
        ),
    );
    write(
        "security.json",
        format!(
            r#"{{ "EncryptionConfiguration": {{ "EnableInTransitEncryption": false,
                "EnableAtRestEncryption": true, "AtRestEncryptionConfiguration": {{
                "S3EncryptionConfiguration": {{ "EncryptionMode": "CSE-Custom",
                "S3Object": "{}/libprovost_static_keys.so",
                "EncryptionKeyProviderClass": "provost.keys.Static" }} }} }} }}"#,
            plugins().display()
        ),
    );
    write("keys.list", format!("{shown}/store/ 1 1.key\n"));
    write("1.key", "0123456789abcdef".repeat(4));
    fs::create_dir(root.join("store")).unwrap();
    folder
}

fn provost(root: &Path, args: &[&str]) -> Command {
    command(Path::new(env!("CARGO_BIN_EXE_provost")), root, args)
}

pub(crate) fn command(program: &Path, root: &Path, args: &[&str]) -> Command {
    // Whatever this test was started to ignore, as what a shell puts in the background is.
    let mut command = Command::new("/usr/bin/env");
    command
        .arg("--default-signal=INT,TERM,HUP,PIPE")
        .arg(program)
        .args(args)
        .current_dir(root)
        .env_clear()
        .env("PROVOST_CONFIG", "provost.toml")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn uri(root: &Path) -> String {
    let root = root.canonicalize().unwrap();
    format!("file://{}/store/x", root.display())
}

fn put(root: &Path, plaintext: &[u8]) {
    let mut putting = provost(root, &["object", "put", "-", &uri(root)])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = putting.stdin.take().unwrap();
    stdin.write_all(plaintext).unwrap();
    drop(stdin);
    assert!(putting.wait().unwrap().success());
}

/// Ends as the signal wants; says what was on stderr.
fn interrupt(mut child: Child, signal: Signal) -> (ExitStatus, String) {
    kill_process(Pid::from_child(&child), signal).unwrap();
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().unwrap();
    pipe.read_to_string(&mut stderr).unwrap();
    (status, stderr)
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let folder = configured();
    let root = folder.path();
    put(root, &vec![7; 100_000]);
    let (uri, plugins) = (uri(root), plugins().display().to_string());
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/good.zip");
    let set = set.to_str().unwrap();
    let many = [
        vec!["tls", "check", "--default-roots", "none"],
        vec![set; 200],
    ]
    .concat();
    let commands: [&[&str]; 12] = [
        &["--help"],
        &many,
        &[
            "tls",
            "check",
            set,
            "--default-roots",
            "none",
            "--output",
            "json",
        ],
        &["tls", "show", set, "--default-roots", "none"],
        &["tls", "check", "--help"],
        &["check", "--explain"],
        &["check", "--output", "json"],
        &["plugin", "list", &plugins],
        &["plugin", "list", &plugins, "--output", "json"],
        &["object", "ls", "file:///"],
        &["object", "inspect", &uri],
        &["object", "get", &uri, "-"],
    ];
    for args in commands {
        // Not the whole machine.
        let mut args = args.to_vec();
        let below = uri.trim_end_matches("/x");
        for arg in &mut args {
            if *arg == "file:///" {
                *arg = below;
            }
        }
        let mut child = provost(root, &args).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        // What was to be printed was not wanted; an object that was not delivered is an error.
        let expected = i32::from(args.contains(&"get"));
        assert_eq!(output.status.code(), Some(expected), "{args:?}: {stderr}");
    }
}

#[test]
fn results_that_cannot_be_written_are_a_failure() {
    let folder = configured();
    let root = folder.path();
    put(root, b"text");
    let uri = uri(root);
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/good.zip");
    let set = set.to_str().unwrap();
    let commands: [&[&str]; 7] = [
        &["check"],
        &["tls", "check", set, "--default-roots", "none"],
        &[
            "tls",
            "check",
            set,
            "--default-roots",
            "none",
            "--output",
            "json",
        ],
        &["tls", "show", set, "--default-roots", "none"],
        &["object", "inspect", &uri, "--output", "json"],
        &["object", "ls", &uri],
        &["object", "get", &uri, "-"],
    ];
    for args in commands {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = provost(root, args).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{stderr}");
    }
}

#[test]
fn an_interrupted_put_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let folder = configured();
        let root = folder.path();
        let mut putting = provost(root, &["object", "put", "-", &uri(root)])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // More than the pipe holds: it is being encrypted.
        let mut stdin = putting.stdin.take().unwrap();
        stdin.write_all(&vec![7; 8 << 20]).unwrap();
        let (status, stderr) = interrupt(putting, signal);
        assert_eq!(status.signal(), Some(signal.as_raw()), "{stderr}");
        assert_eq!(stderr, "");
        assert!(names_in(&root.join("store")).is_empty());
    }
}

#[test]
fn an_interrupted_get_leaves_nothing() {
    let folder = configured();
    let root = folder.path();
    put(root, &vec![7; 64 << 20]);
    let before = names_in(root);
    let mut getting = provost(root, &["object", "get", &uri(root), "-"])
        .env("TMPDIR", root)
        .spawn()
        .unwrap();
    let mut first = [0];
    let mut stdout = getting.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    // Nobody reads on, so it waits in the middle of the plaintext, with the ciphertext spooled.
    let (status, stderr) = interrupt(getting, Signal::INT);
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{stderr}");
    assert_eq!(names_in(root), before);
}

#[test]
fn an_interrupted_quickstart_leaves_nothing() {
    let installed = Installed::new();
    let folder = private_folder();
    let root = folder.path();
    let large = fs::File::create(root.join("large")).unwrap();
    large.set_len(4 << 30).unwrap();
    for keep in [None, Some("demo")] {
        let mut args = vec!["quickstart", "--file", "large"];
        args.extend(keep.iter().flat_map(|keep| ["--keep", keep]));
        let mut running = command(&installed.command(), root, &args)
            .env_remove("PROVOST_CONFIG")
            .env("TMPDIR", root)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(running.stdout.take().unwrap());
        // What follows is the encryption of the large file.
        let step = stdout.lines().map(Result::unwrap);
        assert!(step.into_iter().any(|line| line.contains(". provider")));
        let (status, stderr) = interrupt(running, Signal::INT);
        assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{stderr}");
        assert_eq!(names_in(root), ["large"]);
    }
}

#[test]
fn a_quickstart_interrupted_at_any_moment_leaves_nothing() {
    let installed = Installed::new();
    let folder = private_folder();
    let root = folder.path();
    fs::write(root.join("small"), "some text").unwrap();
    for moment in (0..40).map(Duration::from_millis) {
        let running = command(
            &installed.command(),
            root,
            &["quickstart", "--file", "small"],
        )
        .env_remove("PROVOST_CONFIG")
        .env("TMPDIR", root)
        .spawn()
        .unwrap();
        thread::sleep(moment);
        let (status, stderr) = interrupt(running, Signal::INT);
        // Or it was faster.
        let ended = status.signal() == Some(Signal::INT.as_raw()) || status.success();
        assert!(ended, "after {moment:?}: {status}: {stderr}");
        assert_eq!(stderr, "", "after {moment:?}");
        assert_eq!(names_in(root), ["small"], "after {moment:?}");
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = configured();
    let root = folder.path();
    let mut running = Command::new("sh");
    running
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_provost"))
        .args(["object", "put", "-", &uri(root)])
        .current_dir(root)
        .env("PROVOST_CONFIG", "provost.toml")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = running.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(&vec![7; 8 << 20]).unwrap();
    kill_process(Pid::from_child(&running), Signal::HUP).unwrap();
    stdin.write_all(b"the end").unwrap();
    drop(stdin);
    let status = running.wait().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(names_in(&root.join("store")), ["x", "x.metadata.json"]);
}
