//! Rolling back.

use std::path::Path;

use provost::install::{InstallError, Installation, Provenance, Role, RollbackError};
use provost_core::tls::RawTlsFiles;

use crate::rig::{contents, current, install, is_set, names, set};

type Refusal = RollbackError<&'static str>;

fn accept(raw: RawTlsFiles) -> Result<Vec<u8>, &'static str> {
    raw.certificate_chain.ok_or("no chain")
}

fn error(at: &Installation) -> InstallError {
    match at.rollback(accept).unwrap_err() {
        Refusal::Install(error) => error,
        other => panic!("{other}"),
    }
}

fn in_force(folder: &Path, label: &str) -> bool {
    is_set(&folder.join(current(folder).unwrap()), label)
}

#[test]
fn a_rollback_returns_to_the_generation_before_and_a_second_one_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    for label in ["a", "b", "c"] {
        install(&at, label);
    }
    for (label, generation, previous) in [("b", 2, 3), ("c", 3, 2), ("b", 2, 3)] {
        let back = at.rollback(accept).unwrap();
        assert_eq!(
            (back.generation, back.previous),
            (generation, Some(previous))
        );
        assert_eq!(back.validated, contents(label)[1].1);
        assert!(back.warnings.is_empty());
        assert!(in_force(folder.path(), label));
        assert_eq!(names(&folder.path().join("generations")), ["2", "3"]);
        let roles = [(generation, Role::Current), (previous, Role::Previous)];
        for listed in at.list().unwrap() {
            assert!(roles.contains(&(listed.number, listed.role)), "{listed:?}");
        }
    }
    // What is installed next is new, and what was rolled back from is gone.
    let installed = install(&at, "d");
    assert_eq!((installed.generation, installed.previous), (4, Some(2)));
    assert_eq!(names(&folder.path().join("generations")), ["2", "4"]);
    at.rollback(accept).unwrap();
    assert!(in_force(folder.path(), "b"));
}

#[test]
fn what_no_longer_holds_is_not_switched_to() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "a");
    install(&at, "b");
    let refused = at.rollback(|_| Err::<(), _>("it has expired")).unwrap_err();
    let RollbackError::Refused { generation, reason } = refused else {
        panic!("{refused}");
    };
    assert_eq!((generation, reason), (1, "it has expired"));
    assert!(in_force(folder.path(), "b"));
    assert!(at.rollback(accept).is_ok());
}

#[test]
fn there_is_nothing_to_roll_back_to_before_the_second_installation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let at = Installation::at(path);
    let nothing = format!("nothing is installed in `{}`", path.display());
    assert_eq!(error(&at).to_string(), nothing);
    assert!(
        names(path).is_empty(),
        "a folder of something else stays as it is"
    );
    let absent = Installation::at(path.join("absent"));
    assert!(matches!(
        error(&absent),
        InstallError::NothingInstalled { .. }
    ));

    install(&at, "a");
    let none = format!("generation 1 in `{}` has no previous one", path.display());
    assert_eq!(error(&at).to_string(), none);
    std::fs::remove_file(path.join("current")).unwrap();
    assert_eq!(error(&at).to_string(), nothing);
}

#[test]
fn a_previous_generation_that_was_removed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "a");
    install(&at, "b");
    let path = folder.path().join("generations/1");
    std::fs::remove_dir_all(&path).unwrap();
    assert_eq!(
        error(&at).to_string(),
        format!(
            "the previous generation, `{}`, is not there",
            path.display()
        )
    );
    assert!(in_force(folder.path(), "b"));
    let again = at.install(&set("b"), &Provenance::new("")).unwrap();
    assert_eq!((again.unchanged, again.previous), (true, None));
}

#[test]
fn from_a_generation_that_is_damaged_or_gone_a_rollback_returns_to_the_latest_usable_one() {
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |generation| std::fs::remove_dir_all(generation).unwrap(),
        |generation| std::fs::remove_file(generation.join("generation.json")).unwrap(),
        |generation| std::fs::write(generation.join("generation.json"), "{").unwrap(),
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let generations = folder.path().join("generations");
        let at = Installation::at(folder.path());
        install(&at, "a");
        install(&at, "b");
        // What a run left that was killed before it switched was never in force.
        std::fs::create_dir(generations.join("3")).unwrap();
        for name in names(&generations.join("2")) {
            std::fs::copy(
                generations.join("2").join(&name),
                generations.join("3").join(&name),
            )
            .unwrap();
        }
        let manifest = generations.join("3/generation.json");
        let text = std::fs::read_to_string(&manifest).unwrap();
        std::fs::write(
            &manifest,
            text.replace("\"generation\": 2", "\"generation\": 3"),
        )
        .unwrap();

        damage(&generations.join("2"));
        let expected = at.current().unwrap_err().to_string();
        let refused = at.rollback(|_| Err::<(), _>("it has expired")).unwrap_err();
        assert!(matches!(
            refused,
            RollbackError::Refused { generation: 1, .. }
        ));
        assert_eq!(at.current().unwrap_err().to_string(), expected);

        let back = at.rollback(accept).unwrap();
        assert_eq!(
            (back.generation, back.replaced, back.previous),
            (1, 2, None)
        );
        assert!(in_force(folder.path(), "a"));
        let none = format!(
            "generation 1 in `{}` has no previous one",
            folder.path().display()
        );
        assert_eq!(error(&at).to_string(), none);
        assert_eq!(install(&at, "c").previous, Some(1));
    }
}

#[test]
fn where_nothing_usable_is_left_a_rollback_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "a");
    std::fs::remove_dir_all(folder.path().join("generations/1")).unwrap();
    let expected = at.current().unwrap_err().to_string();
    assert_eq!(error(&at).to_string(), expected);
    assert_eq!(current(folder.path()).unwrap(), "generations/1");
}
