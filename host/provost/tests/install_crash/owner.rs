//! Who installs, and under which umask.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use provost::install::{Installation, Provenance};
use rustix::fs::Mode;

use crate::rig::{KEY, install, is_set, mode, names, set};
use crate::{OWNER, scratch};

/// What is installed can be read whatever the user's umask is.
pub(crate) fn the_umask_has_no_say() {
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
pub(crate) fn somebody_else_than_root() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("NOT TESTED: only root can start an installer as somebody else");
        return;
    }
    // Nobody else may be able to reach the folder that this program was built in.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o755)).unwrap();
    let program = elsewhere.path().join("installer");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let scratch = scratch();
    std::os::unix::fs::chown(scratch.path(), Some(65534), Some(65534)).unwrap();
    let folder = scratch.path().join("tls");
    let run = |owner: &str| {
        let output = Command::new(&program)
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

pub(crate) fn install_for(arguments: &str) {
    let (owner, folder) = arguments.split_once(' ').unwrap();
    let at = Installation::at(folder).with_owner(Some(owner.parse().unwrap()));
    match at.install(&set("mine"), &Provenance::new("")) {
        Ok(_) => println!("done"),
        Err(error) => println!("{error}"),
    }
}
