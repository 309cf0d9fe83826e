//! The provider to copy out: copied out, built as a third party would build it, and used.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use provost_core::config::Isolation;

use crate::plugins::private_folder;
use crate::rig::{Rig, Setup, in_both_modes, install, private};

const CLASS: &str = "com.example.keys.OneKey";

/// Copies the example and builds it, against the contract of this tree; installs it in `folder`.
fn built(folder: &Path) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let repository = repository.canonicalize().unwrap();
    let example = repository.join("examples/minimal-provider");
    let scratch = tempfile::tempdir().unwrap();
    let copy = scratch.path();
    fs::create_dir(copy.join("src")).unwrap();
    for name in ["Cargo.lock", "src/lib.rs"] {
        fs::copy(example.join(name), copy.join(name)).unwrap();
    }
    let manifest = fs::read_to_string(example.join("Cargo.toml")).unwrap();
    let (here, there) = ("\"../../plugin-api\"", repository.join("plugin-api"));
    assert!(manifest.contains(here), "{manifest}");
    let manifest = manifest.replace(here, &format!("{:?}", there.display().to_string()));
    fs::write(copy.join("Cargo.toml"), manifest).unwrap();

    // Kept between runs, so that only the first one compiles the dependencies.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("minimal-provider");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--target-dir"])
        .arg(&target)
        .current_dir(copy)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("warning"), "{said}");
    let library = folder.join("libminimal_provider.so");
    install(
        &library,
        fs::read(target.join("debug/libminimal_provider.so")).unwrap(),
    );
    library
}

fn host(library: &Path, isolation: Isolation, key: impl AsRef<[u8]>) -> Rig {
    let setup = Setup::new(CLASS, isolation).library(library);
    private(&setup.root().join("key.bin"), key);
    setup.conf("key", "{ file = \"key.bin\" }").build()
}

#[test]
fn the_example_builds_outside_this_workspace_and_encrypts() {
    let folder = private_folder();
    let library = built(folder.path());
    in_both_modes(|isolation| {
        let key: Vec<u8> = (0..32).map(|n| n * 3 + 1).collect();
        let rig = host(&library, isolation, &key);
        let stored = rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.description.get("key-name"), Some("one"));
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");

        let rig = host(&library, isolation, &key[..31]);
        let error = rig.provider().unwrap_err();
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(text.contains("`key` has 31 bytes, expected 32"), "{text}");
    });
}
