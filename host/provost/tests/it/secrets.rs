//! A configured secret is in no error and in no line of the log, whatever its provider does.

use std::time::{Duration, Instant};

use provost_core::config::Isolation;

use crate::log;
use crate::rig::{Setup, all_words, in_both_modes, private};

/// A class that says its password in `place`; the password is its own for each test.
fn leak(isolation: Isolation, place: &str, password: &str) -> Setup {
    Setup::new("Leak", isolation)
        .conf("place", format!("\"{place}\""))
        .conf("password", password)
}

/// Log lines of a worker arrive by threads of their own.
fn eventually(found: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if found() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn no_error_and_no_log_line_holds_a_secret() {
    let places = [
        "new",
        "error",
        "panic",
        "algorithm",
        "description",
        "wrap-algorithm",
    ];
    for place in places {
        println!("{place}");
        in_both_modes(|isolation| {
            let password = format!("hunter2-{place}-{isolation:?}").to_lowercase();
            let rig = leak(isolation, place, &format!("{{ secret = \"{password}\" }}")).build();
            for _ in 0..2 {
                let error = rig.put("memory://m/x", b"text").unwrap_err();
                let words = all_words(&error);
                assert!(!words.contains(&password), "{words}");
                assert!(words.contains("provost.hostile.Leak"), "{words}");
                // What was taken out was there.
                assert!(error.to_string().contains("[secret]"), "{words}");
            }
            assert!(!format!("{:?}", rig.host).contains(&password));
            drop(rig);
            assert_eq!(log::lines_with(&password), [""; 0]);
        });
    }
    for words in [
        "leak, when built",
        "leak, when called",
        "leak, on stdout",
        "leak, on stderr",
    ] {
        let line = format!("{words}: the password is [secret]");
        let found = || {
            let lines = log::lines_with(&line);
            lines.iter().any(|l| l.contains("provost.hostile.Leak"))
        };
        assert!(eventually(found), "never in the log: {line}");
    }
    assert_eq!(log::lines_with("hunter2-"), [""; 0]);
}

#[test]
fn a_secret_from_a_file_is_kept_as_one() {
    in_both_modes(|isolation| {
        let password = format!("hunter3-{isolation:?}");
        let setup = leak(isolation, "error", "{ file = \"password\" }");
        private(&setup.root().join("password"), format!("{password}\n"));
        let rig = setup.build();
        let error = rig.put("memory://m/x", b"text").unwrap_err();
        let words = all_words(&error);
        assert!(words.contains("https://user:[secret]@backend/"), "{words}");
        assert!(!words.contains(&password), "{words}");
        drop(rig);
        assert_eq!(log::lines_with(&password), [""; 0]);
    });
}

#[test]
fn a_secret_file_that_others_may_read_is_refused_without_its_contents() {
    use std::os::unix::fs::PermissionsExt;
    in_both_modes(|isolation| {
        let setup = leak(isolation, "error", "{ file = \"password\" }");
        let path = setup.root().join("password");
        private(&path, "hunter4");
        let open = std::fs::Permissions::from_mode(0o604);
        std::fs::set_permissions(&path, open).unwrap();
        let rig = setup.build();
        let words = all_words(&rig.provider().unwrap_err());
        assert!(
            words.contains("others may read or write it (mode 0604)"),
            "{words}"
        );
        assert!(!words.contains("hunter4"), "{words}");
    });
}

#[test]
fn a_configuration_shows_where_a_secret_is_from_and_not_what_it_is() {
    let setup = leak(Isolation::Process, "error", "{ secret = \"hunter5\" }");
    let configuration = setup.configuration();
    assert!(!format!("{configuration:?}").contains("hunter5"));
    let explained = configuration.explain();
    let all: Vec<String> = explained.iter().map(|e| format!("{e:?}")).collect();
    assert!(all.iter().any(|line| line.contains("password")), "{all:?}");
    assert!(!all.iter().any(|line| line.contains("hunter5")), "{all:?}");
}
