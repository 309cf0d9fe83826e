//! Legacy objects through the command line: read by opt-in, and said to be unauthenticated.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use provost::Error;
use provost::provider::KeyError;
use provost::store::Metadata;
use provost::store::encrypted::ObjectError;
use provost_core::config::Isolation;
use provost_core::envelope::{KeyWrap, LegacyWrap};

use crate::plugins::plugins;
use crate::rig::{Rig, Setup, private};

const OPT_IN: &str = "read.formats = [\"V3\", \"V2\", \"V1\"]\nread.legacy = \"decrypt\"\n\
                      read.unauthenticated = \"accept\"";

/// `content iv of 16`, as the vector has it.
const IV: &str = "636f6e74656e74206976206f66203136";

/// `tests/vectors/envelope/v1_aes.toml`, made by another implementation; its key is 0 to 31.
fn v1() -> Metadata {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/envelope/v1_aes.toml"
    );
    let text = fs::read_to_string(path).unwrap();
    let vector: toml::Table = toml::from_str(&text).unwrap();
    let metadata = vector["metadata"].as_table().unwrap();
    let entries = metadata
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    Metadata::try_from(entries.collect::<Vec<_>>()).unwrap()
}

/// The body that OpenSSL makes of `plaintext`. The vector's data key is SHA-256 of a phrase.
fn body(root: &Path, plaintext: &[u8]) -> Vec<u8> {
    let digest = Command::new("openssl")
        .args(["dgst", "-sha256", "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            child
                .stdin
                .take()
                .unwrap()
                .write_all(b"content encryption key")?;
            child.wait_with_output()
        })
        .unwrap();
    let key = String::from_utf8(digest.stdout).unwrap();
    let (plain, encrypted) = (root.join("plain"), root.join("body"));
    fs::write(&plain, plaintext).unwrap();
    let done = Command::new("openssl")
        .args(["enc", "-aes-256-cbc", "-iv", IV, "-K", &key[..64]])
        .arg("-in")
        .arg(&plain)
        .arg("-out")
        .arg(&encrypted)
        .status()
        .unwrap();
    assert!(done.success());
    fs::remove_file(plain).unwrap();
    fs::read(encrypted).unwrap()
}

fn rig(policy: &str, keys: &[u8]) -> Rig {
    let setup = Setup::new("provost.keys.Static", Isolation::Process);
    let root = setup.root();
    let mut list = String::new();
    for first in keys {
        private(
            &root.join(format!("{first}.key")),
            (*first..first + 32).collect::<Vec<_>>(),
        );
        let _ = writeln!(list, "{}/store/ {first} {first}.key", root.display());
    }
    private(&root.join("keys.list"), list);
    let shown = root.join("keys.list").display().to_string();
    let prefix = format!(
        "[[prefixes]]\nprefix = \"{}/store/\"\n{policy}\n",
        root.display()
    );
    private(
        &root.join("provost.toml"),
        format!(
            "security_configuration = \"security.json\"\n\
             [classes.\"provost.keys.Static\".conf]\nkeys = \"{shown}\"\n{prefix}"
        ),
    );
    private(
        &root.join("security.json"),
        format!(
            r#"{{ "EncryptionConfiguration": {{ "EnableInTransitEncryption": false,
                "EnableAtRestEncryption": true, "AtRestEncryptionConfiguration": {{
                "S3EncryptionConfiguration": {{ "EncryptionMode": "CSE-Custom",
                "S3Object": "{}/libprovost_static_keys.so",
                "EncryptionKeyProviderClass": "provost.keys.Static" }} }} }} }}"#,
            plugins().display()
        ),
    );
    fs::create_dir(root.join("store")).unwrap();
    setup
        .conf("keys", format!("{shown:?}"))
        .tables(&prefix)
        .build()
}

fn get(root: &Path, destination: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_provost"))
        .args([
            "object",
            "get",
            &format!("file://{}/store/x", root.display()),
            destination,
        ])
        .args(more)
        .current_dir(root)
        .env_clear()
        .env("PROVOST_CONFIG", "provost.toml")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn legacy_content_comes_out_with_a_warning_and_a_report_that_says_so() {
    let rig = rig(OPT_IN, &[0]);
    let root = rig.root();
    // In memory, at its edge, and spooled; around the block and the piece.
    for length in [0, 15, 16, (8 << 20) - 1, 8 << 20, (9 << 20) + 5] {
        let plaintext: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[1] ^ 7).collect();
        rig.store("store/x", v1(), body(&root, &plaintext));
        let warning = "is of a legacy format without authentication";
        let piped = get(&root, "-", &[]);
        assert!(piped.status.success(), "{}", text(&piped.stderr));
        assert!(piped.stdout == plaintext, "{length} bytes to a pipe");
        assert!(
            text(&piped.stderr).contains(warning),
            "{}",
            text(&piped.stderr)
        );
        let filed = get(&root, "out", &["--force", "--output", "json"]);
        assert!(filed.status.success(), "{}", text(&filed.stderr));
        assert!(
            fs::read(root.join("out")).unwrap() == plaintext,
            "{length} bytes to a file"
        );
        assert!(
            text(&filed.stderr).contains(warning),
            "{}",
            text(&filed.stderr)
        );
        let report: serde_json::Value = serde_json::from_slice(&filed.stdout).unwrap();
        assert_eq!(report["authenticated"], false);
        assert_eq!(report["plaintext_bytes"], length);
    }
    let said = get(&root, "out", &["--force"]);
    assert!(text(&said.stdout).contains("decrypted, not authenticated, into out"));
}

