//! Another key protects the objects of a prefix, and their content stays as it is.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::rig::private;

use super::shop::{Shop, all_files, killed_times, outcome};

const READS_FILES: &str = "read.envelope = [\"metadata\", \"instruction-file\"]";

/// The user metadata of an object, as the store keeps it.
fn metadata(shop: &Shop, name: &str) -> BTreeMap<String, String> {
    let text = shop.read(&format!("{name}.metadata.json"));
    let sidecar: Value = serde_json::from_slice(&text).unwrap();
    let bodies = sidecar["bodies"].as_array().unwrap();
    assert_eq!(bodies.len(), 1, "{sidecar}");
    serde_json::from_value(bodies[0]["metadata"].clone()).unwrap()
}

/// Three objects below `store/` with the key 1, and the key 2 for new ones.
fn rotated(policy: &str) -> Shop {
    let shop = Shop::new();
    shop.policy(policy);
    shop.file("in/a", b"some text");
    shop.file("in/b/c", b"more text");
    shop.file("in/empty", b"");
    shop.done(&["put", "-r", "in", &shop.uri("store/")]);
    shop.keys(&["1", "2"]);
    shop
}

/// All objects open with the key 2 alone.
fn opens_with_the_new_key(shop: &Shop) {
    shop.keys(&["2"]);
    let _ = fs::remove_dir_all(shop.path("out"));
    shop.done(&["get", "-r", &shop.uri("store/"), "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
}

#[test]
fn the_new_key_opens_what_was_rewrapped_and_the_content_is_untouched() {
    for (format, stay, go) in [
        (
            "V3",
            ["x-amz-c", "x-amz-d", "x-amz-i"].as_slice(),
            "x-amz-3",
        ),
        (
            "V2",
            [
                "x-amz-iv",
                "x-amz-cek-alg",
                "x-amz-unencrypted-content-length",
            ]
            .as_slice(),
            "x-amz-key-v2",
        ),
    ] {
        let shop = rotated(&format!("write.format = \"{format}\""));
        let (before, body) = (metadata(&shop, "store/a"), shop.read("store/a"));
        let prefix = shop.uri("store/");
        let document = shop.json(&["rewrap", "-r", "--prove", &prefix], 0);
        assert_eq!(document["summary"]["done"], 3, "{document}");
        for object in document["objects"].as_array().unwrap() {
            assert_eq!(object["proved"], true);
            assert_eq!(object["description"]["provost:generation"], "2");
        }
        let after = metadata(&shop, "store/a");
        for name in stay {
            assert_eq!(before[*name], after[*name], "{name}");
        }
        assert_ne!(before[go], after[go]);
        assert_eq!(shop.read("store/a"), body);

        let again = all_files(&shop.path("store"));
        let document = shop.json(&["rewrap", "-r", &prefix], 0);
        assert_eq!(document["summary"]["skipped"], 3, "{document}");
        assert_eq!(document["summary"]["done"], 0);
        assert_eq!(all_files(&shop.path("store")), again);
        opens_with_the_new_key(&shop);
    }
}

#[test]
fn the_old_key_under_a_new_name_is_found_out_by_the_proof() {
    let shop = rotated("");
    let store = shop.path("store");
    let store = store.display();
    let lines = format!("{store}/ 1 1.key\n{store}/b/ other 1.key\n");
    private(&shop.path("keys.list"), lines);
    let uri = shop.uri("store/b/c");
    let answer = shop.run(&["rewrap", "--prove", &uri]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    let words = "the old key still opens what is stored now";
    assert!(answer.stderr.contains(words), "{answer:?}");
    // What was written opens, and is what the present key is asked for.
    shop.done(&["verify", &uri]);
}

#[test]
fn an_envelope_goes_where_it_is_asked_to_and_back() {
    let shop = rotated(READS_FILES);
    let prefix = shop.uri("store/");
    shop.done(&[
        "rewrap",
        "-r",
        "--prove",
        "--to",
        "instruction-file",
        &prefix,
    ]);
    assert!(shop.path("store/b/c.instruction").exists());
    assert!(!metadata(&shop, "store/a").contains_key("x-amz-3"));
    assert!(metadata(&shop, "store/a").contains_key("x-amz-d"));
    opens_with_the_new_key(&shop);
    // Where it is it stays, and with the present key it is not written again.
    let before = all_files(&shop.path("store"));
    let document = shop.json(&["rewrap", "-r", &prefix], 0);
    assert_eq!(document["summary"]["skipped"], 3);
    assert_eq!(all_files(&shop.path("store")), before);
    let document = shop.json(&["rewrap", "-r", "--to", "metadata", &prefix], 0);
    assert_eq!(document["summary"]["done"], 3, "{document}");
    let left = all_files(&shop.path("store"));
    assert!(left.iter().all(|(name, _)| !name.contains(".instruction")));
    opens_with_the_new_key(&shop);
}

#[test]
fn an_instruction_file_where_none_is_read_is_refused_before_anything_is_written() {
    let shop = rotated("");
    let before = all_files(&shop.path("store"));
    let answer = shop.run(&[
        "rewrap",
        "-r",
        "--to",
        "instruction-file",
        &shop.uri("store/"),
    ]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(answer.stderr.contains("`read.envelope`"), "{answer:?}");
    assert_eq!(all_files(&shop.path("store")), before);
}

#[test]
fn what_is_not_authentic_is_not_rewrapped() {
    let shop = rotated("");
    // The wrap, the commitment, and with --verify-content the content.
    for (name, value) in [("x-amz-3", 'A'), ("x-amz-d", 'B')] {
        let sidecar = String::from_utf8(shop.read("store/a.metadata.json")).unwrap();
        let stored = &metadata(&shop, "store/a")[name];
        let first = stored.chars().next().unwrap();
        let other = if first == value { 'C' } else { value };
        let changed = stored.replacen(first, &other.to_string(), 1);
        shop.file("store/a.metadata.json", sidecar.replace(stored, &changed));
        let before = all_files(&shop.path("store"));
        let answer = shop.run(&["rewrap", &shop.uri("store/a")]);
        assert_eq!(answer.status, Some(1), "{name}: {answer:?}");
        assert_eq!(all_files(&shop.path("store")), before, "{name}");
        shop.file("store/a.metadata.json", sidecar);
    }
    let mut body = shop.read("store/a");
    body[0] ^= 1;
    shop.file("store/a", body);
    let before = shop.read("store/a.metadata.json");
    let document = shop.json(
        &["rewrap", "-r", "--verify-content", &shop.uri("store/")],
        1,
    );
    assert_eq!(outcome(&document, &shop.uri("store/a")), "failed");
    assert_eq!(outcome(&document, &shop.uri("store/empty")), "done");
    assert_eq!(shop.read("store/a.metadata.json"), before);
}

#[test]
fn killed_at_any_moment_a_rewrap_is_completed_by_another_run() {
    let shop = Shop::new();
    shop.policy(READS_FILES);
    for number in 0..100 {
        shop.file(&format!("in/{number}"), format!("object {number}"));
    }
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    shop.keys(&["1", "2"]);
    killed_times(12, |round| {
        let mut args = vec!["rewrap", "-r", &prefix];
        if round % 2 == 1 {
            args.extend(["--to", "instruction-file"]);
        }
        shop.command(&args)
    });
    shop.done(&["rewrap", "-r", "--to", "metadata", "--prove", &prefix]);
    let left = all_files(&shop.path("store"));
    // A file that goes leaves its metadata for a moment, which a kill may be in.
    assert!(left.iter().all(|(name, _)| !name.ends_with(".instruction")));
    opens_with_the_new_key(&shop);
}
