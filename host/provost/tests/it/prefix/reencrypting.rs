//! Old formats and plaintext become V3, with new data keys.

use std::fs;

use super::shop::{Shop, all_files, killed_times, outcome};

/// Objects of V2, of V3 and of no encryption at all.
fn mixed() -> Shop {
    let shop = Shop::new();
    shop.file("in/v2/a", b"some text");
    shop.file("in/v2/empty", b"");
    shop.file("in/v2/large", vec![5; 3_000_000]);
    shop.policy("write.format = \"V2\"");
    shop.done(&["put", "-r", "in", &shop.uri("store/")]);
    shop.policy("");
    shop.file("in/v3", b"three");
    shop.done(&["put", "in/v3", &shop.uri("store/v3")]);
    shop.file("in/plain", b"plain text");
    shop.file("store/plain", b"plain text");
    shop
}

fn all_are_v3(shop: &Shop) {
    let prefix = shop.uri("store/");
    let document = shop.json(&["inspect", "-r", &prefix], 0);
    for object in document["objects"].as_array().unwrap() {
        assert_eq!(object["format"], "V3", "{object}");
    }
    let _ = fs::remove_dir_all(shop.path("out"));
    shop.done(&["get", "-r", &prefix, "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
}

#[test]
fn what_is_not_encrypted_is_failed_skipped_or_encrypted_as_asked() {
    let shop = mixed();
    let prefix = shop.uri("store/");
    let plain = shop.uri("store/plain");
    let answer = shop.run(&["reencrypt", "-r", &prefix]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("--plaintext fail, skip or encrypt"),
        "{answer:?}"
    );
    assert!(answer.stdout.contains("3 were V2"), "{answer:?}");
    assert_eq!(shop.read("store/plain"), b"plain text");

    let document = shop.json(&["reencrypt", "-r", "--plaintext", "fail", &prefix], 1);
    assert_eq!(outcome(&document, &plain), "failed");
    let document = shop.json(&["reencrypt", "-r", "--plaintext", "skip", &prefix], 0);
    assert_eq!(outcome(&document, &plain), "skipped");
    assert_eq!(document["summary"]["done"], 0, "{document}");
    assert_eq!(shop.read("store/plain"), b"plain text");
    let document = shop.json(&["reencrypt", "-r", "--plaintext", "encrypt", &prefix], 0);
    assert_eq!(outcome(&document, &plain), "done");
    assert_eq!(document["summary"]["from"]["plaintext"], 1);
    all_are_v3(&shop);
}

#[test]
fn v3_objects_are_left_alone_unless_all_are_asked_for() {
    let shop = mixed();
    let uri = shop.uri("store/v3");
    let before = shop.read("store/v3");
    let answer = shop.done(&["reencrypt", &uri]);
    assert_eq!(answer.stdout, format!("{uri}: left as it is: it is V3\n"));
    assert_eq!(shop.read("store/v3"), before);
    shop.done(&["reencrypt", "--all", &uri]);
    assert_ne!(shop.read("store/v3"), before);
    fs::create_dir(shop.path("one")).unwrap();
    shop.done(&["get", &uri, "one/v3"]);
    assert_eq!(shop.read("one/v3"), b"three");
}

#[test]
fn an_object_that_does_not_open_to_its_end_is_left_as_it_is() {
    let shop = mixed();
    let mut body = shop.read("store/v2/large");
    let middle = body.len() / 2;
    body[middle] ^= 1;
    shop.file("store/v2/large", body);
    let before = all_files(&shop.path("store/v2"));
    let uri = shop.uri("store/v2/large");
    let answer = shop.run(&["reencrypt", &uri]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.stderr.contains("is not authentic"), "{answer:?}");
    assert_eq!(all_files(&shop.path("store/v2")), before);
}

#[test]
fn an_instruction_file_goes_when_the_envelope_is_in_metadata() {
    let shop = Shop::new();
    let reads = "read.envelope = [\"metadata\", \"instruction-file\"]";
    shop.policy(&format!(
        "write.format = \"V2\"\nwrite.envelope = \"instruction-file\"\n{reads}"
    ));
    shop.file("in/a", b"some text");
    shop.done(&["put", "-r", "in", &shop.uri("store/")]);
    shop.policy(reads);
    // A file of an older object that a run which was killed left behind.
    shop.file("in/b", b"more text");
    shop.done(&["put", "in/b", &shop.uri("store/b")]);
    for suffix in ["", ".metadata.json"] {
        let from = format!("store/a.instruction{suffix}");
        shop.file(&format!("store/b.instruction{suffix}"), shop.read(&from));
    }
    let document = shop.json(&["reencrypt", "-r", &shop.uri("store/")], 0);
    assert_eq!(outcome(&document, &shop.uri("store/a")), "done");
    assert_eq!(outcome(&document, &shop.uri("store/b")), "skipped");
    let left = all_files(&shop.path("store"));
    assert!(
        left.iter().all(|(name, _)| !name.contains(".instruction")),
        "{left:?}"
    );
    all_are_v3(&shop);
}

#[test]
fn a_prefix_that_writes_v2_is_not_turned_into_v3() {
    let shop = mixed();
    shop.policy("write.format = \"V2\"");
    let answer = shop.run(&["reencrypt", &shop.uri("store/v2/a")]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("write.format = \"V3\""),
        "{answer:?}"
    );
}

#[test]
fn killed_at_any_moment_a_migration_is_completed_by_another_run() {
    let shop = Shop::new();
    shop.policy("write.format = \"V2\"");
    for number in 0..80 {
        shop.file(
            &format!("in/{number}"),
            vec![number; usize::from(number) * 5000],
        );
    }
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    for number in 80..100 {
        let text = format!("plain {number}");
        shop.file(&format!("in/{number}"), &text);
        shop.file(&format!("store/{number}"), &text);
    }
    shop.policy("");
    let args = ["reencrypt", "-r", "--plaintext", "encrypt", &prefix];
    killed_times(20, |_| shop.command(&args));
    shop.done(&args);
    all_are_v3(&shop);
}
