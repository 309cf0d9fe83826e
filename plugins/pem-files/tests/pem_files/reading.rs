//! What is read, what is refused, and which key of the configuration is to blame.

use std::fs;
use std::path::Path;
use std::process::Command;

use provost_plugin_api::{Conf, ConfValue, ErrorKind, SecretBytes};

use crate::{CHAIN, Folder, PRIVATE_KEY, TRUSTED, artifacts, provider, texts};

/// The first 16 characters that coreutils' `sha256sum` says.
fn sha256sum(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()[..16].to_owned()
}

/// The configuration with one path replaced.
fn with(folder: &Folder, key: &str, value: &str) -> Conf {
    folder.conf("set").with(key, value)
}

#[test]
fn all_files_arrive_as_they_are_under_the_name_of_their_certificates() {
    let folder = Folder::new();
    folder.set("set", "one");
    let found = artifacts(&provider(folder.conf("set")).unwrap());
    let expected = (
        "privateKey.pem of one".to_owned(),
        "certificateChain.pem of one".to_owned(),
        Some("trustedCertificates.pem of one".to_owned()),
    );
    assert_eq!(texts(&found), expected);
    let sum = |name: &str| sha256sum(&folder.path().join("set").join(name));
    let generation = format!(
        "{}-{}",
        sum("certificateChain.pem"),
        sum("trustedCertificates.pem")
    );
    assert_eq!(found.generation, generation);
}

#[test]
fn trusted_certificates_are_optional() {
    let folder = Folder::new();
    folder.set("set", "one");
    let chain = folder.path().join("set/certificateChain.pem");
    let key = folder.path().join("set/privateKey.pem");
    let conf = Conf::new()
        .with(PRIVATE_KEY, format!("file://{}", key.display()))
        .with(CHAIN, format!("file:{}", chain.display()));
    let found = artifacts(&provider(conf).unwrap());
    assert_eq!(texts(&found).2, None);
    assert_eq!(found.generation, sha256sum(&chain));
}

#[test]
fn the_generation_tells_every_change_of_the_certificates() {
    let folder = Folder::new();
    folder.set("set", "one");
    let generation = || artifacts(&provider(folder.conf("set")).unwrap()).generation;
    let mut seen = vec![generation()];
    assert_eq!(generation(), seen[0]);
    // The last one: a certificate that moves from the one file to the other.
    for (chain, trusted) in [("AB", "C"), ("ABC", "C"), ("AB", "D"), ("A", "BC")] {
        folder.file("set/certificateChain.pem", chain.as_bytes(), 0o644);
        folder.file("set/trustedCertificates.pem", trusted.as_bytes(), 0o644);
        let now = generation();
        assert!(!seen.contains(&now), "{chain} {trusted}");
        seen.push(now);
    }
}

#[test]
fn mistakes_in_the_configuration_name_their_key() {
    let folder = Folder::new();
    folder.set("set", "one");
    for key in [PRIVATE_KEY, CHAIN, TRUSTED] {
        let mut secret = folder.conf("set");
        secret.insert(key, ConfValue::Secret(SecretBytes::copy_from(b"/x")));
        for (conf, says) in [
            (with(&folder, key, ""), "empty"),
            (with(&folder, key, "set/file.pem"), "absolute"),
            (with(&folder, key, "s3://bucket/x.pem"), "local files only"),
            (with(&folder, key, "/missing/x.pem"), "/missing/x.pem"),
            (with(&folder, key, "/dev/null"), "not a regular file"),
            (secret, "secret"),
        ] {
            let error = provider(conf).err().unwrap();
            let kind = (error.kind(), error.conf_key());
            assert_eq!(kind, (ErrorKind::Configuration, Some(key)), "{error}");
            assert!(error.message().contains(says), "{error}");
        }
    }
    let error = provider(Conf::new()).err().unwrap();
    assert_eq!(error.conf_key(), Some(PRIVATE_KEY));
}

#[test]
fn a_file_with_more_rights_than_it_may_have_is_refused() {
    let folder = Folder::new();
    folder.set("set", "one");
    folder.file("open", b"x", 0o640);
    folder.file("shared", b"x", 0o664);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (key, file, says) in [
        (PRIVATE_KEY, "open", "chmod 600"),
        (CHAIN, "shared", "chmod go-w"),
        (TRUSTED, "shared", "chmod go-w"),
    ] {
        let error = provider(with(&folder, key, &path(file))).err().unwrap();
        assert_eq!(error.conf_key(), Some(key));
        assert!(error.message().contains(says), "{error}");
    }
    for key in [CHAIN, TRUSTED] {
        assert!(provider(with(&folder, key, &path("open"))).is_ok());
    }
}

#[test]
fn a_file_is_read_up_to_its_limit_and_not_above() {
    let folder = Folder::new();
    folder.set("set", "one");
    for (key, limit) in [(PRIVATE_KEY, 1 << 20), (CHAIN, 1 << 20), (TRUSTED, 4 << 20)] {
        let path = folder.file("large", &vec![b'x'; limit], 0o600);
        let conf = || with(&folder, key, path.to_str().unwrap());
        assert!(provider(conf()).is_ok(), "{key}");
        fs::write(&path, vec![b'x'; limit + 1]).unwrap();
        let error = provider(conf()).err().unwrap();
        assert_eq!(error.conf_key(), Some(key));
        let sizes = format!("has {} bytes; at most {limit} are expected", limit + 1);
        assert!(error.message().contains(&sizes), "{error}");
    }
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    folder.set("set", "one");
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let error = provider(with(&folder, CHAIN, pipe.to_str().unwrap())).err();
    assert!(error.unwrap().message().contains("not a regular file"));
}
