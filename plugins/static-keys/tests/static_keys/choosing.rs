//! Which key a request gets.

use provost_plugin_api::{
    DecryptRequest, EncryptRequest, EncryptionMaterialsProvider, ErrorKind, MaterialsDescription,
    Purpose,
};

use crate::{Folder, bytes, call, decrypt, description, encrypt, key, provider};

const LIST: &str = "s3://bucket/       2025 base-1\n\
                    s3://bucket/       2026 base-2\n\
                    s3://bucket/logs/  1    logs-1\n\
                    s3://bucket/logs   2    logs-2\n\
                    s3://bucket/logs/  3    logs-3\n\
                    file:///data/      1    data-1\n";

fn folder() -> Folder {
    Folder::with(
        LIST,
        &[
            ("base-1", 1),
            ("base-2", 2),
            ("logs-1", 11),
            ("logs-2", 12),
            ("logs-3", 13),
            ("data-1", 21),
        ],
    )
}

#[test]
fn the_longest_prefix_wins_and_its_newest_generation_encrypts() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    for (uri, first, prefix, generation) in [
        ("s3://bucket/a", 2, "s3://bucket/", "2026"),
        ("s3://bucket/logs-old/a", 2, "s3://bucket/", "2026"),
        ("s3://bucket/logs/a/b", 13, "s3://bucket/logs/", "3"),
        ("s3://bucket/logs", 13, "s3://bucket/logs/", "3"),
        ("file:///data/x", 21, "file:///data/", "1"),
    ] {
        let materials = encrypt(&provider, Some(uri)).unwrap();
        assert_eq!(bytes(&materials), key(first), "{uri}");
        assert_eq!(
            materials.description,
            description(prefix, generation),
            "{uri}"
        );
        assert_eq!(materials.generation, generation, "{uri}");
        assert_eq!(materials.algorithm, "AES/GCM/NoPadding");
    }
}

#[test]
fn every_generation_decrypts_by_the_description_stored() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    for (generation, first) in [("1", 11), ("2", 12), ("3", 13)] {
        let stored = description("s3://bucket/logs/", generation);
        let found = decrypt(&provider, Some("s3://bucket/logs/a"), Some(stored.clone())).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(bytes(&found[0]), key(first));
        assert_eq!(found[0].description, stored);
    }
    // Written by a list that spelt the prefix without its slash; other entries are not ours.
    let stored = description("s3://bucket/logs", "1").with("Path", "s3://elsewhere/");
    let found = decrypt(&provider, Some("s3://bucket/logs/a"), Some(stored)).unwrap();
    assert_eq!(bytes(&found[0]), key(11));
}

#[test]
fn without_a_stored_description_all_generations_of_the_place_newest_first() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let others = MaterialsDescription::new().with("team", "a");
    for stored in [None, Some(MaterialsDescription::new()), Some(others)] {
        let found = decrypt(&provider, Some("s3://bucket/logs/a"), stored).unwrap();
        let keys: Vec<_> = found.iter().map(bytes).collect();
        assert_eq!(keys, [key(13), key(12), key(11)]);
    }
}

#[test]
fn no_more_candidates_than_the_contract_allows() {
    let names: Vec<String> = (1..=10).map(|n| format!("k{n}")).collect();
    let keys: Vec<(&str, u8)> = names.iter().map(String::as_str).zip(1..).collect();
    let lines: Vec<String> = names.iter().map(|n| format!("s3://b/ {n} {n}\n")).collect();
    let folder = Folder::with(&lines.concat(), &keys);
    let provider = folder.provider().unwrap();
    let found = decrypt(&provider, Some("s3://b/a"), None).unwrap();
    let firsts: Vec<u8> = found.iter().map(|materials| bytes(materials)[0]).collect();
    assert_eq!(firsts, [10, 9, 8, 7, 6, 5, 4, 3]);
    // The description still finds those that are no candidates.
    let found = decrypt(
        &provider,
        Some("s3://b/a"),
        Some(description("s3://b/", "k1")),
    )
    .unwrap();
    assert_eq!(bytes(&found[0]), key(1));
}

#[test]
fn keys_of_one_prefix_do_not_open_objects_of_another() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    for (uri, prefix, generation) in [
        ("file:///data/x", "s3://bucket/logs/", "1"),
        ("s3://bucket/a", "s3://bucket/logs/", "1"),
        ("s3://bucket/logs/a", "s3://bucket/", "2025"), // covers it, but a longer one does too
        ("s3://bucket/logs-old/a", "s3://bucket/logs/", "1"),
    ] {
        let error = decrypt(&provider, Some(uri), Some(description(prefix, generation)));
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{uri}: {error}");
        assert!(error.message().contains(uri) && error.message().contains("allow_moved"));
    }
}

#[test]
fn the_place_is_the_hosts_word_and_never_the_stored_descriptions() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let stored = description("s3://bucket/logs/", "1").with("Path", "s3://bucket/logs/a");
    for uri in [None, Some("s3://bucket/a")] {
        assert!(decrypt(&provider, uri, Some(stored.clone())).is_err());
    }
    let stored = MaterialsDescription::new().with("Path", "s3://bucket/logs/a");
    let found = decrypt(&provider, Some("s3://bucket/a"), Some(stored)).unwrap();
    assert_eq!(bytes(&found[0]), key(2));
}

