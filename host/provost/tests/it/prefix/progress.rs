//! Progress is for who watches: on a terminal when something takes a while, and nowhere else.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::shop::Shop;

/// Longer than what nobody wants to watch.
const A_WHILE: Duration = Duration::from_millis(700);

/// A terminal: what a command gets, and what was written to it once it was closed.
fn terminal() -> (OwnedFd, JoinHandle<String>) {
    let watched = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&watched).unwrap();
    unlockpt(&watched).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&watched, size).unwrap();
    let name = ptsname(&watched, Vec::new()).unwrap();
    let path = OsStr::from_bytes(name.as_bytes());
    let given = File::options().read(true).write(true).open(path).unwrap();
    let reading = thread::spawn(move || {
        let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
        let mut watched = File::from(watched);
        // The end of a terminal is an error.
        while let Ok(read @ 1..) = watched.read(&mut buffer) {
            seen.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    });
    (given.into(), reading)
}

/// Puts two MiB from a pipe, with a while between them.
fn put_slowly(mut command: Command, stderr: Stdio) -> std::process::Output {
    let mut child = command
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .unwrap();
    // With the command its end of the terminal goes.
    drop(command);
    let mut source = child.stdin.take().unwrap();
    for _ in 0..2 {
        source.write_all(&vec![7; 1 << 20]).unwrap();
        thread::sleep(A_WHILE);
    }
    drop(source);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn a_long_transfer_shows_how_far_it_is_on_a_terminal_alone() {
    let shop = Shop::new();
    let uri = shop.uri("store/a");
    let (given, seen) = terminal();
    put_slowly(shop.command(&["put", "-", &uri]), given.into());
    let seen = seen.join().unwrap();
    assert!(
        seen.contains("encrypting") && seen.contains("MiB"),
        "{seen:?}"
    );

    let output = put_slowly(shop.command(&["put", "-", &uri]), Stdio::piped());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "", "for a log nobody watches");
}

#[test]
fn many_objects_are_counted_while_they_are_under_way() {
    let shop = Shop::new();
    // A while on any machine: each is made durable.
    for number in 0..800 {
        shop.file(&format!("in/{number}"), vec![7; 4000]);
    }
    let (given, seen) = terminal();
    let prefix = shop.uri("store/");
    let mut command = shop.command(&["put", "-r", "--jobs", "1", "in", &prefix]);
    let mut child = command.env("TERM", "xterm").stderr(given).spawn().unwrap();
    drop(command);
    assert!(child.wait().unwrap().success());
    let seen = seen.join().unwrap();
    assert!(seen.contains(" objects "), "{seen:?}");
}
