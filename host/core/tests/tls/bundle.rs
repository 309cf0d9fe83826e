//! The guide's zip: which entries are taken, and what is said about the others.

use provost_core::tls::{ArtifactFile, RawTlsFiles, bundle, limits};

use crate::archive::{Part, archive, archive_with, deflated, part, stored};
use crate::pem::short;

pub(crate) const KEY: &str = "privateKey.pem";
pub(crate) const CHAIN: &str = "certificateChain.pem";
pub(crate) const TRUSTED: &str = "trustedCertificates.pem";

/// Whatever is in the files: the archive is not PEM's business.
pub(crate) fn three() -> Vec<Part> {
    vec![
        deflated(KEY, b"the key"),
        stored(CHAIN, b"the chain"),
        deflated(TRUSTED, b"the trusted"),
    ]
}

/// Reads an archive that has to have these findings.
#[track_caller]
pub(crate) fn expect(zip: &[u8], expected: &[&str]) -> RawTlsFiles {
    let raw = bundle::read(zip);
    assert_eq!(short(&raw.findings), expected, "{:#?}", raw.findings);
    raw
}

/// Reads one archive for each part in place of the key's, and gives the message of its one finding.
#[track_caller]
fn key_as(key: Part, expected: &str) -> String {
    let [_, chain, trusted] = three().try_into().unwrap_or_else(|_| panic!("three"));
    let raw = expect(&archive(&[key, chain, trusted]), &[expected]);
    assert!(raw.private_key.is_none());
    assert_eq!(
        raw.certificate_chain.as_deref(),
        Some(b"the chain".as_slice())
    );
    assert!(raw.findings[0].hint.is_some());
    raw.findings[0].to_string()
}

#[track_caller]
pub(crate) fn assert_three(raw: &RawTlsFiles) {
    let expected = [b"the key".as_slice(), b"the chain", b"the trusted"];
    for (file, expected) in ArtifactFile::ALL.into_iter().zip(expected) {
        assert_eq!(raw.get(file), Some(expected), "{file}");
    }
}

#[test]
fn the_three_files_are_read_in_any_order_and_method() {
    assert_three(&expect(&archive(&three()), &[]));
    let mut other = three();
    other.reverse();
    assert_three(&expect(&archive(&other), &[]));
}

#[test]
fn sizes_may_follow_the_data() {
    for signature in [false, true] {
        let parts = three().into_iter().map(|part| part.streamed(signature));
        assert_three(&expect(&archive(&parts.collect::<Vec<_>>()), &[]));
    }
}

#[test]
fn a_comment_of_any_length_is_allowed() {
    for length in [1, 100, 0xffff] {
        let zip = archive_with(&three(), |end| {
            end.comment = vec![b'c'; length];
            end.comment_length = length.try_into().unwrap();
        });
        assert_three(&expect(&zip, &[]));
    }
}

#[test]
fn trusted_certificates_are_optional_and_the_others_are_not() {
    let only = |names: &[&str]| {
        let parts = three().into_iter();
        let kept = parts.filter(|part| names.iter().any(|name| name.as_bytes() == part.local.name));
        archive(&kept.collect::<Vec<_>>())
    };
    expect(&only(&[KEY, CHAIN]), &[]);
    let raw = expect(&only(&[CHAIN, TRUSTED]), &["E ART-002"]);
    let expected =
        "no privateKey.pem; its 2 entries: `certificateChain.pem`, `trustedCertificates.pem`";
    assert_eq!(raw.findings[0].message, expected);
    expect(&only(&[KEY]), &["E ART-003"]);
    let raw = expect(&archive(&[]), &["E ART-002", "E ART-003"]);
    assert!(raw.findings[0].message.ends_with("the archive is empty"));
}

#[test]
fn a_name_that_is_not_exact_is_told_with_the_name_that_is_needed() {
    for name in [
        "certs/privateKey.pem",
        "./privateKey.pem",
        "PrivateKey.pem",
        "privateKey.PEM",
        "a/b/PRIVATEKEY.pem",
        "privateKey.pem ",
    ] {
        let message = key_as(stored(name, b"the key"), "E ART-004");
        assert!(
            message.contains(name) && message.contains("`privateKey.pem`"),
            "{message}"
        );
    }
    let mut parts = three();
    parts[2].both_names("CERTS/trustedcertificates.pem");
    expect(&archive(&parts), &["E ART-004"]);
    let parts = [
        stored("a/privateKey.pem", b"1"),
        stored("b/privateKey.pem", b"2"),
        stored(CHAIN, b"3"),
    ];
    let raw = expect(&archive(&parts), &["E ART-004"]);
    assert!(
        raw.findings[0].message.contains("1 more like it"),
        "{:?}",
        raw.findings
    );
}

