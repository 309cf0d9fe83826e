//! TLS artifacts from folders and archives on disk.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use provost::artifacts::{SourceError, read_path};
use provost_core::tls::{ArtifactFile, RawTlsFiles, Severity, limits};

const KEY: &str = "privateKey.pem";
const CHAIN: &str = "certificateChain.pem";
const TRUSTED: &str = "trustedCertificates.pem";

/// A folder with the three files. Nothing here looks into them.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [(KEY, "key"), (CHAIN, "chain"), (TRUSTED, "trusted")] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    mode(&folder.path().join(KEY), 0o600);
    folder
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn short(raw: &RawTlsFiles) -> Vec<String> {
    let one = |finding: &provost_core::tls::Finding| {
        let severity = match finding.severity {
            Severity::Error => "E",
            Severity::Warning => "W",
        };
        assert!(finding.hint.is_some(), "{finding}");
        format!("{severity} {}", finding.rule)
    };
    raw.findings.iter().map(one).collect()
}

/// What is read where these findings are expected.
#[track_caller]
fn expect(path: &Path, expected: &[&str]) -> RawTlsFiles {
    let raw = read_path(path).unwrap();
    assert_eq!(short(&raw), expected, "{:#?}", raw.findings);
    raw
}

#[track_caller]
fn assert_three(raw: &RawTlsFiles) {
    for (file, content) in ArtifactFile::ALL
        .into_iter()
        .zip(["key", "chain", "trusted"])
    {
        assert_eq!(raw.get(file), Some(content.as_bytes()), "{file}");
    }
}

