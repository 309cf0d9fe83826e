//! What `export_providers!` refuses, with its words.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[test]
fn mistakes_are_refused_with_a_message() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}

/// trybuild cannot choose the panic strategy, so this calls the compiler itself: with the contract's
/// library that lies beside this test, and a source that it accepts otherwise.
#[test]
fn a_library_that_would_abort_is_refused() {
    let unwinding = libraries()
        .into_iter()
        .find(|library| compile(library, "unwind").0);
    let library = unwinding.expect("no library of the contract beside this test");
    let (accepted, words) = compile(&library, "abort");
    assert!(!accepted);
    let expected = "error: a provider library must be built with panic = \"unwind\": with \
                    \"abort\" its panics would end the host's process";
    assert!(words.contains(expected), "{words}");
}

/// The contract, as cargo built it: more than once, if its dependencies or flags ever changed.
fn libraries() -> Vec<PathBuf> {
    let found = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = found
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("libprovost_plugin_api-"))
        })
        .collect();
    found.sort_by_key(|path| path.metadata().and_then(|m| m.modified()).unwrap());
    found.reverse();
    found
}

fn folder() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.parent().unwrap().to_owned()
}

/// Whether the source is accepted, and what the compiler says.
fn compile(library: &Path, panic: &str) -> (bool, String) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/panic-abort/library.rs");
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=library"])
        .args(["--emit=metadata", "--out-dir", env!("CARGO_TARGET_TMPDIR")])
        .arg(format!("-Cpanic={panic}"))
        .arg(format!("-Ldependency={}", folder().display()))
        .arg(format!("--extern=provost_plugin_api={}", library.display()))
        .arg(source)
        .env("CARGO_PKG_NAME", "library")
        .env("CARGO_PKG_VERSION", "1.0.0")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), words)
}