impl Part {
    fn both_names(&mut self, name: &str) {
        self.central.name = name.as_bytes().to_vec();
        self.local.name = name.as_bytes().to_vec();
    }
}

#[test]
fn names_that_are_another_file_are_not_near() {
    for name in ["_privateKey.pem", "privateKey.pem.bak", "privateKey.pem/x"] {
        let mut parts = three();
        parts[0] = stored(name, b"x");
        expect(&archive(&parts), &["E ART-002", "W ART-009"]);
    }
}

#[test]
fn other_entries_are_ignored_with_a_warning() {
    for name in [
        "__MACOSX/._privateKey.pem",
        ".DS_Store",
        "notes.txt",
        "certs/",
        "old/privateKey.pem",
    ] {
        let mut parts = three();
        parts.push(stored(name, b""));
        let raw = expect(&archive(&parts), &["W ART-009"]);
        assert_eq!(raw.findings[0].place.file.as_deref(), Some(name));
        assert_three(&raw);
    }
}

#[test]
fn many_other_entries_are_capped_and_too_many_are_refused() {
    let with = |count: usize| {
        let others = (0..count - 3).map(|n| stored(&format!("{n}.txt"), b"x"));
        archive(&three().into_iter().chain(others).collect::<Vec<_>>())
    };
    let raw = bundle::read(&with(limits::ENTRIES));
    assert_three(&raw);
    assert_eq!(raw.findings.len(), 21);
    assert_eq!(raw.findings[20].message, "977 more of this rule, not shown");
    let raw = expect(&with(limits::ENTRIES + 1), &["E ART-013"]);
    assert_eq!(
        raw.findings[0].message,
        "1001 entries, at most 1000 are read"
    );
}

#[test]
fn a_name_that_occurs_twice_is_refused_also_in_another_case_or_spelling() {
    for second in [
        KEY,
        "PRIVATEKEY.PEM",
        "./privateKey.pem",
        ".//privateKey.pem",
        "privateKey.pem/",
    ] {
        let mut parts = three();
        parts.push(stored(second, b"another key"));
        let raw = expect(&archive(&parts), &["E ART-005"]);
        assert!(
            raw.private_key.is_none(),
            "which of them it is, nobody knows"
        );
    }
    let mut parts = three();
    parts.extend([stored("a/b", b""), stored("a//B", b"")]);
    expect(&archive(&parts), &["E ART-005"]);
    let mut parts = three();
    parts.extend([stored("a/b", b""), stored("b", b""), stored("a.b", b"")]);
    expect(&archive(&parts), &["W ART-009"; 3]);
}

#[test]
fn paths_that_lead_out_of_the_archive_are_refused() {
    for (name, why) in [
        ("../escape.txt", "`..`"),
        ("a/../b", "`..`"),
        ("..", "`..`"),
        ("/etc/passwd", "absolute"),
        ("a\\b", "`\\`"),
        ("C:evil", "drive letter"),
        ("privateKey.pem\0.txt", "NUL"),
        ("", "without a name"),
    ] {
        let mut parts = three();
        parts.push(stored(name, b"x"));
        let raw = expect(&archive(&parts), &["E ART-006", "W ART-009"]);
        assert!(
            raw.findings[0].message.contains(why),
            "{name}: {:?}",
            raw.findings
        );
    }
    for name in ["..privateKey.pem", "a..b/c", "a.b:c"] {
        let mut parts = three();
        parts.push(stored(name, b"x"));
        expect(&archive(&parts), &["W ART-009"]);
    }
}

#[test]
fn an_encrypted_entry_is_refused() {
    for bit in [0, 6, 13] {
        let key = stored(KEY, b"the key").both(|header| header.flags |= 1 << bit);
        let message = key_as(key, "E ART-008");
        assert!(message.contains("privateKey.pem"), "{message}");
    }
}