fn make(command: &str, path: &Path) {
    let status = Command::new(command).arg(path).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_folder_is_read_and_what_else_is_in_it_is_no_finding() {
    let folder = folder();
    assert_three(&expect(folder.path(), &[]));
    fs::write(folder.path().join("README"), "x").unwrap();
    fs::create_dir(folder.path().join("old")).unwrap();
    assert_three(&expect(folder.path(), &[]));
    fs::remove_file(folder.path().join(TRUSTED)).unwrap();
    assert!(expect(folder.path(), &[]).trusted_certificates.is_none());
}

#[test]
fn a_zip_is_read() {
    let folder = folder();
    let zip = folder.path().join("certs.zip");
    let status = Command::new("zip")
        .args(["-q", "-X", "certs.zip", KEY, CHAIN, TRUSTED])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    for (mode, found) in [
        (0o644, &["W KEY-010"][..]),
        (0o620, &["W KEY-010"]),
        (0o600, &[]),
    ] {
        fs::set_permissions(&zip, fs::Permissions::from_mode(mode)).unwrap();
        assert_three(&expect(&zip, found));
    }
    let link = folder.path().join("link");
    symlink(&zip, &link).unwrap();
    assert_three(&expect(&link, &[]));
    // A file that is no zip is not an error of the path.
    expect(&folder.path().join(CHAIN), &["E ART-001"]);
}

#[test]
fn symbolic_links_are_followed_as_kubernetes_mounts_secrets() {
    let folder = folder();
    let data = folder.path().join("..2026_01_01");
    fs::create_dir(&data).unwrap();
    symlink("..2026_01_01", folder.path().join("..data")).unwrap();
    for name in [KEY, CHAIN, TRUSTED] {
        fs::rename(folder.path().join(name), data.join(name)).unwrap();
        symlink(Path::new("..data").join(name), folder.path().join(name)).unwrap();
    }
    assert_three(&expect(folder.path(), &[]));
    fs::remove_file(folder.path().join("..data")).unwrap();
    let raw = expect(folder.path(), &["E ART-010"; 3]);
    assert!(raw.findings[0].message.contains("leads nowhere"));
}

#[test]
fn a_missing_file_is_told_from_one_in_another_case() {
    let folder = folder();
    let [key, chain, trusted] = [KEY, CHAIN, TRUSTED].map(|name| folder.path().join(name));
    fs::remove_file(&key).unwrap();
    fs::remove_file(&chain).unwrap();
    expect(folder.path(), &["E ART-002", "E ART-003"]);
    fs::write(folder.path().join("PRIVATEKEY.pem"), "key").unwrap();
    fs::rename(&trusted, folder.path().join("trustedcertificates.pem")).unwrap();
    let raw = expect(folder.path(), &["E ART-004", "E ART-003", "E ART-004"]);
    assert_eq!(
        raw.findings[0].to_string(),
        "error[ART-004] PRIVATEKEY.pem: expected the name `privateKey.pem`"
    );
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let folder = folder();
    let key = folder.path().join(KEY);
    fs::remove_file(&key).unwrap();
    make("mkfifo", &key);
    let raw = expect(folder.path(), &["E ART-010"]);
    assert!(raw.findings[0].message.contains("a pipe"));
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    let raw = expect(folder.path(), &["E ART-010"]);
    assert!(raw.findings[0].message.contains("a folder"));
    fs::remove_dir(&key).unwrap();
    symlink("/dev/zero", &key).unwrap();
    let raw = expect(folder.path(), &["E ART-010"]);
    assert!(raw.findings[0].message.contains("a device"));
    fs::remove_file(&key).unwrap();
    let _socket = UnixListener::bind(&key).unwrap();
    let raw = expect(folder.path(), &["E ART-010"]);
    assert!(raw.findings[0].message.contains("a socket"));
    assert_eq!(
        raw.get(ArtifactFile::CertificateChain),
        Some(b"chain".as_slice())
    );
}

#[test]
fn sizes_are_bounded_before_anything_is_read() {
    let folder = folder();
    let sized = |name: &str, size: usize| {
        let file = fs::File::options()
            .write(true)
            .open(folder.path().join(name));
        file.unwrap().set_len(size as u64).unwrap();
    };
    sized(KEY, 0);
    expect(folder.path(), &["E ART-011"]);
    sized(KEY, limits::FILE);
    sized(TRUSTED, limits::TRUSTED_FILE);
    let raw = expect(folder.path(), &[]);
    assert_eq!(raw.private_key.unwrap().len(), limits::FILE);
    sized(KEY, limits::FILE + 1);
    sized(TRUSTED, limits::TRUSTED_FILE + 1);
    let raw = expect(folder.path(), &["E ART-007", "E ART-007"]);
    assert!(raw.private_key.is_none() && raw.trusted_certificates.is_none());
    // A sparse file of a terabyte costs nothing.
    sized(KEY, 1 << 40);
    let raw = expect(&folder.path().join(KEY), &["E ART-007"]);
    assert!(
        raw.findings[0]
            .message
            .contains("an archive of 1099511627776 bytes")
    );
}

#[test]
fn a_key_that_others_can_read_or_change_is_a_warning_with_the_command_that_mends_it() {
    let folder = folder();
    let key = folder.path().join(KEY);
    for (open, can) in [
        (0o640, "read"),
        (0o604, "read"),
        (0o644, "read"),
        (0o444, "read"),
        (0o620, "change"),
        (0o602, "change"),
        (0o660, "read and change"),
        (0o642, "read and change"),
    ] {
        mode(&key, open);
        let raw = expect(folder.path(), &["W KEY-010"]);
        let expected = format!("others can {can} it (mode {open:04o}), expected 0600 or 0400");
        assert_eq!(raw.findings[0].message, expected);
        let hint = raw.findings[0].hint.clone().unwrap();
        assert_eq!(hint, format!("`chmod 600 {}`", key.display()));
        assert_three(&raw);
    }
    for private in [0o600, 0o400, 0o700] {
        mode(&key, private);
        expect(folder.path(), &[]);
    }
}

#[test]
fn a_path_that_is_neither_names_itself_and_says_what_would_be_right() {
    let folder = folder();
    let missing = folder.path().join("missing");
    let error = read_path(&missing).unwrap_err();
    assert!(
        matches!(&error, SourceError::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    );
    assert_eq!(
        error.to_string(),
        format!("cannot read `{}`", missing.display())
    );
    assert!(error.hint().unwrap().contains("check the path"));

    let pipe = folder.path().join("pipe");
    make("mkfifo", &pipe);
    let error = read_path(&pipe).unwrap_err();
    let expected = format!(
        "`{}` is a pipe, expected a folder or a zip archive",
        pipe.display()
    );
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("name a folder"));
    let error = read_path(Path::new("/dev/null")).unwrap_err();
    assert!(matches!(
        error,
        SourceError::Kind {
            found: "a device",
            ..
        }
    ));
}

#[test]
fn a_file_in_a_loop_of_links_is_an_error_that_names_it() {
    let folder = folder();
    let key = folder.path().join(KEY);
    fs::remove_file(&key).unwrap();
    symlink(KEY, &key).unwrap();
    let error = read_path(folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read `{}`", key.display())
    );
}
