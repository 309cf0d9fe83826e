//! What a key list may say.

use provost_plugin_api::{Conf, ConfValue, ErrorKind, SecretBytes};
use provost_static_keys::{Generation, KeyList, KeyListError, LineProblem};

use crate::{Folder, provider};

/// The line and the problem of a list that is refused, with key files `a`, `b` and `sub dir/c`.
fn refused(list: &str) -> (usize, LineProblem) {
    let folder = Folder::with(list, &[("a", 1), ("b", 2), ("sub dir/c", 3)]);
    let path = folder.path().join("keys.list");
    match KeyList::load(&path).unwrap_err() {
        KeyListError::Line {
            list,
            line,
            problem,
        } => {
            assert_eq!(list, path);
            (line, problem)
        }
        other => panic!("not about a line: {other}"),
    }
}

#[test]
fn comments_blank_lines_and_quotes() {
    let list = "# keys\n\n  s3://logs/  1  a  # the old one\r\n\
                \"s3://my logs/\" 1 \"sub dir/c\"\ns3://logs 2#b b\n";
    let folder = Folder::with(list, &[("a", 1), ("b", 2), ("sub dir/c", 3)]);
    let keys = KeyList::load(&folder.path().join("keys.list")).unwrap();
    let listed: Vec<(String, Vec<&str>)> = keys
        .prefixes()
        .iter()
        .map(|p| {
            (
                p.prefix().to_string(),
                p.newest_first().map(Generation::name).collect(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("s3://logs/".to_owned(), vec!["2#b", "1"]),
            ("s3://my logs/".to_owned(), vec!["1"]),
        ]
    );
}

#[test]
fn key_files_are_found_beside_the_list_and_behind_links() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1)]);
    let elsewhere = Folder::new();
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("keys.list"), &link).unwrap();
    assert!(KeyList::load(&link).is_ok());

    let absolute = folder.key("absolute", 7);
    folder.list(&format!("s3://b/ 1 {}\n", absolute.display()));
    assert!(KeyList::load(&link).is_ok());
}

#[test]
fn each_mistake_is_named_with_its_line() {
    let (line, problem) = refused("# x\ns3://b/ 1\n");
    assert!(line == 2 && matches!(problem, LineProblem::Fields { got: 2 }));
    let (line, problem) = refused("s3://b/ 1 a\n\ns3://b/ 2 sub dir/c\n");
    assert!(line == 3 && matches!(problem, LineProblem::Fields { got: 4 }));
    for list in ["s3://b/ 1 \"a", "s3://b/ 1 a\"b", "s3://b/ \"1\"x a"] {
        let (line, problem) = refused(list);
        assert!(
            line == 1 && matches!(problem, LineProblem::Quote),
            "{list}: {problem}"
        );
    }
    let (_, problem) = refused("data/ 1 a\n");
    assert!(matches!(problem, LineProblem::Prefix(_)), "{problem}");
    let long = "g".repeat(65);
    for generation in ["\"\"", "\"a b\"", "\u{e9}", &long] {
        let (_, problem) = refused(&format!("s3://b/ {generation} a\n"));
        assert!(
            matches!(problem, LineProblem::Generation(_)),
            "{generation}: {problem}"
        );
    }
    let (line, problem) = refused("s3://b/ 1 a\ns3://b/ 2 missing\n");
    assert!(
        line == 2 && matches!(problem, LineProblem::KeyFile(_)),
        "{problem}"
    );
    assert!(problem.to_string().contains("missing"), "{problem}");
    let (line, problem) = refused("s3://b/ 1 keys.list\n");
    assert!(
        line == 1 && matches!(problem, LineProblem::KeyFile(_)),
        "{problem}"
    );
}

#[test]
fn a_generation_is_listed_once_for_each_prefix() {
    let (line, problem) = refused("s3://b/ 1 a\ns3://c/ 1 a\ns3://b 1 b\n");
    assert_eq!(line, 3);
    assert!(
        matches!(problem, LineProblem::Repeated { first: 1, .. }),
        "{problem}"
    );
}