#[test]
fn other_methods_are_refused_by_name() {
    for (method, name) in [
        (1, "shrink"),
        (9, "deflate64"),
        (12, "bzip2"),
        (14, "LZMA"),
        (93, "Zstandard"),
        (95, "xz"),
        (77, "method 77"),
    ] {
        let key = part(KEY, b"the key", method, b"whatever".to_vec());
        let message = key_as(key, "E ART-014");
        assert!(message.contains(name), "{message}");
    }
    let patch = stored(KEY, b"the key").both(|header| header.flags |= 1 << 5);
    key_as(patch, "E ART-014");
}

#[test]
fn what_is_no_regular_file_is_refused_by_what_it_is() {
    for (attributes, what) in [
        (0o120_777 << 16, "a symbolic link"),
        (0o040_755 << 16, "a folder"),
        (0o010_644 << 16, "a pipe"),
        (0o020_644 << 16, "a device"),
        (0o060_644 << 16, "a device"),
        (0o140_644 << 16, "a socket"),
        (0o150_000 << 16, "a special file"),
        (0x10, "a folder"),
    ] {
        let key = stored(KEY, b"certificateChain.pem").change(|part| part.attributes = attributes);
        let message = key_as(key, "E ART-010");
        assert!(message.contains(what), "{message}");
    }
    key_as(stored("privateKey.pem/", b""), "E ART-010");
    for attributes in [0, 0x20, 0o600 << 16, 0o100_400 << 16] {
        let mut parts = three();
        parts[0].attributes = attributes;
        assert_three(&expect(&archive(&parts), &[]));
    }
}

#[test]
fn an_empty_file_is_refused() {
    key_as(stored(KEY, b""), "E ART-011");
    key_as(deflated(KEY, b""), "E ART-011");
}

#[test]
fn sizes_over_the_limits_are_refused() {
    let noise = |size: usize| -> Vec<u8> {
        // Compresses to less, and not by much.
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + u8::try_from(state >> 28).unwrap()
        };
        std::iter::repeat_with(next).take(size).collect()
    };
    let full = noise(limits::FILE);
    let mut parts = three();
    parts[0] = deflated(KEY, &full);
    let raw = expect(&archive(&parts), &[]);
    assert_eq!(raw.get(ArtifactFile::PrivateKey), Some(full.as_slice()));
    let message = key_as(deflated(KEY, &noise(limits::FILE + 1)), "E ART-007");
    assert!(
        message.contains("1048577 bytes, at most 1048576"),
        "{message}"
    );

    let mut zip = archive(&three());
    zip.resize(limits::ARCHIVE + 1, 0);
    let raw = expect(&zip, &["E ART-007"]);
    assert!(
        raw.findings[0]
            .message
            .contains("an archive of 4194305 bytes")
    );
}

#[test]
fn a_ratio_over_the_limit_is_refused() {
    let zeros = vec![0; 100_000];
    let data = deflate_len(&zeros);
    assert!(
        zeros.len() > data * limits::RATIO,
        "1:{}",
        zeros.len() / data
    );
    let message = key_as(deflated(KEY, &zeros), "E ART-007");
    assert!(message.contains("at most 200 times"), "{message}");
    // Zeros with enough noise between them stay below.
    let mixed: Vec<u8> = (0..100_000_u32)
        .map(|n| if n % 50 == 0 { n.to_le_bytes()[1] } else { 0 })
        .collect();
    assert!(mixed.len() <= deflate_len(&mixed) * limits::RATIO);
    let mut parts = three();
    parts[0] = deflated(KEY, &mixed);
    expect(&archive(&parts), &[]);
}

fn deflate_len(content: &[u8]) -> usize {
    crate::archive::deflate(content).len()
}

#[test]
fn a_jar_is_told_apart() {
    let parts = [
        stored("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"),
        stored("com/Provider.class", b"x"),
    ];
    let raw = expect(
        &archive(&parts),
        &["E ART-002", "E ART-003", "W ART-009", "W ART-009"],
    );
    assert!(
        raw.findings[0]
            .hint
            .as_ref()
            .unwrap()
            .contains("this is a JAR")
    );
}

#[test]
fn the_names_that_are_shown_are_clean() {
    let mut parts = three();
    parts.push(stored("\x1b[2J\u{202e}evil", b"x"));
    let raw = expect(&archive(&parts), &["W ART-009"]);
    let shown = raw.findings[0].place.to_string();
    assert!(
        !shown.contains(['\x1b', '\u{202e}']) && shown.contains("evil"),
        "{shown}"
    );
}
