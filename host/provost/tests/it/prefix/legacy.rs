//! Objects as Amazon's first client wrote them, made by OpenSSL: V1, with CBC, which has no tag.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use super::shop::{Shop, all_files, killed_times, outcome};

const OPTED_IN: &str = "read.formats = [\"V1\", \"V2\", \"V3\"]\nread.legacy = \"decrypt\"\n\
                        read.unauthenticated = \"accept\"";

/// The bytes of `1.key`, and a data key, in hexadecimal.
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const DATA_KEY: &str = "8f3d1c0b5a697887a6b5c4d3e2f10f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2";
const IV: &str = "00112233445566778899aabbccddeeff";

fn openssl(cipher: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .arg("enc")
        .args(cipher)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

fn base64(bytes: &[u8]) -> String {
    let text = openssl(&["-base64", "-A"], bytes);
    String::from_utf8(text).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (char::from(byte)).to_digit(16).unwrap();
    let bytes = text.as_bytes().chunks(2);
    bytes
        .map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap())
        .collect()
}

/// Puts a V1 object into the store by hand.
fn v1(shop: &Shop, name: &str, plaintext: &[u8]) {
    let wrapped = openssl(&["-aes-256-ecb", "-K", KEY], &from_hex(DATA_KEY));
    let body = openssl(&["-aes-256-cbc", "-K", DATA_KEY, "-iv", IV], plaintext);
    let mut last16 = String::new();
    for byte in &body[body.len() - 16..] {
        write!(last16, "{byte:02x}").unwrap();
    }
    let sidecar = json!({ "version": 1, "bodies": [{
        "last16": last16,
        "size": body.len(),
        "metadata": {
            "x-amz-key": base64(&wrapped),
            "x-amz-iv": base64(&from_hex(IV)),
            "x-amz-matdesc": "{}",
            "owner": "somebody",
        },
    }] });
    shop.file(&format!("store/{name}"), body);
    shop.file(&format!("store/{name}.metadata.json"), sidecar.to_string());
}

#[test]
fn an_object_without_a_tag_is_read_anew_only_where_both_settings_say_so() {
    let shop = Shop::new();
    shop.file("in/old", b"written long ago");
    v1(&shop, "old", b"written long ago");
    let uri = shop.uri("store/old");
    let before = all_files(&shop.path("store"));
    let answer = shop.run(&["reencrypt", &uri]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert_eq!(all_files(&shop.path("store")), before);

    shop.policy(OPTED_IN);
    let answer = shop.run(&["verify", &uri]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("authenticates nothing"),
        "{answer:?}"
    );
    let answer = shop.run(&["rewrap", &uri]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.stderr.contains("object reencrypt"), "{answer:?}");
    assert_eq!(all_files(&shop.path("store")), before);

    let document = shop.json(&["reencrypt", &uri], 0);
    assert_eq!(document["from"], "V1", "{document}");
    assert_eq!(document["plaintext_bytes"], 16);
    // Neither setting is needed any more, and what was the user's own is still there.
    shop.policy("");
    shop.done(&["get", "-r", &shop.uri("store/"), "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
    let metadata = String::from_utf8(shop.read("store/old.metadata.json")).unwrap();
    assert!(metadata.contains("\"owner\": \"somebody\""), "{metadata}");
}

/// The first clients for .NET had other names for all of it, and no description.
#[test]
fn an_instruction_file_of_very_old_dotnet_clients_is_read_where_its_suffix_is_named() {
    let shop = Shop::new();
    let wrapped = openssl(&["-aes-256-ecb", "-K", KEY], &from_hex(DATA_KEY));
    let text = b"written very long ago";
    let body = openssl(&["-aes-256-cbc", "-K", DATA_KEY, "-iv", IV], text);
    let file = json!({
        "EncryptedEnvelopeKey": base64(&wrapped),
        "IV": base64(&from_hex(IV)),
    });
    shop.file("store/old", body);
    shop.file("store/oldINSTRUCTION_SUFFIX", file.to_string());
    let (uri, prefix) = (shop.uri("store/old"), shop.uri("store/"));
    let files = "read.envelope = [\"instruction-file\"]";
    shop.policy(&format!("{OPTED_IN}\n{files}"));
    let answer = shop.run(&["get", &uri, "out"]);
    assert_eq!(answer.status, Some(1), "{answer:?}");

    let suffix = "read.instruction_suffix = \"INSTRUCTION_SUFFIX\"";
    shop.policy(&format!("{OPTED_IN}\n{files}\n{suffix}"));
    let answer = shop.done(&["get", &uri, "out"]);
    assert_eq!(shop.read("out"), text);
    assert!(
        answer.stderr.contains("without authentication"),
        "{answer:?}"
    );
    shop.done(&["get", "-r", &prefix, "all"]);
    assert_eq!(
        all_files(&shop.path("all")),
        [("old".to_owned(), text.to_vec())]
    );

    // It is as legacy as any other V1.
    shop.policy(&format!("{files}\n{suffix}"));
    let answer = shop.run(&["get", &uri, "none"]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
}

#[test]
fn a_migration_of_v1_v2_and_plaintext_killed_twenty_times_ends_in_v3_alone() {
    let shop = Shop::new();
    shop.policy("write.format = \"V2\"");
    for number in 0..30_u8 {
        let bytes = vec![number; usize::from(number) * 4001];
        shop.file(&format!("in/v2/{number}"), bytes);
    }
    shop.done(&["put", "-r", "in", &shop.uri("store/")]);
    for number in 0..30_u8 {
        let bytes = vec![number; usize::from(number) * 3001];
        shop.file(&format!("in/plain/{number}"), &bytes);
        shop.file(&format!("store/plain/{number}"), &bytes);
        let bytes = vec![number; usize::from(number) * 2003];
        shop.file(&format!("in/v1/{number}"), &bytes);
        v1(&shop, &format!("v1/{number}"), &bytes);
    }
    shop.policy(OPTED_IN);
    let prefix = shop.uri("store/");
    let args = ["reencrypt", "-r", "--plaintext", "encrypt", &prefix];
    killed_times(20, |_| shop.command(&args));
    shop.done(&args);
    shop.policy("");
    let document = shop.json(&["inspect", "-r", &prefix], 0);
    assert_eq!(document["summary"]["done"], 90);
    for object in document["objects"].as_array().unwrap() {
        assert_eq!(object["format"], "V3", "{object}");
    }
    let document = shop.json(&["verify", "-r", &prefix], 0);
    assert_eq!(outcome(&document, &shop.uri("store/v1/7")), "done");
    shop.done(&["get", "-r", &prefix, "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
}