#[test]
fn a_rotation_to_the_same_key_is_refused() {
    let (line, problem) = refused("s3://b/ 1 a\ns3://b/ 2 a\n");
    assert_eq!(line, 2);
    assert!(
        matches!(problem, LineProblem::SameKey { first: 1, .. }),
        "{problem}"
    );
}

#[test]
fn a_list_without_keys_or_with_other_bytes_is_refused() {
    let folder = Folder::with("# nothing\n", &[]);
    let path = folder.path().join("keys.list");
    assert!(matches!(
        KeyList::load(&path),
        Err(KeyListError::Empty { .. })
    ));
    folder.file("keys.list", b"s3://b/ 1 \xff", 0o644);
    assert!(matches!(
        KeyList::load(&path),
        Err(KeyListError::NotUtf8 { at: 10, .. })
    ));
}

#[test]
fn a_list_that_others_can_change_is_refused() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1)]);
    folder.file("keys.list", b"s3://b/ 1 a\n", 0o664);
    let error = folder.provider().err().unwrap();
    assert_eq!(
        (error.kind(), error.conf_key()),
        (ErrorKind::Configuration, Some("keys"))
    );
    assert!(error.message().contains("chmod go-w"), "{error}");
}

#[test]
fn a_list_cut_anywhere_gives_an_error_or_nothing_that_it_did_not_say() {
    let whole = "s3://b/ 1 a\n\"s3://c d/\" 2 \"sub dir/c\" # x\ns3://b/ 3 b\n";
    let folder = Folder::with(whole, &[("a", 1), ("b", 2), ("sub dir/c", 3)]);
    let path = folder.path().join("keys.list");
    let uncut = KeyList::load(&path).unwrap();
    assert_eq!(listed(&uncut).len(), 3);
    let mut refused = 0;
    for end in 0..whole.len() {
        folder.list(&whole[..end]);
        match KeyList::load(&path) {
            Ok(cut) => assert!(listed(&cut).iter().all(|key| listed(&uncut).contains(key))),
            Err(_) => refused += 1,
        }
    }
    assert!(
        refused > whole.len() / 2,
        "{refused} of {} cuts refused",
        whole.len()
    );
}

/// Every prefix, generation and key of a list.
fn listed(keys: &KeyList) -> Vec<(&str, &str, &[u8])> {
    let mut listed = Vec::new();
    for keys in keys.prefixes() {
        for generation in keys.newest_first() {
            let key = generation.key().secret_bytes();
            listed.push((keys.prefix().as_str(), generation.name(), key));
        }
    }
    listed
}

#[test]
fn configuration_mistakes_name_their_key() {
    let folder = Folder::with("s3://b/ 1 a\n", &[("a", 1)]);
    let mut secret = Conf::new();
    secret.insert("keys", ConfValue::Secret(SecretBytes::copy_from(b"/x")));
    for (conf, key, says) in [
        (Conf::new(), "keys", "not set"),
        (Conf::new().with("keys", ""), "keys", "empty"),
        (Conf::new().with("keys", "keys.list"), "keys", "absolute"),
        (
            Conf::new().with("keys", "s3://b/keys.list"),
            "keys",
            "local files only",
        ),
        (
            Conf::new().with("keys", "/missing/keys.list"),
            "keys",
            "/missing/keys.list",
        ),
        (
            folder.conf().with("allow_moved", "yes"),
            "allow_moved",
            "`true` or `false`",
        ),
        (secret, "keys", "secret"),
    ] {
        let error = provider(conf).err().unwrap();
        assert_eq!(
            (error.kind(), error.conf_key()),
            (ErrorKind::Configuration, Some(key))
        );
        assert!(error.message().contains(says), "{error}");
    }
}
