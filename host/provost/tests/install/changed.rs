//! What was changed by hand after it was installed.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use provost::install::{InstallError, Installation, Provenance, RollbackError};

use crate::rig::{CHAIN, KEY, current, install, is_set, names, set};

type Change = fn(&Path);

/// A generation whose files were changed: the file, the change, and what is said.
const CHANGES: &[(&str, Change, &str)] = &[
    (
        CHAIN,
        |path| std::fs::remove_file(path).unwrap(),
        "it is not there",
    ),
    (KEY, |path| chmod(path, 0o640), "mode 0640, expected 0600"),
    (
        CHAIN,
        |path| chmod(path, 0o4644),
        "mode 4644, expected 0644",
    ),
    (KEY, append, "1201 bytes, expected 1200"),
    (CHAIN, flip, "SHA-256 "),
];

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn append(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.push(b'x');
    std::fs::write(path, bytes).unwrap();
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[7] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn rollback_error(at: &Installation) -> InstallError {
    match at.rollback(Ok::<_, ()>).unwrap_err() {
        RollbackError::Install(error) => error,
        RollbackError::Refused { .. } => panic!("it was not to be validated"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_generation_is_not_rolled_back_to() {
    for (name, change, problem) in CHANGES {
        let folder = tempfile::tempdir().unwrap();
        let at = Installation::at(folder.path());
        install(&at, "first");
        install(&at, "second");
        let path = folder.path().join("generations/1").join(name);
        change(&path);
        let error = rollback_error(&at);
        assert!(matches!(error, InstallError::Changed { .. }), "{error}");
        let expected = format!("`{}` is not as it was installed: {problem}", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(current(folder.path()).unwrap(), "generations/2");
    }
}

#[test]
fn files_that_are_no_files_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    install(&at, "second");
    let path = folder.path().join("generations/1").join(KEY);
    std::fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert_eq!(
        rollback_error(&at).to_string(),
        format!("`{}` is a symbolic link, expected a file", path.display())
    );
}

#[test]
fn files_that_were_changed_are_installed_anew() {
    for (name, change, _) in CHANGES {
        let folder = tempfile::tempdir().unwrap();
        let at = Installation::at(folder.path());
        install(&at, "first");
        change(&folder.path().join("generations/1").join(name));
        let again = install(&at, "first");
        assert_eq!((again.unchanged, again.generation), (false, 2), "{name}");
        assert!(is_set(&folder.path().join("generations/2"), "first"));
    }
}

#[test]
fn a_link_to_a_generation_that_is_gone_is_an_error_and_installing_repairs_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    for label in ["a", "b", "c"] {
        install(&at, label);
    }
    std::fs::remove_dir_all(folder.path().join("generations/3")).unwrap();
    let expected = format!(
        "`{}` leads to generation 3, which is not there",
        folder.path().join("current").display()
    );
    assert_eq!(at.current().unwrap_err().to_string(), expected);
    // Even then the numbers go on, and what is left is what to roll back to.
    let installed = install(&at, "c");
    assert_eq!((installed.generation, installed.previous), (4, Some(2)));
    assert_eq!(names(&folder.path().join("generations")), ["2", "4"]);
    assert!(at.rollback(Ok::<_, ()>).is_ok());
    assert!(is_set(&folder.path().join("generations/2"), "b"));
}

#[test]
fn a_manifest_is_read_with_care() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    let path = folder.path().join("generations/1/generation.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let mut twice: serde_json::Value = serde_json::from_str(&good).unwrap();
    let file = twice["files"][0].clone();
    twice["files"].as_array_mut().unwrap().push(file);
    for (text, problem) in [
        (String::new(), "is damaged: EOF"),
        ("[1]".to_owned(), "is damaged: "),
        (
            good.replace("\"version\": 1", "\"version\": 2"),
            "has version 2; this build reads",
        ),
        (
            good.replace("\"generation\": 1", "\"generation\": 2"),
            "is that of generation 2, exp",
        ),
        (good.replace("null", "1"), "is damaged: "),
        (
            good.replace("\"previous\": null", "\"previous\": 1"),
            "names its own generation as the previous one",
        ),
        (
            good.replace(KEY, "../privateKey.pem"),
            "is damaged: '/' cannot be in a file name",
        ),
        (
            good.replace("\"version\"", "\"more\": 1, \"version\""),
            "is damaged: unknown field",
        ),
        (
            good.replace(": 1200", ": 99999999"),
            "lists `privateKey.pem` with more bytes than",
        ),
        (
            good.replace("\"private\"", "\"public\""),
            "lists `privateKey.pem` without its SHA-256",
        ),
        (
            good.replace("\"public\"", "\"private\""),
            "lists `certificateChain.pem` with a SHA-256, although it is private",
        ),
        (twice.to_string(), "lists `privateKey.pem` twice"),
        (
            format!("{good}{}", " ".repeat(65536)),
            "has more than 65536 bytes",
        ),
    ] {
        assert_ne!(text, good, "{problem}");
        std::fs::write(&path, &text).unwrap();
        let error = at.current().unwrap_err();
        assert!(matches!(error, InstallError::Manifest { .. }), "{error}");
        let expected = format!("`{}` {problem}", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let expected = format!("`{}` is not there", path.display());
    assert_eq!(at.current().unwrap_err().to_string(), expected);

    let installed = at.install(&set("second"), &Provenance::new("")).unwrap();
    assert_eq!((installed.generation, installed.previous), (2, None));
}

#[test]
fn a_generation_without_a_manifest_is_removed_if_all_that_is_in_it_is_known() {
    type Damage = fn(&Path);
    let damages: [Damage; 2] = [
        |manifest| std::fs::remove_file(manifest).unwrap(),
        |manifest| std::fs::write(manifest, "{").unwrap(),
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let at = Installation::at(folder.path());
        let generations = folder.path().join("generations");
        for label in ["a", "b"] {
            install(&at, label);
        }
        damage(&generations.join("1/generation.json"));
        let foreign = generations.join("1/notes.txt");
        std::fs::write(&foreign, "mine").unwrap();
        let warnings: Vec<_> = install(&at, "c")
            .warnings
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let left = format!("`{}` was left as it is", foreign.display());
        assert!(warnings[0].starts_with(&left), "{warnings:?}");
        assert!(warnings[1].contains("generation.json` "), "{warnings:?}");
        assert_eq!(names(&generations), ["1", "2", "3"]);
        assert!(generations.join("1").join(KEY).exists(), "all or nothing");

        std::fs::remove_file(&foreign).unwrap();
        assert!(install(&at, "d").warnings.is_empty());
        assert_eq!(names(&generations), ["3", "4"]);
    }
}

#[test]
fn text_of_a_manifest_is_cleaned_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = Installation::at(folder.path());
    install(&at, "first");
    let path = folder.path().join("generations/1/generation.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"first\"", r#""\u001b[2J""#)).unwrap();
    assert_eq!(
        at.current().unwrap().unwrap().manifest().source,
        "\\u{1b}[2J"
    );
}
