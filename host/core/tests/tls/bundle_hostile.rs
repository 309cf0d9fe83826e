//! Archives that two readers would see differently, or that are no archives.

use provost_core::tls::{ArtifactFile, bundle};

use crate::archive::{Header, Part, archive, archive_with, crc, deflate, part, stored};
use crate::bundle::{CHAIN, KEY, assert_three, expect, three};
use crate::openssl::MATERIAL;

/// An archive of which nothing may be read, and why.
#[track_caller]
fn refused(zip: &[u8], rule: &str, why: &str) {
    let raw = expect(zip, &[&format!("E {rule}")]);
    let finding = &raw.findings[0];
    assert!(finding.message.contains(why), "{why}: {finding}");
    assert!(finding.hint.is_some(), "{finding}");
    for file in ArtifactFile::ALL {
        assert!(raw.get(file).is_none(), "{file} of {finding}");
    }
}

/// The three files, with one changed.
fn with(at: usize, change: impl FnOnce(&mut Part)) -> Vec<u8> {
    let mut parts = three();
    change(&mut parts[at]);
    archive(&parts)
}

#[test]
fn what_is_no_zip_is_named() {
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    let denied = b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, name) in [
        (b"".as_slice(), "no bytes"),
        (gzip, "a gzip archive"),
        (&tar, "a tar archive"),
        (denied, "an XML error page with code `NoSuchKey`"),
        (b"<!doctype html>", "an HTML page"),
        (MATERIAL.key.as_bytes(), "a PEM block"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive"),
        (b"PK\x07\x08PK\x03\x04", "a split zip archive"),
        (b"\0\x01\x02", "binary data"),
    ] {
        refused(bytes, "ART-001", &format!("{name}, expected a zip archive"));
    }
}

#[test]
fn an_archive_that_is_cut_anywhere_is_refused() {
    let zip = archive(&three());
    for end in 0..zip.len() {
        let raw = bundle::read(&zip[..end]);
        assert_eq!(raw.findings.len(), 1, "{end}");
        assert_eq!(
            raw.findings[0].rule.as_str(),
            "ART-001",
            "{end}: {:?}",
            raw.findings
        );
        assert!(
            ArtifactFile::ALL
                .into_iter()
                .all(|file| raw.get(file).is_none())
        );
    }
}

#[test]
fn bytes_before_and_behind_the_archive_are_refused() {
    let zip = archive(&three());
    refused(
        &[b"#!/bin/sh\n", zip.as_slice()].concat(),
        "ART-001",
        "binary data, expected a zip archive",
    );
    refused(
        &[zip.as_slice(), b"\n"].concat(),
        "ART-012",
        "1 bytes follow the archive",
    );
    // With another archive in front, one reader sees the first and one the last.
    let other = archive(&[stored(KEY, b"another key")]);
    refused(
        &[other, zip].concat(),
        "ART-012",
        "its directory is said to end at byte",
    );
}

#[test]
fn an_end_record_in_the_comment_is_refused() {
    let hidden = archive(&[stored(KEY, b"another key")]);
    let zip = archive_with(&three(), |end| {
        end.comment_length = hidden.len().try_into().unwrap();
        end.comment = hidden;
    });
    refused(&zip, "ART-012", "two end records");
    // Its signature alone is no record that ends with the archive, but the last one counts.
    let zip = archive_with(&three(), |end| {
        end.comment = [b"PK\x05\x06".as_slice(), &[0; 30]].concat();
        end.comment_length = 34;
    });
    refused(&zip, "ART-012", "bytes follow the archive");
}

#[test]
fn an_end_record_that_contradicts_the_directory_is_refused() {
    for (change, rule, why) in [
        (
            (|end| end.entries = [2, 2]) as fn(&mut crate::archive::End),
            "ART-012",
            "bytes follow the 2 entries",
        ),
        (
            |end| end.entries = [4, 4],
            "ART-012",
            "entry 4 of its directory is none",
        ),
        (
            |end| end.entries = [3, 4],
            "ART-001",
            "part of a split archive",
        ),
        (
            |end| end.disks = [1, 0],
            "ART-001",
            "part of a split archive",
        ),
        (
            |end| end.disks = [1, 1],
            "ART-001",
            "part of a split archive",
        ),
        (|end| end.size -= 1, "ART-012", "said to end at byte"),
        (|end| end.offset += 1, "ART-012", "said to end at byte"),
        (
            |end| (end.offset, end.size) = (end.offset + 46, end.size - 46),
            "ART-012",
            "is none",
        ),
        (|end| end.offset = u32::MAX, "ART-012", "zip64"),
        (|end| end.size = u32::MAX, "ART-012", "zip64"),
        (|end| end.comment_length = 1, "ART-001", "cut short"),
    ] {
        refused(&archive_with(&three(), change), rule, why);
    }
}

