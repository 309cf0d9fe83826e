//! A configured secret is in no error and in no line of the log, whatever its provider does.

use std::process::Command;
use std::time::{Duration, Instant};

use provost_core::config::Isolation;

use crate::log;
use crate::plugins::private_folder;
use crate::rig::{Setup, all_words, at_once, hostile_library, in_both_modes, pipe, private, says};

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
fn a_declared_secret_is_refused_as_plain_text_and_its_value_is_not_shown() {
    in_both_modes(|isolation| {
        for value in ["\"hunter6\"", "{ env = \"hunter6\" }"] {
            let rig = leak(isolation, "error", value).build();
            let error = rig.provider().unwrap_err();
            says(&error, &["provost.toml:", "`password`", "is a secret"]);
            let hint = error.hint().unwrap();
            assert!(hint.contains("\"password\" = { file = "), "{hint}");
            assert!(hint.contains("\"password\" = { secret = "), "{hint}");
            // No line of the file is shown with it.
            assert!(error.diagnostics().is_none());
            assert!(rig.host.registry().point(&error).is_none());
            let words = all_words(&error);
            assert!(!words.contains("hunter6"), "{words}");
        }
    });
}

#[test]
fn a_declared_secret_under_a_misspelt_name_is_not_shown() {
    let setup = Setup::new("Leak", Isolation::Process).conf("pasword", "\"hunter8\"");
    let error = setup.build().provider().unwrap_err();
    says(&error, &["provost.toml:", "`password`", "is a secret"]);
    assert!(error.diagnostics().is_none());
    let words = all_words(&error);
    assert!(!words.contains("hunter8"), "{words}");
}

#[test]
fn a_declared_secret_is_not_on_the_shown_line_of_another_error() {
    let setup = leak(Isolation::Process, "error", "\"hunter7\"").conf("plaec", "\"x\"");
    let words = all_words(&setup.build().provider().unwrap_err());
    assert!(words.contains("`password`"), "{words}");
    assert!(!words.contains("plaec"), "{words}");
}

#[test]
fn the_check_hides_a_declared_secret_that_is_given_as_plain_text() {
    let folder = private_folder();
    let root = folder.path();
    let configuration = format!(
        "[libraries]\nfiles = [\"{}\"]\n[classes.\"provost.hostile.Leak\".conf]\n\
         password = \"hunter8\"\nplace = \"error\"\n",
        hostile_library().display()
    );
    private(&root.join("provost.toml"), configuration);
    for output in ["text", "json"] {
        let done = Command::new(env!("CARGO_BIN_EXE_provost"))
            .args(["--config", "provost.toml", "--output", output])
            .args(["check", "--explain"])
            .current_dir(root)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned()
            + &String::from_utf8_lossy(&done.stderr);
        assert!(said.contains("(hidden: "), "{said}");
        assert!(said.contains("place"), "{said}");
        assert!(!said.contains("hunter8"), "{said}");
    }
}

#[test]
fn a_secret_from_a_pipe_is_refused_at_once() {
    in_both_modes(|isolation| {
        let setup = leak(isolation, "error", "{ file = \"password\" }");
        pipe(&setup.root().join("password"));
        let words = at_once(move || all_words(&setup.build().provider().unwrap_err()));
        assert!(words.contains("`password`"), "{words}");
        assert!(
            words.contains("a pipe or a device, expected a file"),
            "{words}"
        );
    });
}

#[test]
fn a_secret_from_a_folder_is_refused() {
    let setup = leak(Isolation::Process, "error", "{ file = \"password\" }");
    std::fs::create_dir(setup.root().join("password")).unwrap();
    let words = all_words(&setup.build().provider().unwrap_err());
    assert!(words.contains("Is a directory"), "{words}");
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
