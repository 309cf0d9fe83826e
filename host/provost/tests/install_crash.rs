//! Installers that are killed before any of their steps, and installers that meet.
//!
//! This program starts itself again as the installer, so it has a main of its own instead of the
//! test harness.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

#[path = "install/rig.rs"]
mod rig;

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use provost::install::{Installation, LockWait, Provenance, Role, Step};
use rustix::fs::Mode;
use rustix::process::{Signal, getpid, kill_process};

use rig::{KEY, current, install, is_set, mode, names, set};

const INSTALLER: &str = "PROVOST_TEST_INSTALLER";
const MET: &str = "PROVOST_TEST_MET_INSTALLER";
const OWNER: &str = "PROVOST_TEST_OWNING_INSTALLER";

/// What is installed before, and what the installer does.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Case {
    First,
    Second,
    /// The oldest generation is removed.
    Third,
    /// The generation in force is older than the one before it.
    AfterRollback,
    /// `current` leads to a generation that is gone.
    Repair,
    /// Two killed installers have been there.
    AfterKills,
    Unchanged,
    Rollback,
    RollbackAgain,
}

impl Case {
    const ALL: [Self; 9] = [
        Self::First,
        Self::Second,
        Self::Third,
        Self::AfterRollback,
        Self::Repair,
        Self::AfterKills,
        Self::Unchanged,
        Self::Rollback,
        Self::RollbackAgain,
    ];

    fn prepare(self, folder: &Path) {
        let at = Installation::at(folder);
        let labels: &[&str] = match self {
            Self::First => &[],
            Self::Second | Self::Unchanged => &["a"],
            Self::Third | Self::AfterRollback | Self::AfterKills => &["a", "b"],
            Self::Repair => &["a", "b", "c"],
            Self::Rollback | Self::RollbackAgain => &["a", "none trusted"],
        };
        for label in labels {
            install(&at, label);
        }
        match self {
            Self::AfterRollback | Self::RollbackAgain => {
                at.rollback(Ok::<_, ()>).unwrap();
            }
            Self::Repair => std::fs::remove_dir_all(folder.join("generations/3")).unwrap(),
            Self::AfterKills => {
                for step in [Step::NameGeneration, Step::Switch] {
                    assert!(!Installer::new(self, Kill::Before(step), folder).lives());
                }
            }
            _ => {}
        }
    }

    /// What is in force before, and after.
    fn labels(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::First | Self::Repair => (None, "new"),
            Self::Second | Self::AfterRollback => (Some("a"), "new"),
            Self::Third | Self::AfterKills => (Some("b"), "new"),
            Self::Unchanged => (Some("a"), "a"),
            Self::Rollback => (Some("none trusted"), "a"),
            Self::RollbackAgain => (Some("a"), "none trusted"),
        }
    }

    fn run(self, at: &Installation) {
        if matches!(self, Self::Rollback | Self::RollbackAgain) {
            at.rollback(Ok::<_, ()>).unwrap();
        } else {
            install(at, self.labels().1);
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where an installer dies.
#[derive(Clone, Copy)]
enum Kill {
    /// Before its step of this number, counted from 0.
    At(usize),
    /// Before the first step of this kind.
    Before(Step),
}

/// An installer in a process of its own, which may not come to its end.
struct Installer<'a> {
    case: Case,
    kill: Kill,
    folder: &'a Path,
}

impl<'a> Installer<'a> {
    fn new(case: Case, kill: Kill, folder: &'a Path) -> Self {
        Self { case, kill, folder }
    }

    /// Runs it; says whether it lived to the end.
    fn lives(&self) -> bool {
        let Self { case, kill, folder } = self;
        let kill = match kill {
            Kill::At(at) => at.to_string(),
            Kill::Before(step) => format!("{step:?}"),
        };
        let status = Command::new(std::env::current_exe().unwrap())
            .env(INSTALLER, format!("{case} {kill} {}", folder.display()))
            .status()
            .unwrap();
        assert!(
            status.success() || status.signal() == Some(Signal::KILL.as_raw()),
            "{case}, step {kill}: {status}"
        );
        status.success()
    }

    /// What the process does.
    fn install_and_die(arguments: &str) {
        let parts: Vec<_> = arguments.splitn(3, ' ').collect();
        let case = Case::ALL.into_iter().find(|c| c.to_string() == parts[0]);
        let kill = parts[1].to_owned();
        // The most careless user there is.
        rustix::process::umask(Mode::empty());
        let steps = AtomicUsize::new(0);
        let at = Installation::at(parts[2]).with_watcher(move |step| {
            let number = steps.fetch_add(1, Ordering::SeqCst).to_string();
            if kill == number || kill == format!("{step:?}") {
                kill_process(getpid(), Signal::KILL).unwrap();
            }
        });
        case.unwrap().run(&at);
    }
}

/// A folder in memory, if there is one: what dies is a process, not the machine, and syncing to a
/// disk hundreds of times takes a minute.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

/// The label of what is in force, complete.
fn in_force(folder: &Path, case: Case) -> Option<&'static str> {
    let generation = folder.join(current(folder)?);
    if case == Case::Repair && !generation.exists() {
        return None;
    }
    let (before, after) = case.labels();
    let labels = before.into_iter().chain([after]);
    let label = labels.into_iter().find(|label| is_set(&generation, label));
    assert!(
        label.is_some(),
        "{case}: neither the old generation nor the new one"
    );
    // The digests hold, too.
    let found = Installation::at(folder).current().unwrap().unwrap();
    found.read().unwrap();
    label
}

