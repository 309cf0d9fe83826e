//! Libraries and TLS zips that lie on S3.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use bytes::Bytes;
use provost::store::{Metadata, ObjectStoreExt};
use provost_core::config::Sha256Digest;
use serde_json::json;

use crate::command::{Shell, at_rest, libraries};
use crate::rig::{Rig, Server, variable};

const CLASS: &str = "provost.keys.Static";

fn library() -> Vec<u8> {
    std::fs::read(libraries().join("libprovost_static_keys.so")).unwrap()
}

fn upload(rig: &Rig, key: &str, body: Vec<u8>) {
    let uri = rig.uri(key);
    let put = rig
        .store
        .put_bytes(&uri, Metadata::new(), Bytes::from(body));
    rig.wait(put).unwrap();
}

fn shell(location: &str, settings: &str) -> Shell {
    let s3 = json!({
        "EncryptionMode": "CSE-Custom",
        "S3Object": location,
        "EncryptionKeyProviderClass": CLASS,
    });
    let tables = format!(
        "[classes.\"{CLASS}\"]\nisolation = \"in-process\"\n{settings}\n\
         conf.keys = \"FOLDER/keys.list\"\n"
    );
    Shell::new(Server::Moto, &at_rest(&s3), &tables)
}

/// How often an object was asked for, and how often its body was.
fn requests(rig: &Rig, key: &str) -> (usize, usize) {
    let log = std::fs::read_to_string(variable("PROVOST_TEST_S3_LOG")).unwrap();
    let path = format!("/{}/{key}", rig.bucket);
    let of = |method: &str| {
        let lines = log.lines();
        let lines = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines
            .filter(|entry| entry["path"] == path.as_str() && entry["method"] == method)
            .count()
    };
    (of("HEAD"), of("GET"))
}

#[test]
fn a_pinned_library_is_fetched_once_and_then_taken_from_the_cache() {
    let rig = Rig::new(Server::Moto);
    upload(&rig, "lib/keys.so", library());
    let digest = Sha256Digest::of(&library());
    for location in [
        format!("s3://{}/lib/keys.so", rig.bucket),
        format!("arn:aws:s3:::{}/lib/keys.so", rig.bucket),
    ] {
        let shell = shell(&location, &format!("sha256 = \"{digest}\""));
        let (_, before) = requests(&rig, "lib/keys.so");
        let said = shell.ok(&["check"]);
        assert!(said.contains("fetched from"), "{said}");
        assert!(said.contains("(pinned)"), "{said}");
        let (_, once) = requests(&rig, "lib/keys.so");
        assert_eq!(once, before + 1);
        shell.ok(&["check"]);
        assert_eq!(requests(&rig, "lib/keys.so").1, once, "asked for again");

        let cache = shell.path("cache");
        assert_eq!(cache.metadata().unwrap().mode() & 0o7777, 0o700);
        let file = cache.join(digest.to_string());
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
        // A damaged copy is never used.
        std::fs::write(&file, b"something else").unwrap();
        shell.ok(&["check"]);
        assert_eq!(requests(&rig, "lib/keys.so").1, once + 1);
        assert!(std::fs::read(&file).unwrap() == library());
    }
}

#[test]
fn another_library_than_the_pinned_one_is_refused_and_not_kept() {
    let rig = Rig::new(Server::Moto);
    upload(&rig, "keys.so", [library(), vec![0]].concat());
    let pin = Sha256Digest::of(&library());
    let shell = shell(
        &format!("s3://{}/keys.so", rig.bucket),
        &format!("sha256 = \"{pin}\""),
    );
    let output = shell.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("expected {pin}")), "{said}");
    assert!(!shell.path("cache").exists(), "something was kept");
}

