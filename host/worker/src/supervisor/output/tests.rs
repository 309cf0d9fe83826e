//! What a process writes, as it is logged.

use std::fmt::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use provost_plugin_api::SecretBytes;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;
use crate::wire::log::packet;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The log of a shell that runs `script`, and its last words.
fn logged(script: &str, packets: &[(Level, &str)]) -> (Vec<String>, LastWords) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let pid = Pid::from_child(&child);
    let process = Arc::new(pidfd_open(pid, PidfdFlags::empty()).unwrap());
    let flags = SocketFlags::CLOEXEC;
    let (log, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    for (level, text) in packets {
        send(&theirs, &packet(*level, text), SendFlags::empty()).unwrap();
    }
    let filter = TextFilter::new([SecretBytes::copy_from(b"correct-horse")]);
    let output = Output::new("com.acme.Keys", Arc::new(filter));
    let words = output.last_words();
    let sources = Sources {
        stdout: child.stdout.take().unwrap(),
        stderr: child.stderr.take().unwrap(),
        log,
        process,
    };
    let lines = Log::default();
    tracing::subscriber::with_default(lines.clone(), || output.run(sources));
    let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    child.wait().unwrap();
    let words = words.lock().unwrap().clone();
    let lines = lines.0.lock().unwrap().clone();
    (lines, words)
}

#[test]
fn lines_are_logged_with_class_and_stream_without_secrets_and_control_characters() {
    let script = r"printf 'a correct-horse\033[31m b\n'; printf 'of correct-horse' >&2";
    let packets = [
        (Level::Debug, "one correct-horse"),
        (Level::Error, "two\nlines"),
    ];
    let (mut lines, words) = logged(script, &packets);
    lines.sort();
    let expected = [
        "DEBUG message=one [secret] class=\"com.acme.Keys\" stream=\"log\"",
        "ERROR message=two lines class=\"com.acme.Keys\" stream=\"log\"",
        "INFO message=a [secret][31m b class=\"com.acme.Keys\" stream=\"stdout\"",
        "WARN message=of [secret] class=\"com.acme.Keys\" stream=\"stderr\"",
    ];
    assert_eq!(lines, expected);
    assert_eq!(words.line.as_deref(), Some("of [secret]"));
}

#[test]
fn a_secret_across_the_end_of_a_long_line_is_not_shown_in_part() {
    let long = "x".repeat(TEXT_LIMIT - 5);
    let (lines, _) = logged(&format!("echo {long}correct-horse-battery"), &[]);
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert!(
        line.contains("xxx[secr…") && !line.contains("corr"),
        "{line}"
    );
}

#[test]
fn a_process_that_was_left_behind_does_not_keep_the_thread() {
    let begun = Instant::now();
    let (lines, _) = logged("sleep 30 & echo done", &[]);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(lines.iter().any(|line| line.contains("done")), "{lines:?}");
}

#[test]
fn an_allocation_that_was_refused_is_recognised() {
    let (_, words) = logged(
        "echo memory allocation of 8 bytes failed >&2; echo bye >&2",
        &[],
    );
    assert!(words.out_of_memory);
    assert_eq!(words.line.as_deref(), Some("bye"));
}