#[test]
fn allow_moved_lets_the_description_choose() {
    let folder = folder();
    let provider = provider(folder.conf().with("allow_moved", "true")).unwrap();
    for uri in [Some("file:///data/x"), Some("gs://uncovered/x"), None] {
        let found = decrypt(&provider, uri, Some(description("s3://bucket/logs/", "2"))).unwrap();
        assert_eq!(bytes(&found[0]), key(12));
    }
}

#[test]
fn a_key_listed_for_two_prefixes_opens_objects_of_both() {
    let list = "s3://b/ 1 old\ns3://b/ 2 new\ns3://b/logs/ from-b old\ns3://b/logs/ 1 logs\n";
    let folder = Folder::with(list, &[("old", 1), ("new", 2), ("logs", 3)]);
    let provider = folder.provider().unwrap();
    let before_the_split = decrypt(
        &provider,
        Some("s3://b/logs/a"),
        Some(description("s3://b/", "1")),
    );
    assert_eq!(bytes(&before_the_split.unwrap()[0]), key(1));
    let after = decrypt(
        &provider,
        Some("s3://b/logs/a"),
        Some(description("s3://b/", "2")),
    );
    assert_eq!(after.unwrap_err().kind(), ErrorKind::Denied);
}

#[test]
fn what_is_not_listed_is_not_found() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let uri = Some("s3://bucket/logs/a");
    for stored in [
        description("s3://bucket/logs/", "4"),
        description("s3://other/", "1"),
        description("not a prefix", "1"),
        description("", ""),
    ] {
        let error = decrypt(&provider, uri, Some(stored)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    for entry in ["provost:prefix", "provost:generation"] {
        let half = MaterialsDescription::new().with(entry, "1");
        let error = decrypt(&provider, uri, Some(half)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    }
}

#[test]
fn an_uncovered_place_is_refused_with_the_prefixes_there_are() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let uri = "gs://bucket/x";
    for error in [
        encrypt(&provider, Some(uri)).unwrap_err(),
        decrypt(&provider, Some(uri), None).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        for part in [uri, "s3://bucket/", "s3://bucket/logs/", "file:///data/"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
    let error = encrypt(&provider, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("names no object"), "{error}");
}

#[test]
fn hostile_text_is_quoted_short_and_without_control_characters() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let hostile = format!("\u{1b}[31m\n{}", "x".repeat(100_000));
    let error = decrypt(
        &provider,
        Some("s3://bucket/a"),
        Some(description(&hostile, &hostile)),
    );
    let error = error.unwrap_err();
    assert!(error.message().len() < 1500, "{}", error.message().len());
    assert!(!error.message().contains(char::is_control), "{error}");
}

#[test]
fn dot_segments_do_not_lead_from_one_prefix_into_another() {
    let list = "file:///data/ 1 a\nfile:///data/secret/ 1 b\n";
    let folder = Folder::with(list, &[("a", 1), ("b", 2)]);
    let provider = folder.provider().unwrap();
    for uri in [
        "file:///data/x/../secret/y",
        "file:///data/x/%2e%2E/secret/y",
    ] {
        assert_eq!(
            encrypt(&provider, Some(uri)).unwrap_err().kind(),
            ErrorKind::Denied
        );
        let stored = Some(description("file:///data/", "1"));
        assert_eq!(
            decrypt(&provider, Some(uri), stored).unwrap_err().kind(),
            ErrorKind::Denied
        );
    }
}

#[test]
fn a_populated_description_says_where_to_encrypt_if_no_attribute_does() {
    let folder = folder();
    let provider = folder.provider().unwrap();
    let ask = |uri, entry: &str, path| {
        let populated = MaterialsDescription::new()
            .with(entry, path)
            .with("JobflowId", "j-1");
        let request = EncryptRequest::new(call(uri), Purpose::ObjectStore);
        provider.materials_for_encrypt(&request.with_description(Some(populated)))
    };
    for entry in ["Path", "path", "PATH"] {
        let materials = ask(None, entry, "s3://bucket/logs/a").unwrap();
        assert_eq!(bytes(&materials), key(13));
        assert_eq!(materials.description, description("s3://bucket/logs/", "3"));
    }
    let both = ask(Some("file:///data/x"), "Path", "s3://bucket/logs/a").unwrap();
    assert_eq!(bytes(&both), key(21));
}

#[test]
fn the_star_serves_calls_about_no_object_and_places_nothing_else_covers() {
    let list = "* 1 star\ns3://bucket/ 1 bucket\n";
    let folder = Folder::with(list, &[("star", 1), ("bucket", 2)]);
    let provider = folder.provider().unwrap();
    let request = EncryptRequest::new(call(None), Purpose::LocalDisk);
    let materials = provider.materials_for_encrypt(&request).unwrap();
    assert_eq!(bytes(&materials), key(1));
    let request = DecryptRequest::new(call(None), Purpose::LocalDisk, "AES/GCM")
        .with_description(Some(materials.description));
    let found = provider.materials_for_decrypt(&request).unwrap().into_vec();
    assert_eq!(bytes(&found[0]), key(1));

    assert_eq!(
        bytes(&encrypt(&provider, Some("gs://x/y")).unwrap()),
        key(1)
    );
    assert_eq!(
        bytes(&encrypt(&provider, Some("s3://bucket/y")).unwrap()),
        key(2)
    );
    let star = Some(description("*", "1"));
    let error = decrypt(&provider, Some("s3://bucket/y"), star).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}
