//! Which files are read and which are refused, on real files.

#![allow(clippy::unwrap_used)] // in helpers too: a test that cannot write its files has failed

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use provost_key_files::{
    KeyFileError, LocationError, excerpt, local_path, read_secret, read_trusted,
};

fn file(folder: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_private_file_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o400] {
        let path = file(
            folder.path(),
            &format!("{mode:o}"),
            b"0123456789abcdef",
            mode,
        );
        let bytes = read_secret(&path, 16).unwrap();
        assert_eq!(bytes.secret_bytes(), b"0123456789abcdef");
    }
    let empty = file(folder.path(), "empty", b"", 0o600);
    assert!(read_secret(&empty, 16).unwrap().is_empty());
}

#[test]
fn a_secret_that_others_can_touch_is_refused_with_the_command_that_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644] {
        let path = file(folder.path(), "key", b"secret", mode);
        let error = read_secret(&path, 16).unwrap_err();
        assert!(matches!(error, KeyFileError::Exposed { mode: got, .. } if got == mode));
        let words = error.to_string();
        assert!(words.contains(&format!("{mode:04o}")), "{words}");
        assert!(
            words.contains(&format!("chmod 600 {}", path.display())),
            "{words}"
        );
    }
}

#[test]
fn the_mode_that_counts_is_that_of_the_file_behind_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let private = file(folder.path(), "private", b"secret", 0o600);
    let open = file(folder.path(), "open", b"secret", 0o644);
    let (to_private, to_open) = (folder.path().join("a"), folder.path().join("b"));
    symlink(private, &to_private).unwrap();
    symlink(open, &to_open).unwrap();
    assert!(read_secret(&to_private, 16).is_ok());
    assert!(matches!(
        read_secret(&to_open, 16),
        Err(KeyFileError::Exposed { .. })
    ));
}

#[test]
fn a_trusted_file_may_be_read_by_all_and_written_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "list", b"text", 0o644);
    assert_eq!(read_trusted(&path, 16).unwrap(), b"text");
    for mode in [0o664, 0o646, 0o666] {
        let path = file(folder.path(), "list", b"text", mode);
        let error = read_trusted(&path, 16).unwrap_err();
        assert!(matches!(error, KeyFileError::WritableByOthers { mode: got, .. } if got == mode));
        assert!(error.to_string().contains("chmod go-w"), "{error}");
    }
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "key", &[7; 17], 0o600);
    assert!(read_secret(&path, 17).is_ok());
    for result in [
        read_secret(&path, 16).map(|_| ()),
        read_trusted(&path, 16).map(|_| ()),
    ] {
        assert!(matches!(
            result,
            Err(KeyFileError::TooLarge {
                at_most: 16,
                got: 17,
                ..
            })
        ));
    }
}

#[test]
fn only_regular_files_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), Path::new("/dev/zero")] {
        let error = read_secret(path, 16).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAFile { .. }), "{error}");
    }
    let missing = folder.path().join("missing");
    let error = read_secret(&missing, 16).unwrap_err();
    assert!(matches!(error, KeyFileError::Io { .. }));
    assert!(error.to_string().contains("missing"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_says_it_is_empty_and_is_not_is_refused() {
    // Files of procfs have size 0 and content.
    let error = read_trusted(Path::new("/proc/self/stat"), 1 << 20).unwrap_err();
    assert!(matches!(error, KeyFileError::Changed { .. }), "{error}");
}

#[test]
fn paths_and_file_uris_name_local_files() {
    for location in ["/etc/k", "file:///etc/k", "file:/etc/k", "FILE:///etc/k"] {
        assert_eq!(
            local_path(location),
            Ok(PathBuf::from("/etc/k")),
            "{location}"
        );
    }
    assert_eq!(local_path("/etc/a:b"), Ok(PathBuf::from("/etc/a:b")));
}

#[test]
fn locations_elsewhere_are_refused_by_name() {
    for (location, scheme) in [
        ("s3://bucket/key", "s3"),
        ("s3n://bucket/key", "s3n"),
        ("hdfs://host/key", "hdfs"),
    ] {
        let error = local_path(location).unwrap_err();
        assert!(matches!(&error, LocationError::Scheme { scheme: got, .. } if got == scheme));
        assert!(error.to_string().contains(location), "{error}");
    }
    for location in ["file://host/etc/k", "file:///a%20b", "file://", "file:k"] {
        let error = local_path(location).unwrap_err();
        assert!(
            matches!(error, LocationError::FileUri { .. }),
            "{location}: {error}"
        );
    }
    for location in ["k", "./k", "", "keys/k"] {
        let error = local_path(location).unwrap_err();
        assert!(
            matches!(error, LocationError::Relative { .. }),
            "{location}: {error}"
        );
    }
}

#[test]
fn quoted_text_is_short_and_without_control_characters() {
    assert_eq!(excerpt("s3://b/\u{e9}"), "`s3://b/\u{e9}`");
    assert_eq!(excerpt("a\u{1b}\n"), "`a\\u{1b}\\n`");
    let long = "x".repeat(100_000);
    assert_eq!(excerpt(&long), format!("`{}...`", "x".repeat(200)));
}