#[test]
fn body_that_does_not_end_in_padding_releases_nothing() {
    let rig = rig(OPT_IN, &[0]);
    let root = rig.root();
    for length in [100_usize, 9 << 20] {
        let mut changed = body(&root, &vec![1; length]);
        let last = changed.len() - 1;
        changed[last] ^= 1;
        rig.store("store/x", v1(), changed);
        let piped = get(&root, "-", &[]);
        assert_eq!((piped.status.code(), piped.stdout.len()), (Some(1), 0));
        assert!(text(&piped.stderr).contains("content does not decrypt"));
        let filed = get(&root, "out", &[]);
        assert_eq!(filed.status.code(), Some(1));
        assert!(!root.join("out").exists());
    }
}

#[test]
fn refusal_of_a_legacy_object_names_the_settings() {
    for (policy, hint) in [
        ("", "add \"V1\" to `read.formats`"),
        (
            "read.formats = [\"V3\", \"V1\"]\nread.legacy = \"decrypt\"",
            "set `read.unauthenticated = \"accept\"`",
        ),
    ] {
        let rig = rig(policy, &[0]);
        rig.store("store/x", v1(), body(&rig.root(), b"text"));
        let refused = get(&rig.root(), "-", &[]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
        assert!(
            text(&refused.stderr).contains(hint),
            "{}",
            text(&refused.stderr)
        );
    }
}

#[test]
fn wrap_that_cannot_tell_a_wrong_key_is_never_tried_with_several() {
    let rig = rig(OPT_IN, &[0, 100]);
    rig.store("store/x", v1(), body(&rig.root(), b"text"));
    let error = rig.get("store/x").unwrap_err();
    let Error::Object(ObjectError::Key { source, .. }) = &error else {
        panic!("{error:?}")
    };
    assert!(
        matches!(
            source,
            KeyError::AmbiguousKey {
                count: 2,
                wrap: KeyWrap::Legacy(LegacyWrap::V1),
                ..
            }
        ),
        "{source:?}"
    );
}

#[test]
fn looking_at_legacy_objects_needs_no_key_and_no_opt_in() {
    let rig = rig("", &[0]);
    let mut recorded = v1();
    recorded
        .insert("x-amz-unencrypted-content-length", "4")
        .unwrap();
    for (metadata, plaintext) in [(v1(), None), (recorded, Some(4))] {
        rig.store("store/x", metadata, body(&rig.root(), b"text"));
        let found = rig.inspect("store/x").unwrap();
        assert_eq!(found.plaintext, plaintext);
        assert!(!found.envelope.authenticated);
        assert_eq!(found.envelope.wrap, KeyWrap::Legacy(LegacyWrap::V1));
        assert!(found.refusal.is_some());
    }
}

fn cat(root: &Path, range: &str) -> Output {
    let uri = format!("file://{}/store/x", root.display());
    Command::new(env!("CARGO_BIN_EXE_provost"))
        .args(["object", "cat", "--unauthenticated", "--range", range])
        .arg(uri)
        .current_dir(root)
        .env_clear()
        .env("PROVOST_CONFIG", "provost.toml")
        .output()
        .unwrap()
}

#[test]
fn a_range_of_legacy_content_ends_where_the_padding_says() {
    let rig = rig(OPT_IN, &[0]);
    let root = rig.root();
    for length in [16, 100_usize, (2 << 20) + 16] {
        let plaintext: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[1] ^ 7).collect();
        // What the vector's metadata records is another length.
        rig.store("store/x", v1(), body(&root, &plaintext));
        for (range, expected) in [
            ("0-".to_owned(), 0..length),
            ("-1".to_owned(), length - 1..length),
            ("15-15".to_owned(), 15..16),
            (format!("7-{}", length - 1), 7..length),
        ] {
            let printed = cat(&root, &range);
            assert!(printed.status.success(), "{}", text(&printed.stderr));
            assert!(printed.stdout == plaintext[expected], "{range} of {length}");
            assert!(text(&printed.stderr).contains("without authentication"));
        }
        for range in [format!("0-{length}"), format!("{length}-")] {
            let refused = cat(&root, &range);
            assert_eq!(refused.status.code(), Some(1));
            assert!(refused.stdout.is_empty());
            let said = format!("are not all among its {length} bytes");
            assert!(
                text(&refused.stderr).contains(&said),
                "{}",
                text(&refused.stderr)
            );
        }
    }
    rig.store("store/x", v1(), body(&root, b""));
    let refused = cat(&root, "0-0");
    assert!(text(&refused.stderr).contains("among its 0 bytes"));
}
