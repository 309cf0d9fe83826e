//! Folders that others can change.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use provost::install::{InstallError, Installation, Provenance};

use crate::rig::{current, install, mode, names, set};

fn refusal(at: &Path) -> (String, Option<String>) {
    let error = Installation::at(at)
        .install(&set("first"), &Provenance::new(""))
        .unwrap_err();
    assert!(matches!(error, InstallError::Place(_)), "{error}");
    (error.to_string(), error.hint())
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_others_can_write_is_refused_and_so_is_one_below_it() {
    let folder = tempfile::tempdir().unwrap();
    let (above, at) = (folder.path().join("above"), folder.path().join("above/tls"));
    std::fs::create_dir_all(&at).unwrap();
    for (path, mode) in [
        (&above, 0o777),
        (&above, 0o775),
        (&at, 0o757),
        (&at, 0o1777),
    ] {
        chmod(path, mode);
        let shown = path.display();
        let (message, hint) = refusal(&at);
        assert_eq!(
            message,
            format!("`{shown}` can be written by others (mode {mode:04o})")
        );
        let expected = format!("chmod go-w {shown}, or install into another folder");
        assert_eq!(hint.unwrap(), expected);
        assert!(names(&at).is_empty());
        chmod(path, 0o755);
    }
    // Where others may add names but not take others', it is safe to be.
    chmod(&above, 0o1777);
    install(&Installation::at(&at), "first");
}

#[test]
fn folders_of_the_installation_that_others_can_write_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    let generations = folder.path().join("generations");
    chmod(&generations, 0o777);
    assert!(
        refusal(folder.path())
            .0
            .starts_with(&format!("`{}` can", generations.display()))
    );
    assert!(at.current().is_err());
    chmod(&generations, 0o755);

    let generation = generations.join("1");
    chmod(&generation, 0o775);
    let error = at.current().unwrap_err();
    assert!(matches!(error, InstallError::Place(_)), "{error}");
    // What others could have changed is installed anew.
    assert_eq!(install(&at, "first").generation, 2);
}

#[test]
fn a_link_on_the_way_is_followed_to_where_it_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    std::fs::create_dir_all(real.join("deep")).unwrap();
    symlink("real/deep", folder.path().join("relative")).unwrap();
    symlink(
        folder.path().join("relative/.."),
        folder.path().join("absolute"),
    )
    .unwrap();
    let at = folder.path().join("absolute/./tls");
    install(&Installation::at(&at), "first");
    assert_eq!(current(&real.join("tls")).unwrap(), "generations/1");

    chmod(&real, 0o777);
    let shown = format!("`{}` can be written by others (mode 0777)", real.display());
    let message = refusal(&at).0;
    // The path is as it was walked, `..` and all.
    assert!(
        message == shown || message.contains("/real` can be"),
        "{message}"
    );

    let around = folder.path().join("around");
    symlink("around", &around).unwrap();
    let error = Installation::at(around.join("tls")).current().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("around`: cannot open the folder: "),
        "{error}"
    );

    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Installation::at(folder.path().join("file/tls"))
        .current()
        .unwrap_err();
    let expected = format!(
        "`{}` is a file, expected a folder",
        folder.path().join("file").display()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn folders_and_links_of_somebody_else_are_refused() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("NOT TESTED: only root can make folders of somebody else");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    chown(&theirs, Some(65534), None).unwrap();
    let expected = |path: &Path| {
        let path = path.display();
        format!("`{path}` belongs to user 65534, neither root nor this process's user 0")
    };
    assert_eq!(refusal(&theirs).0, expected(&theirs));
    assert_eq!(refusal(&theirs.join("tls")).0, expected(&theirs));

    // A link that another user may have laid in a folder open to all.
    let open = folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    chmod(&open, 0o1777);
    let link = open.join("link");
    symlink(folder.path(), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
    assert_eq!(refusal(&link.join("tls")).0, expected(&link));
    assert_eq!(names(folder.path()), ["open", "theirs"]);
}

#[test]
fn a_folder_of_generations_that_was_left_narrow_is_opened_to_all() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    let generations = folder.path().join("generations");
    std::fs::create_dir(&generations).unwrap();
    for narrow in [0o700, 0o711] {
        chmod(&generations, narrow);
        chmod(folder.path(), 0o700);
        install(&at, &format!("{narrow:o}"));
        assert_eq!(mode(&generations), 0o755);
        assert_eq!(mode(folder.path()), 0o700, "its user may have made it so");
    }
    chmod(&generations, 0o700);
    at.rollback(Ok::<_, ()>).unwrap();
    assert_eq!(mode(&generations), 0o755);
}