fn check(case: Case) {
    let (before, after) = case.labels();
    let mut seen = Vec::new();
    for at in 0.. {
        assert!(at < 400, "{case}: the installer never comes to its end");
        let scratch = scratch();
        let folder = &scratch.path().join("above/tls");
        case.prepare(folder);
        let lived = Installer::new(case, Kill::At(at), folder).lives();

        assert_keys_are_private(scratch.path());
        let found = in_force(folder, case);
        assert!(
            found == before || found == Some(after),
            "{case}, killed before step {at}: {found:?}"
        );
        let reading = Installation::at(folder);
        if found.is_some() {
            let roles: Vec<_> = reading.list().unwrap().iter().map(|l| l.role).collect();
            let of = |role| roles.iter().filter(|r| **r == role).count();
            assert_eq!(of(Role::Current), 1, "{case}, step {at}");
            // Before the old generation is removed there may be one more.
            assert!(
                of(Role::Previous) <= 1 && of(Role::Leftover) <= 1,
                "{roles:?}"
            );
        }
        seen.push(found);

        // The next installer cleans up, and keeps what was in force.
        let last = install(&reading, "last");
        assert!(
            last.warnings.is_empty(),
            "{case}, step {at}: {:?}",
            last.warnings
        );
        assert_no_leftovers(folder, case, at);
        assert!(is_set(&folder.join(current(folder).unwrap()), "last"));
        if let Some(found) = found {
            let previous = folder.join(format!("generations/{}", last.previous.unwrap()));
            assert!(is_set(&previous, found), "{case}, step {at}");
            reading.rollback(Ok::<_, ()>).unwrap();
            assert_eq!(in_force(folder, case), Some(found));
            assert_no_leftovers(folder, case, at);
        }
        if lived {
            break;
        }
    }
    // The generation changes once, somewhere between the first step and the last.
    let change = seen.iter().position(|s| *s == Some(after)).unwrap();
    assert!(
        change > 0 || before == Some(after),
        "{case}: changed before the first step"
    );
    assert!(
        seen[change..].iter().all(|s| *s == Some(after)),
        "{case}: changed back"
    );
    let steps = seen.len() - 1;
    let least = match case {
        Case::Unchanged => 8,
        Case::Rollback | Case::RollbackAgain => 20,
        _ => 30,
    };
    assert!(steps >= least, "{case}: only {steps} steps are watched");
    println!("{case}: killed at each of {steps} steps, changed after {change}");
}

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return found;
    }
    for name in names(folder) {
        let path = folder.join(name);
        if path.symlink_metadata().unwrap().is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

/// Every private key below a folder, complete or not, is its owner's alone.
fn assert_keys_are_private(folder: &Path) {
    for path in below(folder).iter().filter(|path| path.ends_with(KEY)) {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
}

fn assert_no_leftovers(folder: &Path, case: Case, at: usize) {
    assert_eq!(
        names(folder),
        ["current", "generations", "lock"],
        "{case}, step {at}"
    );
    let generations = names(&folder.join("generations"));
    assert!(generations.len() <= 2, "{case}, step {at}: {generations:?}");
    for path in below(folder) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            !name.starts_with('.'),
            "{case}, step {at}: {}",
            path.display()
        );
    }
}

