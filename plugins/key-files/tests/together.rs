//! Whether several files were there at one moment.

#![allow(clippy::unwrap_used)] // in helpers too: a test that cannot write its files has failed

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use provost_key_files::{KeyFileError, Snapshot};

fn file(path: &Path, content: &[u8]) -> PathBuf {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_owned()
}

/// Two files below the link `current`, read; then `change` happens, and a file has changed or not.
fn after(change: impl FnOnce(&Path)) -> Option<PathBuf> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, content) in [("old", b"old"), ("new", b"new")] {
        fs::create_dir(root.join(name)).unwrap();
        file(&root.join(name).join("key"), content);
        file(&root.join(name).join("chain"), content);
    }
    symlink("old", root.join("current")).unwrap();
    let current = root.join("current");
    let mut snapshot = Snapshot::new();
    let key = snapshot.read_secret(&current.join("key"), 16).unwrap();
    let chain = snapshot.read_trusted(&current.join("chain"), 16).unwrap();
    assert_eq!((key.secret_bytes(), &chain[..]), (&b"old"[..], &b"old"[..]));
    change(root);
    let changed = snapshot.changed()?;
    Some(changed.strip_prefix(&current).unwrap().to_owned())
}

#[test]
fn files_that_stay_as_they_are_were_there_together() {
    assert_eq!(after(|_| ()), None);
    assert_eq!(
        after(|root| drop(file(&root.join("new/key"), b"newer"))),
        None
    );
}

#[test]
fn a_link_that_leads_elsewhere_is_a_change() {
    let switched = after(|root| {
        symlink("new", root.join("next")).unwrap();
        fs::rename(root.join("next"), root.join("current")).unwrap();
    });
    assert_eq!(switched, Some("key".into()));
}

#[test]
fn a_file_that_is_replaced_removed_or_written_to_is_a_change() {
    let replaced =
        after(|root| fs::rename(root.join("new/chain"), root.join("old/chain")).unwrap());
    assert_eq!(replaced, Some("chain".into()));
    let removed = after(|root| fs::remove_file(root.join("old/key")).unwrap());
    assert_eq!(removed, Some("key".into()));
    // The same number of bytes, in the same file.
    let written = after(|root| {
        let chain = file(&root.join("old/chain"), b"OLD");
        let file = File::options().write(true).open(chain).unwrap();
        let later = SystemTime::now() + Duration::from_secs(1);
        file.set_modified(later).unwrap();
    });
    assert_eq!(written, Some("chain".into()));
}

#[test]
fn each_file_is_held_to_the_rules_of_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder.path().join("key"), b"secret");
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let mut snapshot = Snapshot::new();
    mode(0o644);
    assert!(snapshot.read_trusted(&path, 6).is_ok());
    assert!(matches!(
        snapshot.read_secret(&path, 6),
        Err(KeyFileError::Exposed { .. })
    ));
    mode(0o620);
    assert!(matches!(
        snapshot.read_trusted(&path, 6),
        Err(KeyFileError::WritableByOthers { .. })
    ));
    mode(0o600);
    for result in [
        snapshot.read_secret(&path, 5).map(|_| ()),
        snapshot.read_trusted(&path, 5).map(|_| ()),
    ] {
        assert!(matches!(result, Err(KeyFileError::TooLarge { got: 6, .. })));
    }
}
