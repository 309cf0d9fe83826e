//! `provost object` on S3: client-side keys, and modes in which the store encrypts.

use aws_sdk_s3::types::ServerSideEncryption as Mode;
use bytes::Bytes;
use provost::store::{NewObject, ObjectStoreExt};
use serde_json::json;

use crate::command::{Shell, at_rest, libraries};
use crate::rig::{Rig, Server, pattern};

const CLASS: &str = "provost.keys.Static";
const KMS_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

/// Keys of a provider in one bucket, and another mode in the other.
fn shell(server: Server, bucket: &str, other: &serde_json::Value) -> Shell {
    let library = libraries().join("libprovost_static_keys.so");
    let mut s3 = json!({
        "EncryptionMode": "CSE-Custom",
        "S3Object": library.to_str().unwrap(),
        "EncryptionKeyProviderClass": CLASS,
    });
    let mut other = other.clone();
    other["BucketName"] = json!(bucket);
    s3["Overrides"] = json!([other]);
    let tables = format!(
        "[classes.\"{CLASS}\"]\nisolation = \"in-process\"\n\
         conf.keys = \"FOLDER/keys.list\"\n"
    );
    Shell::new(server, &at_rest(&s3), &tables)
}

fn uri(rig: &Rig, key: &str) -> String {
    format!("s3://{}/{key}", rig.bucket)
}

#[test]
fn the_store_encrypts_where_an_override_says_so_and_both_ways_are_kept_apart() {
    let (rig, client_side) = (Rig::new(Server::Moto), Rig::new(Server::Moto));
    for (mode, expected, key) in [
        (json!({ "EncryptionMode": "SSE-S3" }), Mode::Aes256, None),
        (
            json!({ "EncryptionMode": "SSE-KMS", "AwsKmsKey": KMS_KEY }),
            Mode::AwsKms,
            Some(KMS_KEY),
        ),
    ] {
        let shell = shell(Server::Moto, &rig.bucket, &mode);
        let text = pattern(9 << 20);
        std::fs::write(shell.path("plain"), &text).unwrap();
        let name = uri(&rig, "a/object");
        shell.ok(&["object", "put", "plain", &name]);
        // Another client sees the plaintext, and how it is kept.
        let seen = rig
            .sdk
            .get_object()
            .bucket(&rig.bucket)
            .key("a/object")
            .send();
        let seen = rig.wait(seen).unwrap();
        assert_eq!(seen.server_side_encryption(), Some(&expected));
        assert_eq!(seen.ssekms_key_id(), key);
        assert!(rig.wait(seen.body.collect()).unwrap().to_vec() == text);

        shell.ok(&["object", "get", &name, "back", "--force"]);
        assert!(std::fs::read(shell.path("back")).unwrap() == text);
        let inspected = shell.json(&["object", "inspect", &name]);
        let shown = inspected["server_side_encryption"].as_str().unwrap();
        assert!(shown.starts_with(if key.is_some() { "SSE-KMS" } else { "SSE-S3" }));

        // A client-side object, moved into the bucket of the store's keys, is not handed out.
        std::fs::write(shell.path("small"), b"text").unwrap();
        let there = uri(&client_side, "object");
        shell.ok(&["object", "put", "small", &there]);
        shell.ok(&["object", "get", &there, "small-back", "--force"]);
        assert_eq!(std::fs::read(shell.path("small-back")).unwrap(), b"text");
        let moved = rig
            .sdk
            .copy_object()
            .bucket(&rig.bucket)
            .key("moved")
            .copy_source(format!("{}/object", client_side.bucket))
            .send();
        rig.wait(moved).unwrap();
        let error = shell.refused(&["object", "get", &uri(&rig, "moved"), "moved"]);
        assert!(error.contains("a client encrypted it"), "{error}");
        assert!(!shell.path("moved").exists());

        // Nor one whose instruction file is missing.
        let head = rig
            .sdk
            .head_object()
            .bucket(&rig.bucket)
            .key("moved")
            .send();
        let mut metadata = rig.wait(head).unwrap().metadata.unwrap();
        metadata.retain(|name, _| ["x-amz-c", "x-amz-d", "x-amz-i"].contains(&name.as_str()));
        assert_eq!(metadata.len(), 3);
        let half = rig
            .sdk
            .put_object()
            .bucket(&rig.bucket)
            .key("half")
            .set_metadata(Some(metadata))
            .body(b"ciphertext".to_vec().into())
            .send();
        rig.wait(half).unwrap();
        let error = shell.refused(&["object", "get", &uri(&rig, "half"), "half"]);
        assert!(error.contains("a client encrypted it"), "{error}");
        assert!(!shell.path("half").exists());

        // And plaintext that the store encrypts is none of a client.
        let moved = rig
            .sdk
            .copy_object()
            .bucket(&client_side.bucket)
            .key("plain")
            .copy_source(format!("{}/a/object", rig.bucket))
            .send();
        rig.wait(moved).unwrap();
        let error = shell.refused(&["object", "get", &uri(&client_side, "plain"), "moved"]);
        assert!(error.contains("never passed through"), "{error}");
        assert!(!shell.path("moved").exists());
    }
}

