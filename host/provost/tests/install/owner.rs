//! To whom private files are given.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use provost::install::{Installation, Owner};

use crate::rig::{CHAIN, KEY, TRUSTED, install, mode};

fn owner(path: &Path) -> (u32, u32) {
    let facts = path.symlink_metadata().unwrap();
    (facts.uid(), facts.gid())
}

#[test]
fn private_files_are_given_to_their_owner_and_nothing_else_is() {
    if rustix::process::geteuid().as_raw() != 0 {
        eprintln!("NOT TESTED: only root can give files to somebody else");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let owned_by = |text: &str| {
        let owner: Owner = text.parse().unwrap();
        Installation::at(folder.path()).with_owner(Some(owner))
    };
    install(&owned_by("65534:65533"), "first");
    let generation = folder.path().join("generations/1");
    assert_eq!(owner(&generation.join(KEY)), (65534, 65533));
    assert_eq!(mode(&generation.join(KEY)), 0o600);
    for name in [CHAIN, TRUSTED, "generation.json", ""] {
        assert_eq!(owner(&generation.join(name)), (0, 0), "{name}");
    }
    let manifest = Installation::at(folder.path()).current().unwrap().unwrap();
    assert_eq!(manifest.manifest().file(KEY).unwrap().owner, 65534);
    assert!(manifest.read().is_ok());

    // The same files for the same owner are the same; for another one they are not.
    assert!(install(&owned_by("65534:65533"), "first").unchanged);
    let mut generation = 1;
    for (text, expected) in [
        ("65534:0", (65534, 0)),
        ("65533:0", (65533, 0)),
        ("0:0", (0, 0)),
    ] {
        generation += 1;
        assert_eq!(install(&owned_by(text), "first").generation, generation);
        let path = folder.path().join(format!("generations/{generation}"));
        assert_eq!(owner(&path.join(KEY)), expected);
    }
    assert!(install(&Installation::at(folder.path()), "first").unchanged);

    // A key that was given to somebody by hand is not what was installed.
    let key = folder.path().join("generations/4").join(KEY);
    std::os::unix::fs::chown(&key, Some(65534), None).unwrap();
    let current = Installation::at(folder.path()).current().unwrap().unwrap();
    let error = current.read().unwrap_err().to_string();
    assert!(error.ends_with("owner 65534, expected 0"), "{error}");
}
