//! Installers that are killed before any of their steps.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use provost::install::{Installation, Role, Step};
use rustix::fs::Mode;
use rustix::process::{Signal, getpid, kill_process};

use crate::case::Case;
use crate::rig::{KEY, current, install, is_set, mode, names};
use crate::{INSTALLER, scratch};

/// Where an installer dies.
#[derive(Clone, Copy)]
pub(crate) enum Kill {
    /// Before its step of this number, counted from 0.
    At(usize),
    /// Before the first step of this kind.
    Before(Step),
}

/// An installer in a process of its own, which may not come to its end.
pub(crate) struct Installer<'a> {
    case: Case,
    kill: Kill,
    folder: &'a Path,
}

impl<'a> Installer<'a> {
    pub(crate) fn new(case: Case, kill: Kill, folder: &'a Path) -> Self {
        Self { case, kill, folder }
    }

    /// Runs it; says whether it lived to the end.
    pub(crate) fn lives(&self) -> bool {
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
    pub(crate) fn install_and_die(arguments: &str) {
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

/// The label of what is in force, complete.
fn in_force(folder: &Path, case: Case) -> Option<&'static str> {
    let generation = folder.join(current(folder)?);
    let is_gone = matches!(case, Case::Repair | Case::RollbackFromGone);
    if is_gone && !generation.exists() {
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

pub(crate) fn check(case: Case) {
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

        if case == Case::RollbackFromGone && found.is_none() {
            // Nor is a second attempt hindered by what the first one left.
            case.run(&reading);
            assert_eq!(in_force(folder, case), Some(after), "{case}, step {at}");
        }
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
        Case::Rollback | Case::RollbackAgain | Case::RollbackFromGone => 20,
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
