//! A folder becomes objects, and objects become a folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::shop::{Shop, all_files, killed_times, outcome};
use crate::rig::pipe;

/// A folder of files of all kinds of size.
fn folder(shop: &Shop, name: &str) {
    shop.file(&format!("{name}/empty"), b"");
    shop.file(&format!("{name}/a/one"), b"1");
    shop.file(&format!("{name}/a/b/block"), [7; 16]);
    shop.file(&format!("{name}/with space & umlaut ü"), b"text");
    let large: Vec<u8> = (0..3_000_003_u32).map(|n| n.to_le_bytes()[0]).collect();
    shop.file(&format!("{name}/large"), large);
}

#[test]
fn what_was_put_from_a_folder_is_got_into_one_and_nothing_else() {
    let shop = Shop::new();
    folder(&shop, "in");
    let answer = shop.done(&["put", "-r", "in", &shop.uri("store/set/")]);
    assert_eq!(answer.stdout, "5 objects encrypted, 3000024 bytes\n");
    assert_eq!(answer.stderr, "");
    let answer = shop.done(&["get", "-r", &shop.uri("store/set"), "out"]);
    assert_eq!(answer.stdout, "5 objects decrypted, 3000024 bytes\n");
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
    // Plaintext is its owner's.
    for name in ["out/large", "out/a/b/block"] {
        let mode = fs::metadata(shop.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // One object alone is a prefix too.
    shop.done(&["get", "-r", &shop.uri("store/set/a/one"), "alone"]);
    assert_eq!(
        all_files(&shop.path("alone")),
        [("one".to_owned(), b"1".to_vec())]
    );
}

#[test]
fn files_that_exist_are_refused_skipped_or_replaced_as_asked() {
    let shop = Shop::new();
    folder(&shop, "in");
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    shop.file("out/a/one", b"mine");
    let answer = shop.run(&["get", "-r", &prefix, "out"]);
    assert_eq!(answer.status, Some(1));
    assert!(answer.stderr.contains("it exists already"), "{answer:?}");
    assert!(
        answer.stderr.ends_with(
            "error: 1 of 5 objects failed\nhint: each is named above; run the command again when \
             its cause is removed\n"
        ),
        "{answer:?}"
    );
    assert_eq!(shop.read("out/a/one"), b"mine");
    let answer = shop.done(&["get", "-r", "--skip-existing", &prefix, "out"]);
    assert_eq!(answer.stdout, "0 objects decrypted, 0 bytes; 5 skipped\n");
    assert_eq!(shop.read("out/a/one"), b"mine");
    shop.done(&["get", "-r", "--force", &prefix, "out"]);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));

    let document = shop.json(&["put", "-r", "--skip-existing", "in", &prefix], 0);
    assert_eq!(document["summary"]["skipped"], 5);
    assert_eq!(document["summary"]["done"], 0);
    assert_eq!(outcome(&document, &shop.uri("store/a/one")), "skipped");
}

#[test]
fn what_is_no_file_is_skipped_and_what_may_be_no_object_fails_alone() {
    let shop = Shop::new();
    shop.file("in/good", b"good");
    shop.file("in/notes.instruction", b"x");
    shop.file("in/line\nbreak", b"x");
    shop.file("in/x.metadata.json", b"x");
    shop.file("in/.provost-left", b"x");
    shop.file("elsewhere/secret", b"secret");
    symlink("../elsewhere/secret", shop.path("in/link")).unwrap();
    symlink("../elsewhere", shop.path("in/folder")).unwrap();
    pipe(&shop.path("in/pipe"));
    let document = shop.json(&["put", "-r", "in", &shop.uri("store/")], 1);
    let summary = &document["summary"];
    assert_eq!(summary["done"], 1, "{document}");
    assert_eq!(summary["skipped"], 4, "{document}");
    assert_eq!(summary["failed"], 3, "{document}");
    assert_eq!(summary["complete"], true);
    assert_eq!(outcome(&document, &shop.uri("store/good")), "done");
    for name in ["notes.instruction", "x.metadata.json"] {
        let uri = shop.uri(&format!("store/{name}"));
        assert_eq!(outcome(&document, &uri), "failed");
    }
    for name in ["in/link", "in/folder", "in/pipe", "in/.provost-left"] {
        assert_eq!(outcome(&document, name), "skipped");
    }
    let stored = all_files(&shop.path("store"));
    let names: Vec<&str> = stored.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["good", "good.metadata.json"]);
}

#[test]
fn a_folder_and_a_store_in_one_another_are_refused_before_anything_is_written() {
    let shop = Shop::new();
    shop.file("store/in/file", b"text");
    let before = all_files(&shop.path("store"));
    symlink("store", shop.path("link")).unwrap();
    let cases = [
        ["put", "-r", "store/in", "store/"],
        ["put", "-r", "store/in", "store/in"],
        ["put", "-r", "link/in", "store/in/below"],
        ["put", "-r", "store", "link/new/one"],
    ];
    for [verb, r, folder, prefix] in cases {
        let answer = shop.run(&[verb, r, folder, &shop.uri(prefix)]);
        assert_eq!(answer.status, Some(2), "{folder} {prefix}: {answer:?}");
        assert!(answer.stderr.contains("in one another"), "{answer:?}");
    }
    let answer = shop.run(&["get", "-r", &shop.uri("store/"), "store/out"]);
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert_eq!(all_files(&shop.path("store")), before);
}

#[test]
fn killed_at_any_moment_a_second_run_completes_a_put_and_a_get() {
    let shop = Shop::new();
    for number in 0..120 {
        let bytes = vec![number; usize::from(number) * 997];
        shop.file(&format!("in/{}/{number}", number % 7), bytes);
    }
    let prefix = shop.uri("store/");
    let put = ["put", "-r", "--skip-existing", "in", &prefix];
    killed_times(8, |_| shop.command(&put));
    shop.done(&put);
    let get = ["get", "-r", "--skip-existing", &prefix, "out"];
    killed_times(8, |_| shop.command(&get));
    shop.done(&get);
    assert_eq!(all_files(&shop.path("out")), all_files(&shop.path("in")));
    let answer = shop.done(&["verify", "-r", &prefix]);
    assert!(
        answer.stdout.starts_with("120 objects verified"),
        "{answer:?}"
    );
}
