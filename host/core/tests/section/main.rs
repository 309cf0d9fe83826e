//! The section and ELF checks on libraries that a C compiler made, whole, cut, flipped and forged.

#![allow(clippy::unwrap_used)] // a failure here is a failure of the test

mod image;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use proptest::prelude::*;
use provost_core::section::{
    ClassKind, LibraryFacts, LoadPolicy, Machine, SECTION_LIMIT, SectionError, THIS_TARGET,
    check_loadable,
};

/// Room that the section of a test library has for other contents.
const ROOM: usize = 2000;

fn contents(target: &str) -> String {
    format!(
        r#"{{"provost":1,"abi":"1.0","package":{{"name":"acme-keys","version":"2.3.4"}},
        "build":{{"rustc":"1.95.0","target":"{target}","panic":"unwind","future":[1]}},
        "classes":[
          {{"kind":"materials","name":"com.acme.Keys","needs":["files"],
            "conf":[{{"key":"dir","required":true,"secret":false,"help":"where the \"keys\" are"}},
                    {{"key":"pin","secret":true}}]}},
          {{"kind":"tls","name":"com.acme.Tls"}}
        ],"later":{{}}}}"#
    )
}

/// Compiles a library; `flags` come last.
fn compile(name: &str, source: &str, flags: &[&str]) -> Vec<u8> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (input, output) = (
        dir.join(format!("{name}.c")),
        dir.join(format!("{name}.out")),
    );
    std::fs::write(&input, source).unwrap();
    let status = Command::new("cc")
        .arg("-o")
        .arg(&output)
        .arg(&input)
        .args(flags)
        .current_dir(&dir)
        .status()
        .expect("a C compiler");
    assert!(status.success(), "cc failed for {name}");
    std::fs::read(output).unwrap()
}

fn source(json: &str) -> String {
    let bytes: Vec<String> = json.bytes().map(|byte| byte.to_string()).collect();
    format!(
        "__attribute__((section(\".provost\"), used)) static const unsigned char s[{ROOM}] = {{{}}};\n\
         int provost_plugin_v1 = 1;\nint f(void) {{ return s[0]; }}\n",
        bytes.join(",")
    )
}

const SHARED: [&str; 2] = ["-shared", "-fPIC"];

/// An honest library.
fn honest() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    // Otherwise the C library, which nothing here uses, would be left out, and the segments would
    // differ from machine to machine.
    let flags = [
        "-shared",
        "-fPIC",
        "-Wl,--no-as-needed",
        "-Wl,-z,max-page-size=4096,-z,separate-code",
    ];
    BYTES.get_or_init(|| compile("honest", &source(&contents(THIS_TARGET)), &flags))
}

fn section_at(bytes: &[u8]) -> usize {
    let start = br#"{"provost":"#;
    let mut windows = bytes.windows(start.len());
    windows.position(|window| window == start).unwrap()
}

/// The honest library with another section.
fn with_section(json: &str) -> Vec<u8> {
    let mut bytes = honest().to_vec();
    let at = section_at(&bytes);
    bytes[at..at + ROOM].fill(0);
    bytes[at..at + json.len()].copy_from_slice(json.as_bytes());
    bytes
}

fn with_byte(at: usize, value: u8) -> Vec<u8> {
    let mut bytes = honest().to_vec();
    bytes[at] = value;
    bytes
}

fn refused(bytes: &[u8]) -> SectionError {
    LibraryFacts::read(bytes).unwrap_err()
}

fn not_loadable(bytes: &[u8]) -> SectionError {
    let facts = LibraryFacts::read(bytes).unwrap();
    check_loadable(&facts, &LoadPolicy::new()).unwrap_err()
}

