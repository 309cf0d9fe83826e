//! Installers that meet.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use provost::install::{Installation, LockWait, Provenance, Step};

use crate::rig::{current, is_set, names, set};
use crate::{MET, scratch};

/// An installer in a process of its own that tells of its steps, and goes on when it is told.
pub(crate) struct Met {
    process: Child,
    told: BufReader<ChildStdout>,
    go: Option<ChildStdin>,
}

impl Met {
    /// It stops before `step`.
    pub(crate) fn start(folder: &Path, label: &str, wait: u64, step: Step) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(MET, format!("{label} {wait} {step:?} {}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            told: BufReader::new(process.stdout.take().unwrap()),
            go: process.stdin.take(),
            process,
        }
    }

    /// What the process does: `error: ...` or `done` is its last line.
    pub(crate) fn install(arguments: &str) {
        let parts: Vec<_> = arguments.splitn(4, ' ').collect();
        let (label, stop) = (parts[0].to_owned(), parts[2].to_owned());
        let wait = match parts[1].parse().unwrap() {
            0 => LockWait::No,
            milliseconds => LockWait::UpTo(Duration::from_millis(milliseconds)),
        };
        let at = Installation::at(parts[3])
            .with_wait(wait)
            .with_command(format!("installer {label}"))
            .with_watcher(move |step| {
                if format!("{step:?}") == stop {
                    println!("{step:?}");
                    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
                }
            });
        match at.install(&set(&label), &Provenance::new(&label)) {
            Ok(_) => println!("done"),
            Err(error) => println!("error: {error}"),
        }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn go_on(&mut self) {
        self.go = None;
    }

    /// Lets it go on to its end.
    pub(crate) fn ends_with(mut self, expected: &str) {
        self.go_on();
        assert_eq!(self.line(), expected);
        assert!(self.process.wait().unwrap().success());
    }
}

/// One of two installers says who holds the lock, or waits until it is free.
pub(crate) fn two_at_once() {
    let scratch = scratch();
    let folder = scratch.path();
    let mut holder = Met::start(folder, "holder", 0, Step::MakeStaging);
    assert_eq!(holder.line(), "MakeStaging");

    let mut refused = Met::start(folder, "refused", 0, Step::MakeStaging);
    let line = refused.line();
    let expected = format!(
        "error: installing is under way: process {} (installer holder) holds `{}` since ",
        holder.process.id(),
        folder.join("lock").display()
    );
    let since = line
        .strip_prefix(&expected)
        .unwrap_or_else(|| panic!("{line}"));
    assert!(humantime::parse_rfc3339(since).is_ok(), "{since}");
    assert!(refused.process.wait().unwrap().success());

    let mut impatient = Met::start(folder, "impatient", 50, Step::MakeStaging);
    let line = impatient.line();
    assert!(
        line.starts_with(&expected) && line.contains("; waited "),
        "{line}"
    );
    assert!(impatient.process.wait().unwrap().success());

    let mut waiting = Met::start(folder, "waiting", 60_000, Step::AwaitLock);
    assert_eq!(waiting.line(), "AwaitLock");
    waiting.go_on();
    assert!(
        !folder.join("current").exists(),
        "nobody went past the holder"
    );
    holder.ends_with("done");
    waiting.ends_with("done");
    let generations = folder.join("generations");
    assert!(is_set(&generations.join("1"), "holder"));
    assert!(is_set(&generations.join("2"), "waiting"));
    assert_eq!(current(folder).unwrap(), "generations/2");
    println!("two at once: one waits, or says who holds the lock");
}

/// The lock goes with the process that held it, whatever it has written.
pub(crate) fn a_dead_holder_is_not_waited_for() {
    let scratch = scratch();
    let folder = scratch.path();
    let mut holder = Met::start(folder, "dead", 0, Step::Switch);
    assert_eq!(holder.line(), "Switch");
    holder.process.kill().unwrap();
    holder.process.wait().unwrap();
    let said = std::fs::read_to_string(folder.join("lock")).unwrap();
    assert!(said.contains("installer dead"), "{said}");

    // One that has the lock and has not said so yet is not taken for the dead one.
    let mut silent = Met::start(folder, "silent", 0, Step::NameHolder);
    assert_eq!(silent.line(), "NameHolder");
    let mut refused = Met::start(folder, "refused", 0, Step::MakeStaging);
    let expected = format!(
        "error: installing is under way: another process holds `{}`",
        folder.join("lock").display()
    );
    assert_eq!(refused.line(), expected);
    assert!(refused.process.wait().unwrap().success());
    silent.ends_with("done");
    assert!(is_set(&folder.join(current(folder).unwrap()), "silent"));
    println!("a dead holder is neither waited for nor named");
}

/// However many there are, they take turns.
pub(crate) fn many_at_once() {
    let scratch = scratch();
    let folder = scratch.path();
    let labels = ["a", "b", "c", "d", "e", "f"];
    let mut all = labels.map(|label| Met::start(folder, label, 60_000, Step::Switch));
    all.iter_mut().for_each(Met::go_on);
    for mut one in all {
        let mut text = String::new();
        one.told.read_to_string(&mut text).unwrap();
        assert_eq!(text, "Switch\ndone\n");
        assert!(one.process.wait().unwrap().success());
    }
    assert_eq!(names(&folder.join("generations")), ["5", "6"]);
    assert_eq!(current(folder).unwrap(), "generations/6");
    println!("six at once: they take turns");
}
