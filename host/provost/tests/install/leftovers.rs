//! What lies in the way, and what does not belong there.

use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use provost::install::{InstallError, Installation, Provenance, Step};
use rustix::fs::{CWD, FileType, Mode};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

use crate::rig::{CHAIN, current, install, names, set};

type Make<'a> = &'a dyn Fn(&Path);

fn error(at: &Installation, label: &str) -> InstallError {
    at.install(&set(label), &Provenance::new("")).unwrap_err()
}

fn unexpected(path: &Path, found: &str, expected: &str) -> String {
    format!("`{}` is {found}, expected {expected}", path.display())
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
}

#[test]
fn a_current_that_is_not_ours_is_refused_and_stays() {
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = elsewhere.path().display().to_string();
    let link = "a link to one of the generations";
    let made: [(Make<'_>, String); 5] = [
        (
            &|path| std::fs::create_dir(path).unwrap(),
            "a folder".to_owned(),
        ),
        (
            &|path| std::fs::write(path, "mine").unwrap(),
            "a file".to_owned(),
        ),
        (
            &|path| symlink(&foreign, path).unwrap(),
            format!("a link to `{foreign}`"),
        ),
        (
            &|path| symlink("generations/1/../1", path).unwrap(),
            "a link to `generations/1/../1`".to_owned(),
        ),
        (
            &|path| symlink("\u{1b}[31m", path).unwrap(),
            "a link to `\\u{1b}[31m`".to_owned(),
        ),
    ];
    for (make, found) in made {
        let folder = tempfile::tempdir().unwrap();
        let at = Installation::at(folder.path());
        install(&at, "first");
        let path = folder.path().join("current");
        std::fs::remove_file(&path).unwrap();
        make(&path);
        let before = path.symlink_metadata().unwrap();
        let expected = unexpected(&path, &found, link);
        assert_eq!(error(&at, "second").to_string(), expected);
        assert_eq!(at.current().unwrap_err().to_string(), expected);
        assert_eq!(at.rollback(Ok::<_, ()>).unwrap_err().to_string(), expected);
        let after = path.symlink_metadata().unwrap();
        assert_eq!(after.file_type(), before.file_type());
        assert_eq!(names(&folder.path().join("generations")), ["1"]);
    }
    assert!(names(elsewhere.path()).is_empty());
}

#[test]
fn no_symbolic_link_in_the_folder_is_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = elsewhere.path().join("victim");
    std::fs::write(&victim, "precious").unwrap();
    for (name, target, expected) in [
        ("generations", elsewhere.path(), "a folder"),
        ("lock", victim.as_path(), "a file"),
        ("lock", &elsewhere.path().join("new"), "a file"),
        ("generations/.staging-1", elsewhere.path(), "nothing"),
        (".current-1", victim.as_path(), "nothing"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if name.contains('/') {
            std::fs::create_dir(folder.path().join("generations")).unwrap();
        }
        let path = folder.path().join(name);
        symlink(target, &path).unwrap();
        let at = Installation::at(folder.path());
        assert_eq!(
            error(&at, "first").to_string(),
            unexpected(&path, "a symbolic link", expected)
        );
        assert_eq!(std::fs::read_link(&path).unwrap(), target);
        assert_eq!(current(folder.path()), None, "{name}");
    }
    assert_eq!(names(elsewhere.path()), ["victim"]);
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
}

#[test]
fn a_lock_that_is_no_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    make_pipe(&path);
    let at = Installation::at(folder.path());
    assert_eq!(
        error(&at, "first").to_string(),
        unexpected(&path, "a device, pipe or socket", "a file")
    );
}

#[test]
fn what_failed_leaves_nothing_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    let path = folder.path().join(".current-2");
    std::fs::create_dir(&path).unwrap();
    assert_eq!(
        error(&at, "second").to_string(),
        unexpected(&path, "a folder", "nothing")
    );
    assert_eq!(names(&folder.path().join("generations")), ["1"]);
    assert_eq!(current(folder.path()).unwrap(), "generations/1");

    std::fs::remove_dir(&path).unwrap();
    assert_eq!(install(&at, "second").generation, 2);
}

#[test]
fn what_does_not_belong_there_is_named_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let generations = folder.path().join("generations");
    let at = Installation::at(folder.path());
    install(&at, "first");
    let strange = [
        ("notes", "a folder"),
        ("1/notes.txt", "a file"),
        (".staging-7/below", "a folder"),
        (".staging-8/link", "a symbolic link"),
        (".staging-9", "a file"),
        ("007", "a file"),
    ];
    std::fs::create_dir_all(generations.join("notes/deep")).unwrap();
    std::fs::write(generations.join("1/notes.txt"), "mine").unwrap();
    std::fs::create_dir_all(generations.join(".staging-7/below")).unwrap();
    std::fs::create_dir(generations.join(".staging-8")).unwrap();
    symlink("/etc/passwd", generations.join(".staging-8/link")).unwrap();
    std::fs::write(generations.join(".staging-8/privateKey.pem"), "x").unwrap();
    std::fs::write(generations.join(".staging-9"), "mine").unwrap();
    std::fs::write(generations.join("007"), "mine").unwrap();
    install(&at, "second");
    let mut warnings: Vec<_> = install(&at, "third")
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut expected = strange.map(|(name, found)| {
        let path = generations.join(name);
        format!(
            "`{}` was left as it is: {found} of that name does not belong there",
            path.display()
        )
    });
    warnings.sort();
    expected.sort();
    assert_eq!(warnings, expected);
    for (name, _) in strange {
        assert!(generations.join(name).symlink_metadata().is_ok(), "{name}");
    }
    assert!(
        generations.join("1").join(CHAIN).is_file(),
        "all or nothing"
    );
    assert_eq!(current(folder.path()).unwrap(), "generations/3");
}

#[test]
fn one_installation_at_a_time_also_in_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let (sender, errors) = std::sync::mpsc::channel();
    let at = Installation::at(&path)
        .with_command("the first")
        .with_watcher(move |step| {
            if step == Step::MakeStaging {
                sender
                    .send(error(&Installation::at(&path), "other"))
                    .unwrap();
            }
        });
    install(&at, "first");
    let error = errors.recv().unwrap();
    let expected = format!(
        "installing is under way: process {} (the first) holds `{}` since 20",
        std::process::id(),
        folder.path().join("lock").display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert!(current(folder.path()).is_some());
}

/// As a process has it that another thread starts meanwhile, until it runs its program.
fn second_descriptor(path: &Path) -> OwnedFd {
    let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let all = std::fs::read_dir("/proc/self/fd").unwrap();
    let lock = all.map(|entry| entry.unwrap().path()).find(|descriptor| {
        std::fs::read_link(descriptor).is_ok_and(|target| target == path.join("lock"))
    });
    let number = lock.unwrap().file_name().unwrap().to_str().unwrap().parse();
    pidfd_getfd(this, number.unwrap(), PidfdGetfdFlags::empty()).unwrap()
}

#[test]
fn a_lock_is_given_up_even_if_somebody_else_has_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let (sender, copies) = std::sync::mpsc::channel();
    let at = Installation::at(&path).with_watcher(move |step| {
        if step == Step::Switch {
            sender.send(second_descriptor(&path)).unwrap();
        }
    });
    install(&at, "first");
    let copy = copies.recv().unwrap();
    assert_eq!(
        install(&Installation::at(folder.path()), "second").generation,
        2
    );
    drop(copy);
}
