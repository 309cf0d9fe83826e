//! `[tls]`: where artifacts go, and which roots are trusted beside their own.

use std::path::{Path, PathBuf};

use provost_core::config::{DefaultRootsSource, FileOwner, HostConfiguration, Origin};

use crate::{assert_has, clean, host, host_with, one_error, sample, underlined};

fn tls(lines: &str) -> String {
    format!("[tls]\n{lines}\n")
}

fn roots(host: &HostConfiguration) -> String {
    host.tls.default_roots.to_string()
}

#[test]
fn without_a_table_the_systems_roots_are_trusted_and_nothing_is_installed() {
    for text in ["", "[tls]\n"] {
        let host = clean(host(text));
        assert_eq!(host.tls.directory.get(), Path::new("/var/lib/provost/tls"));
        assert!(host.tls.owner.is_none());
        assert_eq!(*host.tls.default_roots.get(), DefaultRootsSource::Native);
        assert_eq!(host.tls.default_roots.origin(), &Origin::Default);
        assert!(!*host.tls.strict.get());
    }
}

#[test]
fn the_sample_names_a_folder_and_an_owner() {
    let host = clean(host(&sample("provost.toml")));
    let directory = &host.tls.directory;
    assert_eq!(directory.get(), Path::new("/etc/provost/tls"));
    let owner = host.tls.owner.as_ref().unwrap();
    assert_eq!(owner.user(), "hadoop");
    assert_eq!(owner.group(), Some("hadoop"));
    assert!(matches!(
        host.tls.default_roots.origin(),
        Origin::File { .. }
    ));
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let host_of = |lines: &str| clean(host(&tls(lines)));
    let host = host_of("directory = \"tls\"\ndefault_roots = \"pem:roots.pem\"\nstrict = true");
    let directory = &host.tls.directory;
    assert_eq!(directory.get(), Path::new("/etc/provost/tls"));
    assert_eq!(roots(&host), "pem:/etc/provost/roots.pem");
    assert!(*host.tls.strict.get());
    let host = host_of("default_roots = \"cacerts:../java/cacerts\"");
    assert_eq!(roots(&host), "cacerts:/etc/provost/../java/cacerts");
    let host = host_of("default_roots = \"pem:/roots:2024.pem\"");
    let path = PathBuf::from("/roots:2024.pem");
    assert_eq!(host.tls.default_roots.get(), &DefaultRootsSource::Pem(path));
}

#[test]
fn the_environment_wins_over_the_table() {
    let text = tls("directory = \"/a\"\ndefault_roots = \"webpki\"");
    let environment = [
        ("PROVOST_TLS_DIRECTORY", "here"),
        ("PROVOST_TLS_DEFAULT_ROOTS", "pem:roots.pem"),
    ];
    // With a table and without one.
    for text in [text.as_str(), ""] {
        let host = clean(host_with(text, &environment));
        let directory = &host.tls.directory;
        // Where the program was started, not where the file is.
        assert_eq!(directory.get(), Path::new("here"));
        assert_eq!(roots(&host), "pem:roots.pem");
        let name = "PROVOST_TLS_DEFAULT_ROOTS";
        assert_eq!(
            host.tls.default_roots.origin(),
            &Origin::Environment { name }
        );
    }
    let unset = environment.map(|(name, _)| (name, ""));
    let host = clean(host_with(&text, &unset));
    assert_eq!(host.tls.directory.get(), Path::new("/a"));
    assert_eq!(
        host.tls.default_roots.origin(),
        &Origin::File { line: 3 },
        "empty variables count as unset"
    );
}

#[test]
fn a_variable_that_names_no_roots_is_refused_by_its_name() {
    let error = one_error(host_with("", &[("PROVOST_TLS_DEFAULT_ROOTS", "system")]));
    assert_has(
        &error.to_string(),
        "environment variable PROVOST_TLS_DEFAULT_ROOTS:1:1: `system` names no trusted roots: \
         expected one of native, webpki, none, pem:PATH, cacerts:PATH",
    );
}

