use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|e| e.unwrap().file_name());
    let mut names: Vec<_> = names.map(|n| n.into_string().unwrap()).collect();
    names.sort();
    names
}

/// As on a file system that has no unnamed files.
fn with_passing_name(mut file: VerifiedFile) -> VerifiedFile {
    file.staged = Staged::named(&file.folder, MODE, &passing_name().unwrap()).unwrap();
    file
}

fn unchanged(file: VerifiedFile) -> VerifiedFile {
    file
}

#[test]
fn nothing_has_a_name_before_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain");
    let mut file = VerifiedFile::create(&path, Existing::Refuse).unwrap();
    file.write_all(b"secret").unwrap();
    assert!(file.is_unnamed());
    assert_eq!(names(folder.path()), [""; 0]);
    file.commit().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"secret");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["plain"]);
}

#[test]
fn a_dropped_file_leaves_nothing_and_the_old_one_stays() {
    for prepare in [unchanged, with_passing_name] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain");
        std::fs::write(&path, "old").unwrap();
        let mut file = prepare(VerifiedFile::create(&path, Existing::Replace).unwrap());
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(names(folder.path()), ["plain"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }
}

#[test]
fn an_existing_file_is_replaced_only_when_allowed() {
    for prepare in [unchanged, with_passing_name] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain");
        let mut early = prepare(VerifiedFile::create(&path, Existing::Refuse).unwrap());
        early.write_all(b"late").unwrap();
        std::fs::write(&path, "old").unwrap();
        let refused = early.commit().unwrap_err();
        assert_eq!(refused.source.kind(), io::ErrorKind::AlreadyExists);
        let refused = VerifiedFile::create(&path, Existing::Refuse).unwrap_err();
        assert!(refused.to_string().contains("exists already"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");

        let mut file = prepare(VerifiedFile::create(&path, Existing::Replace).unwrap());
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["plain"]);
    }
}

#[test]
fn what_is_not_a_regular_file_is_no_destination() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path().join("link")).unwrap();
    for path in [
        folder.path(),
        &folder.path().join("link"),
        Path::new("/dev/null"),
        Path::new("/"),
    ] {
        let error = VerifiedFile::create(path, Existing::Replace).unwrap_err();
        assert!(
            error.to_string().contains("cannot create the file"),
            "{error}"
        );
    }
    let missing = VerifiedFile::create(&folder.path().join("no/file"), Existing::Refuse);
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("cannot open its folder")
    );
}

#[test]
fn a_spool_has_no_name_and_is_the_owners() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(Some(folder.path())).unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
    let facts = spool.file().metadata().unwrap();
    assert_eq!(facts.nlink(), 0);
    assert_eq!(facts.permissions().mode() & 0o077, 0);
}
