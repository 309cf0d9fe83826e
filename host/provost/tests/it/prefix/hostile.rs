//! Names in a store are anybody's: nothing outside the folder is written.

use std::fs;
use std::os::unix::fs::symlink;

use super::shop::{Shop, all_files};

#[test]
fn no_symbolic_link_in_the_folder_leads_a_file_out_of_it() {
    let shop = Shop::new();
    shop.file("in/a/file", b"text");
    shop.file("in/b", b"text");
    shop.file("in/c", b"text");
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    fs::create_dir_all(shop.path("outside")).unwrap();
    fs::create_dir(shop.path("out")).unwrap();
    symlink("../outside", shop.path("out/a")).unwrap();
    symlink("../outside/b", shop.path("out/b")).unwrap();
    for mode in [None, Some("--force"), Some("--skip-existing")] {
        let mut args = vec!["get", "-r", &prefix, "out"];
        args.extend(mode);
        let document = shop.json(&args, 1);
        assert_eq!(document["summary"]["failed"], 2);
        assert!(all_files(&shop.path("outside")).is_empty(), "{mode:?}");
        fs::remove_file(shop.path("out/c")).unwrap();
    }
}

#[test]
fn an_object_that_needs_a_folder_where_another_is_a_file_fails_by_name() {
    let shop = Shop::new();
    // Files cannot be laid out so; a store with other keys can.
    shop.file("in/a", b"text");
    shop.file("out/b", b"in the way");
    shop.file("in/b/c", b"text");
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    let answer = shop.run(&["get", "-r", &prefix, "out"]);
    assert_eq!(answer.status, Some(1), "{answer:?}");
    assert!(
        answer.stderr.contains("`b` is there and is no folder"),
        "{answer:?}"
    );
    assert_eq!(shop.read("out/b"), b"in the way");
    assert_eq!(shop.read("out/a"), b"text");
}

#[test]
fn a_changed_object_gives_no_file_and_keeps_nobody_from_the_others() {
    let shop = Shop::new();
    for name in ["a", "b", "c"] {
        shop.file(&format!("in/{name}"), b"some text");
    }
    let prefix = shop.uri("store/");
    shop.done(&["put", "-r", "in", &prefix]);
    let mut body = shop.read("store/b");
    body[0] ^= 1;
    shop.file("store/b", body);
    let answer = shop.run(&["get", "-r", &prefix, "out"]);
    assert_eq!(answer.status, Some(1));
    let uri = shop.uri("store/b");
    assert!(
        answer.stderr.contains(&format!("failed: `{uri}`")),
        "{answer:?}"
    );
    let files = all_files(&shop.path("out"));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);

    let document = shop.json(&["verify", "-r", &prefix], 1);
    assert_eq!(document["summary"]["done"], 2);
    assert_eq!(super::shop::outcome(&document, &uri), "failed");
}