#[test]
fn what_is_no_source_of_roots_is_refused_with_the_accepted_set() {
    let accepted = "expected one of native, webpki, none, pem:PATH, cacerts:PATH";
    for (value, part) in [
        ("system", accepted),
        ("Native", accepted),
        ("", accepted),
        ("/etc/ssl/cert.pem", accepted),
        ("jks:/etc/cacerts", accepted),
        ("native:", accepted),
        ("pem:", "`pem:` without the path of a file"),
        ("cacerts:", "`cacerts:` without the path of a file"),
        ("pem:a\\u0000b", "`pem:` without the path of a file"),
    ] {
        let error = one_error(host(&tls(&format!("default_roots = \"{value}\""))));
        assert_has(error.message(), part);
        assert_eq!(underlined(&error), format!("\"{value}\""));
        assert_has(error.hint_text().unwrap(), "cacerts:PATH");
    }
}

#[test]
fn a_source_of_roots_is_shown_as_it_is_written() {
    for text in ["native", "webpki", "none", "pem:a/b.pem", "cacerts:/c"] {
        let source: DefaultRootsSource = text.parse().unwrap();
        assert_eq!(source.to_string(), text);
    }
}

#[test]
fn an_owner_is_a_user_and_perhaps_a_group() {
    for (text, user, group) in [
        ("hadoop", "hadoop", None),
        ("hadoop:hadoop", "hadoop", Some("hadoop")),
        ("1000:1000", "1000", Some("1000")),
        ("4294967294", "4294967294", None),
        ("host$", "host$", None),
        ("CORP\\svc.kafka:users", "CORP\\svc.kafka", Some("users")),
    ] {
        let owner = FileOwner::parse(text).unwrap();
        assert_eq!((owner.user(), owner.group()), (user, group));
        assert_eq!(owner.to_string(), text);
    }
    for (text, part) in [
        ("", "that is no user; expected USER or USER:GROUP"),
        (":hadoop", "that is no user"),
        ("hadoop:", "that is no group"),
        ("a:b:c", "that is no group"),
        ("two words", "that is no user"),
        ("-1", "that is no user"),
        ("/home/hadoop", "that is no user"),
        // To chown this means: leave the owner as it is.
        ("4294967295", "the number of a user is at most 4294967294"),
        ("0:99999999999999999999", "the number of a group is at most"),
    ] {
        let error = one_error(host(&tls(&format!("owner = \"{text}\""))));
        assert_has(error.message(), part);
        assert_has(error.hint_text().unwrap(), "hadoop:hadoop");
    }
}

#[test]
fn a_field_of_the_table_is_known_and_of_its_kind() {
    for (lines, part) in [
        ("folder = \"/a\"", "unknown field `folder` in tls"),
        ("directory = \"\"", "`` is not a path"),
        ("directory = 1", "`directory` is a number, expected text"),
        (
            "owner = 1000",
            "`owner` is a number, expected text in quotes",
        ),
        ("default_roots = true", "`default_roots` is a boolean"),
        ("strict = \"true\"", "expected `true` or `false`"),
    ] {
        assert_has(one_error(host(&tls(lines))).message(), part);
    }
    assert_has(
        one_error(host("tls = \"/etc/provost/tls\"")).message(),
        "`tls` is text, expected a table",
    );
    let error = one_error(host(&tls("default_root = \"native\"")));
    assert_has(error.hint_text().unwrap(), "did you mean `default_roots`?");
}

#[test]
fn values_between_braces_are_shown_where_they_are_wrong() {
    let text = "tls = { directory = \"/a\", owner = \"a b\", default_roots = \"none\" }";
    let error = one_error(host(text));
    assert_eq!(underlined(&error), "\"a b\"");
    assert_eq!(error.excerpt().unwrap().text, text, "nothing is hidden");
}