/// Of V2 with its envelope in a file beside there is nothing in the object's metadata.
#[test]
fn what_a_file_of_either_suffix_is_beside_is_not_taken_for_plaintext() {
    let rig = Rig::new(Server::Strict);
    let tables = format!(
        "[[prefixes]]\nprefix = \"{}\"\nread.envelope = [\"metadata\", \"instruction-file\"]\n\
         read.instruction_suffix = \".ours\"\n",
        uri(&rig, "")
    );
    let mode = at_rest(&json!({ "EncryptionMode": "SSE-S3" }));
    let shell = Shell::new(Server::Strict, &mode, &tables);
    let put = |key: &str| {
        let name = uri(&rig, key).parse().unwrap();
        let body = Bytes::from_static(b"text");
        rig.wait(rig.store.put_bytes(&name, NewObject::default(), body))
            .unwrap();
    };
    put("object");
    let get = ["object", "get", &uri(&rig, "object"), "back"];
    for suffix in [".ours", ".instruction"] {
        put(&format!("object{suffix}"));
        let error = shell.refused(&get);
        assert!(error.contains("a client encrypted it"), "{error}");
        assert!(!shell.path("back").exists());
        shell.ok(&["object", "rm", &uri(&rig, &format!("object{suffix}"))]);
    }
    shell.ok(&get);
    assert_eq!(std::fs::read(shell.path("back")).unwrap(), b"text");
}

#[test]
fn put_get_ls_inspect_and_rm_work_on_s3() {
    for server in Server::ALL {
        let rig = Rig::new(server);
        let shell = shell(
            server,
            "other-bucket",
            &json!({ "EncryptionMode": "SSE-S3" }),
        );
        for (name, length) in [("small", 10), ("large", (17 << 20) + 5)] {
            let text = pattern(length);
            std::fs::write(shell.path("plain"), &text).unwrap();
            let name = uri(&rig, &format!("folder/{name}"));
            shell.ok(&["object", "put", "plain", &name]);
            shell.ok(&["object", "get", &name, "back", "--force"]);
            assert!(
                std::fs::read(shell.path("back")).unwrap() == text,
                "{server:?}"
            );
            let piped = shell.run(&["object", "get", &name, "-"]);
            assert!(piped.stdout == text, "{server:?}");
            let stored = rig.wait(rig.store.get_bytes(&name.parse().unwrap(), 1 << 30));
            let (head, body) = stored.unwrap();
            assert_eq!(body.len(), length + 16, "ciphertext and a tag");
            assert!(
                head.metadata.get("x-amz-c").is_some(),
                "an envelope: {head:?}"
            );
        }
        let listed = shell.json(&["object", "ls", &uri(&rig, "folder/")]);
        let sizes: Vec<_> = listed["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["plaintext_bytes"].as_u64().unwrap())
            .collect();
        assert_eq!(sizes, [(17 << 20) + 5, 10]);
        let inspected = shell.json(&["object", "inspect", &uri(&rig, "folder/small")]);
        assert_eq!(inspected["format"], "V3");
        let (small, large) = (uri(&rig, "folder/small"), uri(&rig, "folder/large"));
        shell.ok(&["object", "rm", &small, &large]);
        let left = shell.json(&["object", "ls", &uri(&rig, "")]);
        assert_eq!(left["objects"], json!([]));
    }
}

#[test]
fn the_store_encrypts_nothing_that_is_not_on_s3() {
    let mode = at_rest(&json!({ "EncryptionMode": "SSE-S3" }));
    let shell = Shell::new(Server::Moto, &mode, "");
    std::fs::write(shell.path("plain"), b"text").unwrap();
    let there = format!("file://{}", shell.path("stored").display());
    let error = shell.refused(&["object", "put", "plain", &there]);
    assert!(error.contains("S3 encrypts in this mode"), "{error}");
    assert!(!shell.path("stored").exists());
}

#[test]
fn uploads_are_listed_and_removed_by_the_command() {
    let rig = Rig::new(Server::Strict);
    let shell = Shell::new(
        Server::Strict,
        &at_rest(&json!({ "EncryptionMode": "SSE-S3" })),
        "",
    );
    for key in ["a/one", "a/two"] {
        let begun = rig
            .sdk
            .create_multipart_upload()
            .bucket(&rig.bucket)
            .key(key);
        rig.wait(begun.send()).unwrap();
    }
    let listed = shell.json(&["object", "uploads", "ls", &uri(&rig, "a/")]);
    let uploads = listed["uploads"].as_array().unwrap();
    assert_eq!(uploads.len(), 2);
    let one = &uploads[0];
    let (name, id) = (
        one["uri"].as_str().unwrap(),
        one["upload_id"].as_str().unwrap(),
    );
    shell.ok(&["object", "uploads", "rm", name, id]);
    let error = shell.refused(&["object", "uploads", "rm", name, id]);
    assert!(error.contains("no unfinished upload"), "{error}");
    // The other is not that old; then it is.
    let prefix = uri(&rig, "a/");
    let none = shell.json(&["object", "uploads", "rm", "--older-than", "1h", &prefix]);
    assert_eq!(none["removed"], json!([]));
    let all = shell.json(&["object", "uploads", "rm", "--older-than", "0s", &prefix]);
    assert_eq!(all["removed"].as_array().unwrap().len(), 1);
    assert_eq!(
        shell.json(&["object", "uploads", "ls", &prefix])["uploads"],
        json!([])
    );
}