#[test]
fn a_header_that_contradicts_the_directory_is_refused() {
    type Change = fn(&mut Header);
    let changes: [(Change, &str); 8] = [
        (
            |header| header.name = b"privateKex.pem".to_vec(),
            "is called",
        ),
        (|header| header.method = 0, "compression is"),
        (|header| header.flags |= 1, "flags is"),
        (|header| header.flags |= 8, "flags is"),
        (|header| header.flags |= 1 << 11, "flags is"),
        (|header| header.crc ^= 1, "checksum is"),
        (|header| header.stored += 1, "stored size is"),
        (|header| header.size += 1, "size is"),
    ];
    for (change, why) in changes {
        refused(&with(0, |part| change(&mut part.local)), "ART-012", why);
    }
    // How hard a compressor tried is nobody's business.
    assert_three(&expect(&with(0, |part| part.local.flags |= 2), &[]));
}

#[test]
fn a_descriptor_that_contradicts_the_directory_is_refused() {
    for at in 0..16 {
        let zip = with(0, |part| {
            *part = part.clone().streamed(true);
            part.behind[at] ^= 1;
        });
        refused(&zip, "ART-012", "its sizes do not follow it");
    }
    let zip = with(0, |part| {
        *part = part.clone().streamed(true);
        part.local.size = 1;
    });
    refused(&zip, "ART-012", "size is 7 in the directory and 1");
    let missing = with(0, |part| {
        *part = part.clone().streamed(true);
        part.behind.clear();
    });
    refused(
        &missing,
        "ART-012",
        "its sizes do not follow it: 0 other bytes do",
    );
}

#[test]
fn entries_that_overlap_or_leave_gaps_are_refused() {
    refused(
        &with(1, |part| part.offset = Some(0)),
        "ART-012",
        "overlaps",
    );
    refused(
        &with(0, |part| part.offset = Some(1)),
        "ART-012",
        "begins at byte 1, expected 0",
    );
    refused(&with(1, |part| part.offset = Some(u32::MAX)), "ART-012", "");
    refused(
        &with(1, |part| {
            (part.central.stored, part.local.stored) = (500, 500);
        }),
        "ART-012",
        "overlaps",
    );
    refused(
        &with(1, |part| part.behind = b"gap".to_vec()),
        "ART-012",
        "3 bytes follow it that belong to no entry",
    );
    // An entry that only a reader of local headers sees.
    let hidden = {
        let mut zip = archive(&[stored(KEY, b"another key")]);
        let directory = zip
            .windows(4)
            .position(|part| part == b"PK\x01\x02")
            .unwrap();
        zip.truncate(directory);
        zip
    };
    refused(
        &with(2, |part| part.behind = hidden.clone()),
        "ART-012",
        "belong to no entry",
    );
}

#[test]
fn an_entry_hidden_behind_the_end_of_compressed_data_is_refused() {
    // The directory says that all of it is compressed data; a reader of a stream sees the data
    // end, its sizes, and one entry more.
    let content = b"the key";
    let mut data = deflate(content);
    let size = u32::try_from(data.len()).unwrap();
    data.extend(b"PK\x07\x08");
    for field in [crc(content), size, 7] {
        data.extend(field.to_le_bytes());
    }
    let hidden = archive(&[stored(CHAIN, b"another chain")]);
    let directory = hidden
        .windows(4)
        .position(|part| part == b"PK\x01\x02")
        .unwrap();
    data.extend(&hidden[..directory]);
    let mut parts = three();
    parts[0] = part(KEY, content, 8, data).streamed(true);
    let raw = expect(&archive(&parts), &["E ART-012"]);
    assert!(
        raw.findings[0]
            .message
            .contains("compressed data ends after"),
        "{:?}",
        raw.findings
    );
    assert!(raw.private_key.is_none());
}

