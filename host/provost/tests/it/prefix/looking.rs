//! Looking at whole prefixes: listing, inspecting, verifying.

use super::shop::{Shop, outcome};

#[test]
fn a_report_says_which_key_protects_how_much_and_what_is_not_encrypted() {
    let shop = Shop::new();
    shop.file("in/a", b"four");
    shop.file("in/b", b"more");
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    shop.keys(&["1", "2"]);
    shop.file("more/c", b"text");
    shop.done(&["put", "-r", "more", &prefix]);
    shop.file("store/plain", b"plain");
    let document = shop.json(&["inspect", "-r", &prefix], 0);
    let groups = document["summary"]["protections"].as_array().unwrap();
    let found: Vec<_> = groups
        .iter()
        .map(|group| {
            let generation = &group["description"]["provost:generation"];
            (
                group["format"].as_str(),
                generation.as_str(),
                group["objects"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (None, None, Some(1)),
            (Some("V3"), Some("1"), Some(2)),
            (Some("V3"), Some("2"), Some(1)),
        ],
        "{document}"
    );
    let answer = shop.done(&["inspect", "-r", &prefix]);
    assert_eq!(answer.stdout.lines().count(), 4, "{answer:?}");
    assert!(answer.stdout.contains("not encrypted"), "{answer:?}");
    assert!(
        answer.stdout.ends_with("4 objects looked at, 17 bytes\n"),
        "{answer:?}"
    );
}

#[test]
fn verifying_names_what_is_not_encrypted_and_writes_nothing() {
    let shop = Shop::new();
    shop.file("in/a", b"four");
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    shop.file("store/plain", b"plain");
    let before = super::shop::all_files(&shop.path("store"));
    let document = shop.json(&["verify", "-r", &prefix], 1);
    assert_eq!(outcome(&document, &shop.uri("store/a")), "done");
    assert_eq!(outcome(&document, &shop.uri("store/plain")), "failed");
    assert_eq!(document["summary"]["plaintext_bytes"], 4);
    assert_eq!(super::shop::all_files(&shop.path("store")), before);
    // One object, without -r.
    let uri = shop.uri("store/a");
    let answer = shop.done(&["verify", &uri]);
    assert_eq!(answer.stdout, format!("{uri}: 4 bytes verified\n"));
}

#[test]
fn thousands_of_objects_are_listed_in_order_with_their_plaintext_sizes() {
    let shop = Shop::new();
    for number in 0..2500 {
        shop.file(&format!("in/{number:04}"), vec![1; number % 50]);
    }
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "--jobs", "16", "in", &prefix]);
    let document = shop.json(&["ls", "--jobs", "32", &prefix], 0);
    let objects = document["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 2500);
    for (number, object) in objects.iter().enumerate() {
        assert_eq!(object["uri"], shop.uri(&format!("store/{number:04}")));
        assert_eq!(object["plaintext_bytes"], number % 50);
    }
}