#[test]
fn a_library_without_a_pin_is_fetched_only_where_that_is_allowed_and_again_only_if_it_changed() {
    let rig = Rig::new(Server::Moto);
    upload(&rig, "keys.so", library());
    let location = format!("s3://{}/keys.so", rig.bucket);
    let refused = shell(&location, "").run(&["check"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(requests(&rig, "keys.so").1, 0, "fetched without a pin");

    let shell = shell(&location, "unpinned = \"allow\"");
    shell.ok(&["check"]);
    let (asked, fetched) = requests(&rig, "keys.so");
    shell.ok(&["check"]);
    let (asked_again, fetched_again) = requests(&rig, "keys.so");
    assert!(asked_again > asked, "not asked whether it changed");
    assert_eq!(fetched_again, fetched, "fetched though it did not change");
    upload(&rig, "keys.so", [library(), vec![0]].concat());
    shell.ok(&["check"]);
    assert!(requests(&rig, "keys.so").1 > fetched);
    assert_eq!(
        shell.path("cache").read_dir().unwrap().count(),
        3,
        "two and a note"
    );
}

#[test]
fn a_cache_that_others_can_use_is_refused() {
    let rig = Rig::new(Server::Moto);
    upload(&rig, "keys.so", library());
    let shell = shell(
        &format!("s3://{}/keys.so", rig.bucket),
        "unpinned = \"allow\"",
    );
    std::fs::create_dir(shell.path("cache")).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(shell.path("cache"), open).unwrap();
    let output = shell.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("not this user's alone"), "{said}");
}

/// A security configuration for TLS artifacts in a zip.
fn in_transit(location: &str) -> String {
    json!({
        "EncryptionConfiguration": {
            "EnableInTransitEncryption": true,
            "EnableAtRestEncryption": false,
            "InTransitEncryptionConfiguration": { "TLSCertificateConfiguration": {
                "CertificateProviderType": "PEM",
                "S3Object": location,
            } },
        }
    })
    .to_string()
}

#[test]
fn a_tls_zip_is_installed_and_fetched_again_only_if_it_changed() {
    let zip = |name: &str| {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
        std::fs::read(fixtures.join(name)).unwrap()
    };
    for form in ["s3://", "arn:aws:s3:::"] {
        let rig = Rig::new(Server::Moto);
        upload(&rig, "certs.zip", zip("good.zip"));
        let location = format!("{form}{}/certs.zip", rig.bucket);
        let shell = Shell::new(Server::Moto, &in_transit(&location), "");
        let installed = shell.path("installed");
        let install = ["tls", "install", "--directory", installed.to_str().unwrap()];
        let bytes = || std::fs::read(installed.join("current/certificateChain.pem")).unwrap();
        shell.ok(&["tls", "check"]);
        assert_eq!(requests(&rig, "certs.zip").1, 1);
        shell.ok(&install);
        let first = bytes();
        let (asked, fetched) = requests(&rig, "certs.zip");
        assert_eq!(fetched, 1, "fetched though it did not change");
        assert!(asked > 0, "not asked whether it changed");

        upload(&rig, "certs.zip", zip("recipe.zip"));
        shell.ok(&[&install[..], &["--proof-of-concept"]].concat());
        assert_eq!(requests(&rig, "certs.zip").1, 2);
        assert_ne!(bytes(), first);

        // Nothing changes where what comes is none.
        let second = bytes();
        upload(&rig, "certs.zip", b"not a zip".to_vec());
        shell.refused(&install);
        assert_eq!(requests(&rig, "certs.zip").1, 3);
        assert_eq!(bytes(), second);
    }
}

#[test]
fn a_tls_zip_of_another_partition_than_the_region_is_not_asked_for() {
    let rig = Rig::new(Server::Moto);
    upload(&rig, "tls/certs.zip", b"not a zip".to_vec());
    let location = format!("arn:aws-cn:s3:::{}/tls/certs.zip", rig.bucket);
    let shell = Shell::new(Server::Moto, &in_transit(&location), "");
    let error = shell.refused(&["tls", "check"]);
    // The region that is configured is none of China.
    assert!(error.contains("aws-cn"), "{error}");
    assert_eq!(requests(&rig, "tls/certs.zip").1, 0);
}