#[test]
fn content_that_is_not_what_the_headers_say_is_refused() {
    let key = |change: &dyn Fn(&mut Part)| {
        let raw = expect(&with(0, |part| change(part)), &["E ART-012"]);
        assert!(raw.private_key.is_none() && raw.certificate_chain.is_some());
        raw.findings[0].message.clone()
    };
    let sizes = |part: &mut Part, size| *part = part.clone().both(|header| header.size = size);
    assert_eq!(
        key(&|part| sizes(part, 6)),
        "does not end after 6 bytes, as expected"
    );
    assert_eq!(
        key(&|part| sizes(part, 8)),
        "inflates to 7 bytes, expected 8"
    );
    assert_eq!(
        key(&|part| sizes(part, 100)),
        "inflates to 7 bytes, expected 100"
    );
    let other = format!(
        "has the checksum {:08x}, expected 00000001",
        crc(b"the key")
    );
    assert_eq!(
        key(&|part| *part = part.clone().both(|header| header.crc = 1)),
        other
    );
    let broken = key(&|part| part.data[0] = 0xff);
    assert!(broken.contains("damaged"), "{broken}");
    let cut = key(&|part| {
        part.data.pop();
        *part = part.clone().both(|header| header.stored -= 1);
    });
    assert_eq!(cut, "does not end after 7 bytes, as expected");
    let cut = key(&|part| {
        part.data.truncate(3);
        *part = part.clone().both(|header| header.stored = 3);
    });
    assert!(cut.contains("cut short"), "{cut}");
    let stored = |size| stored(KEY, b"the key").both(|header| header.size = size);
    assert_eq!(
        key(&|part| *part = stored(8)),
        "is stored in 7 bytes, expected 8"
    );
    assert_eq!(
        key(&|part| *part = stored(6)),
        "is stored in 7 bytes, expected 6"
    );
}

#[test]
fn a_bomb_that_lies_about_its_size_is_not_inflated() {
    let bomb = deflate(&vec![0; 100 << 20]);
    assert!(bomb.len() < 200_000);
    let key = part(KEY, &[0; 1000], 8, bomb);
    let mut parts = three();
    parts[0] = key;
    let raw = expect(&archive(&parts), &["E ART-012"]);
    assert_eq!(
        raw.findings[0].message,
        "does not end after 1000 bytes, as expected"
    );
}

#[test]
fn extra_fields_that_change_what_readers_see_are_refused() {
    let field = |id: u16, value: &[u8]| {
        let length = u16::try_from(value.len()).unwrap();
        [&id.to_le_bytes(), &length.to_le_bytes(), value].concat()
    };
    let both = |extra: Vec<u8>| {
        with(0, |part| {
            *part = part.clone().both(|header| header.extra.clone_from(&extra));
        })
    };
    // Times of Info-ZIP, and padding that is no field.
    assert_three(&expect(&both(field(0x5455, b"\x01\0\0\0\0")), &[]));
    assert_three(&expect(&both(vec![0; 3]), &[]));
    refused(&both(field(1, &[0; 16])), "ART-012", "zip64");
    refused(
        &both(b"\x55\x54\xff\0\0".to_vec()),
        "ART-012",
        "does not fit",
    );

    let path = |name: &str, unicode: &str| {
        let value = [
            &[1],
            crc(name.as_bytes()).to_le_bytes().as_slice(),
            unicode.as_bytes(),
        ]
        .concat();
        let mut parts = three();
        parts.push(stored(name, b"x").both(|header| header.extra = field(0x7075, &value)));
        archive(&parts)
    };
    let raw = expect(&path("notes.txt", "privateKey.pem"), &["E ART-012"]);
    assert!(raw.findings[0].message.contains("`privateKey.pem`"));
    expect(&path("gr\u{fc}n", "privateKey.pem"), &["E ART-012"]);
    expect(&path("notes.txt", "notes.txt"), &["W ART-009"]);
    expect(&path("gr\u{fc}n", "gr\u{fc}n"), &["W ART-009"]);
    // What only the zip crate refuses is refused too: such a field, and no room for a name.
    refused(
        &both(field(0x7075, &[1])),
        "ART-012",
        "the zip crate refuses it",
    );
    refused(
        &with(0, |part| {
            let value = [b"\x01\0\0\0\0".as_slice(), b"x"].concat();
            part.local.extra = field(0x7075, &value);
        }),
        "ART-012",
        "another name in UTF-8",
    );
}
