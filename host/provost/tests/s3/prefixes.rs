//! Whole prefixes in a bucket: what anybody may have put there, and what has to stay.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::types::{BucketVersioningStatus, StorageClass, VersioningConfiguration};
use serde_json::{Value, json};

use crate::command::{Shell, at_rest, libraries};
use crate::rig::{Rig, Server, pattern};

const CLASS: &str = "provost.keys.Static";

fn shell(server: Server, policy: &str) -> Shell {
    // A library in a place that others can write is refused, and the build's own may be one.
    let library = libraries().join("libprovost_static_keys.so");
    let s3 = json!({
        "EncryptionMode": "CSE-Custom",
        "S3Object": "FOLDER/libkeys.so",
        "EncryptionKeyProviderClass": CLASS,
    });
    let tables = format!(
        "[classes.\"{CLASS}\"]\nlibrary = \"FOLDER/libkeys.so\"\n\
         conf.keys = \"FOLDER/keys.list\"\n{policy}\n"
    );
    let shell = Shell::new(server, "{}", &tables);
    let folder = shell.folder.path().to_str().unwrap();
    let security = at_rest(&s3).replace("FOLDER", folder);
    fs::write(shell.path("security.json"), security).unwrap();
    fs::copy(library, shell.path("libkeys.so")).unwrap();
    fs::set_permissions(shell.path("libkeys.so"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(shell.folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(shell.path("key2"), "fedcba9876543210".repeat(4)).unwrap();
    fs::set_permissions(shell.path("key2"), fs::Permissions::from_mode(0o600)).unwrap();
    shell
}

/// The policy of a bucket that writes this format.
fn writes(rig: &Rig, format: &str) -> String {
    format!(
        "[[prefixes]]\nprefix = \"s3://{}/\"\nwrite.format = \"{format}\"",
        rig.bucket
    )
}

fn rotate(shell: &Shell) {
    fs::write(shell.path("keys.list"), "* 1 key\n* 2 key2\n").unwrap();
}

fn upload(rig: &Rig, key: &str, body: &[u8]) {
    let put = rig.sdk.put_object().bucket(&rig.bucket).key(key);
    rig.wait(put.body(body.to_vec().into()).send()).unwrap();
}

/// A document, whatever the exit status is.
fn document(shell: &Shell, args: &[&str]) -> Value {
    let output = shell.run(&[args, &["--output", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn outcome<'d>(document: &'d Value, uri: &str) -> &'d Value {
    let objects = document["objects"].as_array().unwrap();
    let found = objects.iter().find(|object| object["uri"] == uri);
    &found.unwrap_or_else(|| panic!("no {uri} in {document}"))["outcome"]
}

#[test]
fn names_that_lead_elsewhere_are_failures_and_nothing_outside_the_folder_is_written() {
    let rig = Rig::new(Server::Moto);
    let shell = shell(Server::Moto, "");
    fs::write(shell.path("file"), b"text").unwrap();
    let good = format!("s3://{}/p/good", rig.bucket);
    shell.ok(&["object", "put", "file", &good]);
    for key in ["p/a", "p/a/b"] {
        let uri = format!("s3://{}/{key}", rig.bucket);
        shell.ok(&["object", "put", "file", &uri]);
    }
    let hostile = [
        "p/../escaped",
        "p//etc/escaped",
        "p/./x",
        "p/x\u{7}y",
        "p/x/../../../escaped",
    ];
    for key in hostile {
        upload(&rig, key, b"hostile");
    }
    let long = format!("p/{}", "n".repeat(300));
    upload(&rig, &long, b"hostile");
    upload(&rig, "p/folder/", b"");
    let prefix = format!("s3://{}/p", rig.bucket);
    let found = document(&shell, &["object", "get", "-r", &prefix, "out/deep"]);
    for key in hostile.iter().chain([&long.as_str(), &"p/a/b"]) {
        let uri = format!("s3://{}/{key}", rig.bucket);
        assert_eq!(outcome(&found, &uri), "failed", "{key}");
    }
    assert_eq!(outcome(&found, &format!("{prefix}/folder/")), "skipped");
    assert_eq!(found["summary"]["done"], 2, "{found}");
    let mut names: Vec<_> = fs::read_dir(shell.path("out/deep"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["a", "good"]);
    assert!(!shell.path("out/escaped").exists() && !shell.path("escaped").exists());
}

#[test]
fn headers_tags_metadata_and_storage_class_stay_when_an_object_is_encrypted_anew() {
    for server in Server::ALL {
        let rig = Rig::new(server);
        let shell = shell(server, &writes(&rig, "V3"));
        let put = rig
            .sdk
            .put_object()
            .bucket(&rig.bucket)
            .key("p/plain")
            .content_type("text/csv")
            .cache_control("no-store")
            .metadata("owner", "somebody")
            .tagging("team=blue")
            .body(b"plain text".to_vec().into());
        // The strict server has one storage class.
        let put = match server {
            Server::Moto => put.storage_class(StorageClass::StandardIa),
            Server::Strict => put,
        };
        rig.wait(put.send()).unwrap();
        let prefix = format!("s3://{}/p/", rig.bucket);
        let args = [
            "object",
            "reencrypt",
            "-r",
            "--plaintext",
            "encrypt",
            &prefix,
        ];
        assert_eq!(document(&shell, &args)["summary"]["done"], 1);
        let head = rig
            .sdk
            .head_object()
            .bucket(&rig.bucket)
            .key("p/plain")
            .send();
        let head = rig.wait(head).unwrap();
        assert_eq!(head.content_type(), Some("text/csv"));
        assert_eq!(head.cache_control(), Some("no-store"));
        let metadata = head.metadata().unwrap();
        assert_eq!(metadata["owner"], "somebody");
        assert_eq!(metadata["x-amz-c"], "115");
        let tags = rig
            .sdk
            .get_object_tagging()
            .bucket(&rig.bucket)
            .key("p/plain")
            .send();
        let tags = rig.wait(tags).unwrap();
        assert_eq!(tags.tag_set()[0].value(), "blue");
        if server == Server::Moto {
            assert_eq!(head.storage_class(), Some(&StorageClass::StandardIa));
        }
        let uri = format!("{prefix}plain");
        shell.ok(&["object", "get", &uri, "plain"]);
        assert_eq!(fs::read(shell.path("plain")).unwrap(), b"plain text");
    }
}

fn keep_versions(rig: &Rig) {
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    let set = rig
        .sdk
        .put_bucket_versioning()
        .bucket(&rig.bucket)
        .versioning_configuration(enabled);
    rig.wait(set.send()).unwrap();
}

/// The version of a key that is current.
fn version(rig: &Rig, key: &str) -> String {
    let head = rig.sdk.head_object().bucket(&rig.bucket).key(key).send();
    rig.wait(head).unwrap().version_id().unwrap().to_owned()
}

#[test]
fn a_rewrapped_object_keeps_its_body_and_its_older_versions_are_named() {
    let rig = Rig::new(Server::Moto);
    keep_versions(&rig);
    let shell = shell(Server::Moto, "");
    fs::write(shell.path("file"), b"text").unwrap();
    let uri = format!("s3://{}/p/object", rig.bucket);
    shell.ok(&["object", "put", "file", &uri]);
    let old = rig.wait(
        rig.sdk
            .head_object()
            .bucket(&rig.bucket)
            .key("p/object")
            .send(),
    );
    let old = old.unwrap();
    rotate(&shell);
    let prefix = format!("s3://{}/p/", rig.bucket);
    let args = ["object", "rewrap", "-r", "--prove", &prefix];
    let found = document(&shell, &args);
    assert_eq!(found["summary"]["done"], 1, "{found}");
    let older = &found["summary"]["older_versions"];
    assert_eq!(older[0]["version"], old.version_id().unwrap(), "{found}");
    let new = rig.wait(
        rig.sdk
            .head_object()
            .bucket(&rig.bucket)
            .key("p/object")
            .send(),
    );
    let (old, new) = (old.metadata().unwrap().clone(), new.unwrap());
    let new = new.metadata().unwrap();
    for name in ["x-amz-c", "x-amz-d", "x-amz-i"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_ne!(old["x-amz-3"], new["x-amz-3"]);
    // The next run does nothing, and still names the version.
    let found = document(&shell, &args);
    assert_eq!(found["summary"]["skipped"], 1, "{found}");
    assert_eq!(
        found["summary"]["older_versions"].as_array().unwrap().len(),
        1
    );
    fs::write(shell.path("keys.list"), "* 2 key2\n").unwrap();
    shell.ok(&["object", "get", &uri, "copy"]);
    assert_eq!(fs::read(shell.path("copy")).unwrap(), b"text");
}

/// The lines of a policy that writes this format with the envelope in an instruction file.
fn writes_files(rig: &Rig, format: &str) -> String {
    writes(rig, format)
        + "\nwrite.envelope = \"instruction-file\"\n\
           read.envelope = [\"metadata\", \"instruction-file\"]"
}

/// The versions that a command names, in order.
fn named(found: &Value) -> Vec<(&str, &str)> {
    let older = found["summary"]["older_versions"].as_array().unwrap();
    let mut named: Vec<_> = older
        .iter()
        .map(|older| {
            let text = |name: &str| older[name].as_str().unwrap();
            (text("uri"), text("version"))
        })
        .collect();
    named.sort_unstable();
    named
}

#[test]
fn older_instruction_files_are_named_when_the_envelope_is_in_metadata_now() {
    for (server, format) in [
        (Server::Strict, "V2"),
        (Server::Strict, "V3"),
        (Server::Moto, "V3"),
    ] {
        let rig = Rig::new(server);
        keep_versions(&rig);
        let shell = shell(server, &writes_files(&rig, format));
        fs::write(shell.path("file"), b"text").unwrap();
        let uri = format!("s3://{}/p/object", rig.bucket);
        let file = format!("{uri}.instruction");
        let mut expected = Vec::new();
        for _ in 0..2 {
            shell.ok(&["object", "put", "file", &uri]);
            expected.push(version(&rig, "p/object.instruction"));
        }
        expected.sort_unstable();
        rotate(&shell);
        let prefix = format!("s3://{}/p/", rig.bucket);
        let args = ["object", "rewrap", "-r", "--to", "metadata", &prefix];
        // The next run does nothing, and still names them.
        for outcome in ["done", "skipped"] {
            let found = document(&shell, &args);
            assert_eq!(found["summary"][outcome], 1, "{format}: {found}");
            let expected: Vec<_> = expected.iter().map(|one| (&*file, &**one)).collect();
            assert_eq!(named(&found), expected, "{format}: {found}");
        }
        fs::write(shell.path("keys.list"), "* 2 key2\n").unwrap();
        shell.ok(&["object", "get", &uri, "copy"]);
        assert_eq!(fs::read(shell.path("copy")).unwrap(), b"text");
    }
}

#[test]
fn older_instruction_files_of_v2_are_named_beside_an_object_of_v3() {
    let rig = Rig::new(Server::Strict);
    keep_versions(&rig);
    let shell = shell(Server::Strict, &writes_files(&rig, "V2"));
    fs::write(shell.path("file"), b"text").unwrap();
    let uri = format!("s3://{}/p/object", rig.bucket);
    let file = format!("{uri}.instruction");
    shell.ok(&["object", "put", "file", &uri]);
    let mut expected = vec![version(&rig, "p/object.instruction")];
    let toml = fs::read_to_string(shell.path("provost.toml")).unwrap();
    fs::write(shell.path("provost.toml"), toml.replace("\"V2\"", "\"V3\"")).unwrap();
    shell.ok(&["object", "put", "file", &uri]);
    expected.push(version(&rig, "p/object.instruction"));
    expected.sort_unstable();
    rotate(&shell);
    let prefix = format!("s3://{}/p/", rig.bucket);
    let found = document(&shell, &["object", "rewrap", "-r", &prefix]);
    let expected: Vec<_> = expected.iter().map(|one| (&*file, &**one)).collect();
    assert_eq!(named(&found), expected, "{found}");
}

#[test]
fn an_older_instruction_file_that_cannot_be_read_is_named_and_one_of_the_present_key_is_not() {
    let rig = Rig::new(Server::Strict);
    keep_versions(&rig);
    let shell = shell(Server::Strict, &writes_files(&rig, "V3"));
    fs::write(shell.path("file"), b"text").unwrap();
    let uri = format!("s3://{}/p/object", rig.bucket);
    upload(&rig, "p/object.instruction", b"no envelope");
    let unreadable = version(&rig, "p/object.instruction");
    for _ in 0..2 {
        shell.ok(&["object", "put", "file", &uri]);
    }
    let prefix = format!("s3://{}/p/", rig.bucket);
    let args = ["object", "rewrap", "-r", "--to", "metadata", &prefix];
    let found = document(&shell, &args);
    assert_eq!(found["summary"]["done"], 1, "{found}");
    let file = format!("{uri}.instruction");
    assert_eq!(named(&found), [(&*file, &*unreadable)], "{found}");
}

#[test]
fn a_migration_killed_twenty_times_ends_with_v3_alone() {
    let rig = Rig::new(Server::Moto);
    let v2 = shell(Server::Moto, &writes(&rig, "V2"));
    let prefix = format!("s3://{}/p/", rig.bucket);
    fs::create_dir(v2.path("in")).unwrap();
    for number in 0..20_usize {
        fs::write(v2.path(&format!("in/v2-{number}")), pattern(number * 5000)).unwrap();
    }
    v2.ok(&["object", "put", "-r", "in", &prefix]);
    for number in 0..20_usize {
        fs::write(
            v2.path(&format!("in/plain-{number}")),
            pattern(number * 3000),
        )
        .unwrap();
        upload(&rig, &format!("p/plain-{number}"), &pattern(number * 3000));
    }
    let toml = fs::read_to_string(v2.path("provost.toml")).unwrap();
    fs::write(v2.path("provost.toml"), toml.replace("\"V2\"", "\"V3\"")).unwrap();
    let args = [
        "object",
        "reencrypt",
        "-r",
        "--plaintext",
        "encrypt",
        &prefix,
    ];
    let (mut kills, mut most) = (0, 1000);
    while kills < 20 {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_provost"))
            .current_dir(v2.folder.path())
            .args(args)
            .env("PROVOST_CONFIG", v2.path("provost.toml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let moment = u64::from(now.subsec_micros()) % most;
        std::thread::sleep(Duration::from_millis(20 + moment));
        child.kill().unwrap();
        if child.wait().unwrap().signal() == Some(9) {
            kills += 1;
        } else {
            // It was faster, and will be again.
            most /= 2;
            assert!(most > 1, "it ends before it can be killed");
        }
    }
    v2.ok(&args);
    let found = document(&v2, &["object", "inspect", "-r", &prefix]);
    for object in found["objects"].as_array().unwrap() {
        assert_eq!(object["format"], "V3", "{object}");
    }
    assert_eq!(found["summary"]["done"], 40);
    v2.ok(&["object", "get", "-r", &prefix, "out"]);
    for entry in fs::read_dir(v2.path("in")).unwrap() {
        let name = entry.unwrap().file_name();
        let (before, after) = (v2.path("in").join(&name), v2.path("out").join(&name));
        assert_eq!(
            fs::read(before).unwrap(),
            fs::read(after).unwrap(),
            "{name:?}"
        );
    }
}
