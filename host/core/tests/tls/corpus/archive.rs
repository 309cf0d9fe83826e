//! Sets about the zip.

use std::io::{Cursor, Write};

use provost_core::tls::RuleId::{
    Art001, Art002, Art003, Art004, Art005, Art006, Art007, Art008, Art009, Art010, Art011, Art012,
    Art013, Art014, Pem006, Tru002,
};
use provost_core::tls::limits;
use zip::CompressionMethod::{Deflated, Stored};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Case, Found, Pki, error, warning};

type Entry<'a> = (&'a str, &'a [u8]);

pub(super) fn cases(pki: &Pki) -> Vec<Case> {
    let files = pki.usual();
    let (key, chain) = (&*files.key, &*files.chain);
    let trusted = files.trusted.as_deref().unwrap();
    let [k, c, t] = [
        "privateKey.pem",
        "certificateChain.pem",
        "trustedCertificates.pem",
    ];
    let usual: &[Entry<'_>] = &[(k, key), (c, chain), (t, trusted)];
    let with = |more: &[Entry<'_>]| zipped(&[usual, more].concat());
    let whole = zipped(usual);
    let case = |name: &str, zip: Vec<u8>, found: &[Found]| Case::zip(name, zip, found);
    let longer = |length| [chain, &vec![b'\n'; length - chain.len()]].concat();
    let stored_chain = |length| {
        let chain = longer(length);
        made(
            &[(k, key), (c, &chain), (t, trusted)],
            SimpleFileOptions::default().compression_method(Stored),
        )
    };
    vec![
        case(
            "ART-001/fires",
            whole[..whole.len() / 2].to_vec(),
            &[error(Art001)],
        ),
        case("ART-001/fires for PEM", chain.to_vec(), &[error(Art001)]),
        case("ART-001/near-miss", commented(usual), &[]),
        case(
            "ART-002/fires",
            zipped(&[(c, chain), (t, trusted)]),
            &[error(Art002)],
        ),
        case(
            "ART-002/near-miss",
            zipped(&[(t, trusted), (c, chain), (k, key)]),
            &[],
        ),
        case(
            "ART-003/fires",
            zipped(&[(k, key), (t, trusted)]),
            &[error(Art003)],
        ),
        case(
            "ART-003/fires beside a missing key",
            zipped(&[(t, trusted)]),
            &[error(Art002), error(Art003)],
        ),
        case(
            "ART-003/near-miss",
            zipped(&[(k, key), (c, chain)]),
            &[error(Tru002)],
        ),
        case(
            "ART-004/fires",
            zipped(&[("certs/privateKey.pem", key), (c, chain), (t, trusted)]),
            &[error(Art004)],
        ),
        case(
            "ART-004/fires for another case",
            zipped(&[("privatekey.pem", key), (c, chain), (t, trusted)]),
            &[error(Art004)],
        ),
        case(
            "ART-004/near-miss",
            with(&[("old/privateKey.pem", key)]),
            &[warning(Art009)],
        ),
        case("ART-005/fires", twice(usual), &[error(Art005)]),
        case(
            "ART-005/fires for another case",
            with(&[("PrivateKey.pem", key)]),
            &[error(Art005)],
        ),
        case(
            "ART-005/near-miss",
            with(&[("privateKey.pen", key)]),
            &[warning(Art009)],
        ),
        case(
            "ART-006/fires",
            with(&[("../authorized_keys", b"ssh")]),
            &[error(Art006), warning(Art009)],
        ),
        case(
            "ART-006/near-miss",
            with(&[("old..pem/..a", b"text")]),
            &[warning(Art009)],
        ),
        case(
            "ART-007/fires",
            stored_chain(limits::FILE + 1),
            &[error(Art007)],
        ),
        case(
            "ART-007/fires for its ratio",
            zipped(&[(k, key), (c, &longer(limits::FILE)), (t, trusted)]),
            &[error(Art007)],
        ),
        case("ART-007/near-miss", stored_chain(limits::FILE), &[]),
        case("ART-008/fires", flagged(&whole, 1), &[error(Art008)]),
        // A name in UTF-8, which ASCII is.
        case("ART-008/near-miss", flagged(&whole, 1 << 11), &[]),
        case(
            "ART-009/fires",
            with(&[("README", b"text")]),
            &[warning(Art009)],
        ),
        case("ART-009/near-miss", whole.clone(), &[]),
        case(
            "ART-010/fires",
            with_mode(usual, 0o120_777),
            &[error(Art010)],
        ),
        case("ART-010/near-miss", with_mode(usual, 0o100_755), &[]),
        case(
            "ART-011/fires",
            zipped(&[(k, key), (c, b""), (t, trusted)]),
            &[error(Art011)],
        ),
        case(
            "ART-011/near-miss",
            with(&[("README", b"")]),
            &[warning(Art009)],
        ),
        case(
            "ART-012/fires",
            patched(&whole, (14, 16), |byte| byte ^ 1),
            &[error(Art012)],
        ),
        case(
            "ART-012/fires for bytes behind it",
            [&*whole, b"\0"].concat(),
            &[error(Art012)],
        ),
        case("ART-012/near-miss", streamed(usual), &[]),
        case(
            "ART-013/fires",
            zipped(&many(usual, limits::ENTRIES + 1)),
            &[error(Art013)],
        ),
        // Twenty are told, and how many more there are.
        case(
            "ART-013/near-miss",
            zipped(&many(usual, limits::ENTRIES)),
            &[warning(Art009); 21],
        ),
        case(
            "ART-014/fires",
            patched(&whole, (8, 10), |_| 12),
            &[error(Art014)],
        ),
        case(
            "ART-014/near-miss",
            made(
                usual,
                SimpleFileOptions::default().compression_method(Stored),
            ),
            &[],
        ),
        case(
            "PEM-006/fires in a zip",
            zipped(&[(k, key), (c, &[b"server\n", chain].concat()), (t, trusted)]),
            &[warning(Pem006)],
        ),
    ]
}

fn zipped(entries: &[Entry<'_>]) -> Vec<u8> {
    made(
        entries,
        SimpleFileOptions::default().compression_method(Deflated),
    )
}

fn made(entries: &[Entry<'_>], options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn commented(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new_append(Cursor::new(zipped(entries))).unwrap();
    zip.set_comment("for node1").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Sizes and checksums behind the entries, as programs write them that cannot seek.
fn streamed(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The key a second time. The writer knows better, so the name is set afterwards.
fn twice(entries: &[Entry<'_>]) -> Vec<u8> {
    let second = ("privateKey.pen", entries[0].1);
    let mut zip = zipped(&[entries, &[second]].concat());
    for at in 0..zip.len() {
        if zip[at..].starts_with(b"privateKey.pen") {
            zip[at + "privateKey.pe".len()] = b'm';
        }
    }
    zip
}

/// The first entry has this mode of Unix, in the directory's external attributes.
fn with_mode(entries: &[Entry<'_>], mode: u32) -> Vec<u8> {
    let mut zip = zipped(entries);
    let at = directory(&zip);
    zip[at + 5] = 3; // made by Unix
    zip[at + 38..at + 42].copy_from_slice(&(mode << 16).to_le_bytes());
    zip
}

fn flagged(zip: &[u8], flag: u16) -> Vec<u8> {
    let [low, high] = flag.to_le_bytes();
    let zip = patched(zip, (6, 8), |byte| byte | low);
    patched(&zip, (7, 9), |byte| byte | high)
}

/// One byte of the first entry's header, and the same one in the directory (PKWARE APPNOTE 4.3.7,
/// 4.3.12).
fn patched(zip: &[u8], at: (usize, usize), change: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut zip = zip.to_vec();
    for at in [at.0, directory(&zip) + at.1] {
        zip[at] = change(zip[at]);
    }
    zip
}

fn directory(zip: &[u8]) -> usize {
    zip.windows(4)
        .position(|part| part == b"PK\x01\x02")
        .unwrap()
}

fn many<'a>(entries: &[Entry<'a>], count: usize) -> Vec<Entry<'a>> {
    let names = (entries.len()..count).map(|number| &*format!("{number}").leak());
    let more = names.map(|name| (name, &b"text"[..]));
    entries.iter().copied().chain(more).collect()
}