#[test]
fn an_honest_library_is_read_and_may_be_loaded() {
    let facts = LibraryFacts::read(honest()).unwrap();
    assert_eq!(facts.machine, Machine::THIS);
    assert_eq!(facts.needed, ["libc.so.6"]);
    assert_eq!(facts.run_path, None);
    assert!(facts.has_entry);
    assert_eq!(facts.abi.to_string(), "1.0");
    assert_eq!(
        (facts.package.name.as_str(), facts.package.version.as_str()),
        ("acme-keys", "2.3.4")
    );
    assert_eq!(facts.build.rustc, "1.95.0");
    let kinds: Vec<_> = facts.classes.iter().map(|class| class.kind).collect();
    assert_eq!(kinds, [ClassKind::Materials, ClassKind::Tls]);
    let keys = facts.class("com.acme.Keys").unwrap();
    assert_eq!(keys.needs, ["files"]);
    let [dir, pin] = keys.conf.as_slice() else {
        panic!("{keys:?}")
    };
    assert_eq!(
        (dir.key.as_str(), dir.required, dir.secret),
        ("dir", true, false)
    );
    assert_eq!(dir.help, r#"where the "keys" are"#);
    assert_eq!(
        (pin.key.as_str(), pin.required, pin.secret),
        ("pin", false, true)
    );
    check_loadable(&facts, &LoadPolicy::new()).unwrap();
}

#[test]
fn a_library_cut_anywhere_is_an_error() {
    let whole = honest();
    for length in 0..whole.len() {
        let error = refused(&whole[..length]);
        if length >= 64 {
            let SectionError::Truncated { end, len, .. } = error else {
                panic!("{length}: {error:?}")
            };
            assert_eq!(len, length as u64);
            assert!(
                end > len && end <= whole.len() as u64,
                "{length}: ends at {end}"
            );
        }
    }
}

#[test]
fn a_flipped_byte_gives_an_error_or_facts() {
    let mut bytes = honest().to_vec();
    let (mut read, mut refused) = (0, 0);
    for at in 0..bytes.len() {
        for mask in [0xff, 1 << (at % 8)] {
            bytes[at] ^= mask;
            match LibraryFacts::read(&bytes) {
                Ok(facts) => {
                    let _ = check_loadable(&facts, &LoadPolicy::new());
                    read += 1;
                }
                Err(error) => {
                    assert!(
                        !error.to_string().chars().any(char::is_control),
                        "{error:?}"
                    );
                    refused += 1;
                }
            }
            bytes[at] ^= mask;
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

#[test]
fn what_is_no_library_says_what_it_is() {
    let cases = [
        (
            b"".to_vec(),
            "not an ELF file: it starts with nothing, expected 7f 45 4c 46",
        ),
        (
            b"#!/bin/sh\n".to_vec(),
            "not an ELF file: it starts with 23 21 2f 62, expected 7f 45 4c 46",
        ),
        (
            with_byte(4, 1),
            "not a 64-bit library: ELF class 1, expected 2",
        ),
        (
            with_byte(5, 2),
            "not a little-endian library: ELF data encoding 2, expected 1",
        ),
        (
            with_byte(16, 2),
            "not a shared library: ELF type 2, expected 3 (ET_DYN)",
        ),
        (
            compile(
                "program",
                "int main(void) { return 0; }",
                &["-pie", "-fPIE"],
            ),
            "not a shared library: it is a position-independent executable",
        ),
        (
            compile("other", "int f(void) { return 0; }", &SHARED),
            "not a provider library: it has no section `.provost`",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refused(&bytes).to_string(), expected);
    }
}

#[test]
fn a_library_of_another_machine_is_read_and_not_loaded() {
    let bytes = with_byte(18, 243);
    let facts = LibraryFacts::read(&bytes).unwrap();
    assert_eq!(facts.package.name, "acme-keys");
    let message = not_loadable(&bytes).to_string();
    assert_eq!(
        message,
        format!("built for riscv, this host runs on {}", Machine::THIS)
    );
}

#[test]
fn contract_target_panic_strategy_and_entry_are_checked_before_loading() {
    let honest = contents(THIS_TARGET);
    let cases = [
        (
            honest.replace("\"1.0\"", "\"2.7\""),
            "built for plugin contract 2.7, this host speaks 1.x".to_owned(),
        ),
        (
            contents("mips-acme-os"),
            format!("built for target `mips-acme-os`, this host is `{THIS_TARGET}`"),
        ),
        (
            honest.replace("unwind", "abort"),
            "built with panic = \"abort\", expected \"unwind\": a panic could not be contained"
                .to_owned(),
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(not_loadable(&with_section(&json)).to_string(), expected);
    }
    let entryless = source(&honest).replace("provost_plugin_v1", "provost_plugin_v0");
    let error = not_loadable(&compile("entryless", &entryless, &SHARED));
    assert_eq!(error, SectionError::NoEntry);
    let imported = source(&honest).replace(
        "int provost_plugin_v1 = 1;",
        "extern int provost_plugin_v1; int *p = &provost_plugin_v1;",
    );
    let error = not_loadable(&compile("imported", &imported, &SHARED));
    assert_eq!(error, SectionError::NoEntry);
}

#[test]
fn a_run_path_is_refused() {
    for (name, tags) in [
        ("runpath", "-Wl,--enable-new-dtags"),
        ("rpath", "-Wl,--disable-new-dtags"),
    ] {
        let flags = ["-shared", "-fPIC", tags, "-Wl,-rpath,/tmp/x"];
        let error = not_loadable(&compile(name, &source(&contents(THIS_TARGET)), &flags));
        assert_eq!(
            error,
            SectionError::RunPath {
                got: "/tmp/x".to_owned()
            }
        );
    }
}

#[test]
fn an_unlisted_needed_library_is_refused_by_name_and_a_listed_one_allowed() {
    let library = "int g(void) { return 0; }";
    compile(
        "extra",
        library,
        &["-shared", "-fPIC", "-Wl,-soname,libextra.so.1"],
    );
    let flags = ["-shared", "-fPIC", "-Wl,--no-as-needed", "./extra.out"];
    let needing = compile("needing", &source(&contents(THIS_TARGET)), &flags);
    let flags = ["-shared", "-fPIC", "-Wl,-F,libextra.so.1"];
    let filter = compile("filter", &source(&contents(THIS_TARGET)), &flags);
    for bytes in [needing, filter] {
        let SectionError::Needed { name, allowed } = not_loadable(&bytes) else {
            panic!("loadable")
        };
        assert_eq!(name, "libextra.so.1");
        assert!(allowed.contains(&"libc.so.6".to_owned()));
        let facts = LibraryFacts::read(&bytes).unwrap();
        check_loadable(&facts, &LoadPolicy::new().allow_needed(["libextra.so.1"])).unwrap();
    }
}

#[test]
fn contents_that_break_a_rule_are_refused_with_the_field() {
    let honest = contents(THIS_TARGET);
    let cases = [
        (
            "\"provost\":1",
            "\"provost\":2",
            "section `.provost` has layout 2, this host reads layout 1",
        ),
        (
            "\"1.0\"",
            "\"one\"",
            "section `.provost`: abi is `one`, expected two numbers joined by a dot",
        ),
        (
            "\"1.0\"",
            "\"+1.0\"",
            "section `.provost`: abi is `+1.0`, expected two numbers joined by a dot",
        ),
        (
            "\"tls\"",
            "\"cat\"",
            "section `.provost`: kind of a class is `cat`, expected `materials` or `tls`",
        ),
        (
            "com.acme.Tls",
            "com.acme.Keys",
            "section `.provost`: class `com.acme.Keys` is declared twice",
        ),
        (
            "\"pin\"",
            "\"dir\"",
            "section `.provost`: configuration key `dir` is declared twice",
        ),
        (
            "com.acme.Tls",
            "com..Tls",
            "section `.provost`: name of a class is `com..Tls`, expected two or more identifiers joined by dots, at most 255 bytes",
        ),
        (
            "2.3.4",
            "2\\u001b[2J",
            "section `.provost`: package.version is `2\\u{1b}[2J`, expected 1 to 255 bytes without control characters",
        ),
    ];
    for (from, to, expected) in cases {
        let bytes = with_section(&honest.replacen(from, to, 1));
        assert_eq!(refused(&bytes).to_string(), expected);
    }
    let no_classes = format!("{}[]}}", honest.split_once("[\n").unwrap().0);
    let message = refused(&with_section(&no_classes)).to_string();
    assert_eq!(
        message,
        "section `.provost`: classes is ``, expected at least one class"
    );
    let twice = honest.replacen("\"abi\"", "\"abi\":\"1.0\",\"abi\"", 1);
    assert!(
        refused(&with_section(&twice))
            .to_string()
            .contains("duplicate field `abi`")
    );
    assert!(matches!(
        refused(&with_section("{\"provost\":")),
        SectionError::Json { .. }
    ));
}

#[test]
fn every_cut_of_the_section_is_an_error() {
    let json = contents(THIS_TARGET);
    for length in "{\"provost\":".len()..json.len() {
        let error = refused(&with_section(&json[..length]));
        assert!(
            matches!(error, SectionError::Json { .. }),
            "{length}: {error:?}"
        );
    }
}

#[test]
fn a_huge_section_is_not_read() {
    let size = SECTION_LIMIT + 1;
    let huge = source(&contents(THIS_TARGET)).replace(&format!("[{ROOM}]"), &format!("[{size}]"));
    let error = refused(&compile("huge", &huge, &SHARED));
    let limit = SECTION_LIMIT as u64;
    assert_eq!(
        error,
        SectionError::SectionSize {
            got: limit + 1,
            limit
        }
    );
}

proptest! {
    #[test]
    fn any_bytes_give_an_error_or_facts(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0];
        bytes.extend(tail);
        prop_assert!(LibraryFacts::read(&bytes).is_err());
    }

    #[test]
    fn any_damage_to_a_library_gives_an_error_or_facts(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 1..20),
        headers in any::<bool>(),
    ) {
        let mut bytes = honest().to_vec();
        // Half of the cases hit the headers, where nearly every field matters.
        let end = if headers { 1024 } else { bytes.len() - 8 };
        for (at, value) in changes {
            let at = at.index(end);
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        if let Ok(facts) = LibraryFacts::read(&bytes) {
            let _ = check_loadable(&facts, &LoadPolicy::new());
        }
    }

    #[test]
    fn any_section_gives_an_error_or_facts(junk in "[\\[\\]{}\":,a-z0-9.\\\\ ]{0,200}", at in any::<prop::sample::Index>()) {
        let mut json = contents(THIS_TARGET);
        let at = at.index(json.len());
        json.insert_str(at, &junk);
        let start = section_at(honest());
        let mut bytes = honest().to_vec();
        bytes[start..start + json.len().min(ROOM)].copy_from_slice(&json.as_bytes()[..json.len().min(ROOM)]);
        let _ = LibraryFacts::read(&bytes);
    }
}
