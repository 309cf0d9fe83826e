//! Any bytes as an archive: what is taken from it is what every other reader sees.
#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use provost_core::tls::{ArtifactFile, RawTlsFiles, Severity, bundle, limits};

fuzz_target!(|bytes: &[u8]| {
    let raw = bundle::read(bytes);
    let is_refused = raw.findings.iter().any(|f| f.severity == Severity::Error);
    let is_complete = raw.private_key.is_some() && raw.certificate_chain.is_some();
    assert!(is_complete || is_refused, "not all, without an error");
    assert!(raw.findings.len() < 300, "{} findings", raw.findings.len());
    for finding in &raw.findings {
        let shown = finding.to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
    by_directory(bytes, &raw);
    by_headers(bytes, &raw);
});

/// A reader of the central directory.
fn by_directory(bytes: &[u8], raw: &RawTlsFiles) {
    for file in ArtifactFile::ALL {
        let Some(content) = raw.get(file) else {
            continue;
        };
        assert!(!content.is_empty() && content.len() <= limits::of(file));
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert!(!archive.has_duplicate_names());
        assert!(!archive.has_overlapping_entries().unwrap());
        assert_eq!(archive.offset(), 0);
        assert_eq!(all(archive.by_name(file.name()).unwrap()), content);
    }
}

/// A reader of the headers, one after the other, as of a stream. It stops where sizes follow the
/// data.
fn by_headers(bytes: &[u8], raw: &RawTlsFiles) {
    if ArtifactFile::ALL
        .iter()
        .all(|file| raw.get(*file).is_none())
    {
        return;
    }
    let mut rest = Cursor::new(bytes);
    while let Ok(Some(entry)) = zip::read::read_zipfile_from_stream(&mut rest) {
        let found = ArtifactFile::ALL
            .into_iter()
            .find(|file| entry.name_raw() == file.name().as_bytes());
        match found.and_then(|file| raw.get(file)) {
            Some(content) => assert_eq!(all(entry), content),
            None => drop(entry),
        }
    }
}

fn all(entry: impl Read) -> Vec<u8> {
    let mut content = Vec::new();
    let limit = limits::TRUSTED_FILE as u64 + 1;
    entry.take(limit).read_to_end(&mut content).unwrap();
    content
}