/// An installer in a process of its own that tells of its steps, and goes on when it is told.
struct Met {
    process: Child,
    told: BufReader<ChildStdout>,
    go: Option<ChildStdin>,
}

impl Met {
    /// It stops before `step`.
    fn start(folder: &Path, label: &str, wait: u64, step: Step) -> Self {
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
    fn install(arguments: &str) {
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

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn go_on(&mut self) {
        self.go = None;
    }

    /// Lets it go on to its end.
    fn ends_with(mut self, expected: &str) {
        self.go_on();
        assert_eq!(self.line(), expected);
        assert!(self.process.wait().unwrap().success());
    }
}

/// One of two installers says who holds the lock, or waits until it is free.
fn two_at_once() {
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
fn a_dead_holder_is_not_waited_for() {
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
fn many_at_once() {
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

/// What is installed can be read whatever the user's umask is.
fn the_umask_has_no_say() {
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let scratch = scratch();
    let folder = scratch.path().join("above/tls");
    install(&Installation::at(&folder), "first");
    for path in [
        &folder,
        folder.parent().unwrap(),
        &folder.join("generations/1"),
    ] {
        assert_eq!(mode(path), 0o755, "{}", path.display());
    }
    assert_eq!(
        mode(&folder.join("generations/1/certificateChain.pem")),
        0o644
    );
    assert_eq!(mode(&folder.join("generations/1").join(KEY)), 0o600);
    rustix::process::umask(Mode::from_raw_mode(0o022));
    println!("the umask has no say");
}

/// Who is not root can install for itself, and learns before anything is written that it cannot
/// for others.
fn somebody_else_than_root() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("NOT TESTED: only root can start an installer as somebody else");
        return;
    }
    let scratch = scratch();
    std::os::unix::fs::chown(scratch.path(), Some(65534), Some(65534)).unwrap();
    let folder = scratch.path().join("tls");
    let run = |owner: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .env(OWNER, format!("{owner} {}", folder.display()))
            .uid(65534)
            .gid(65534)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    for (owner, wanted) in [("0", "user 0"), ("65534:0", "group 0")] {
        assert_eq!(
            run(owner),
            format!(
                "files cannot be given to {wanted}: this process runs as user 65534, not as root\n"
            )
        );
        assert!(names(scratch.path()).is_empty());
    }
    assert_eq!(run("65534:65534"), "done\n");
    assert!(is_set(&folder.join("generations/1"), "mine"));
    println!("somebody else than root installs for itself alone");
}

fn install_for(arguments: &str) {
    let (owner, folder) = arguments.split_once(' ').unwrap();
    let at = Installation::at(folder).with_owner(Some(owner.parse().unwrap()));
    match at.install(&set("mine"), &Provenance::new("")) {
        Ok(_) => println!("done"),
        Err(error) => println!("{error}"),
    }
}

fn main() {
    if let Ok(arguments) = std::env::var(INSTALLER) {
        return Installer::install_and_die(&arguments);
    }
    if let Ok(arguments) = std::env::var(MET) {
        return Met::install(&arguments);
    }
    if let Ok(arguments) = std::env::var(OWNER) {
        return install_for(&arguments);
    }
    for case in Case::ALL {
        check(case);
    }
    two_at_once();
    a_dead_holder_is_not_waited_for();
    many_at_once();
    the_umask_has_no_say();
    somebody_else_than_root();
}
