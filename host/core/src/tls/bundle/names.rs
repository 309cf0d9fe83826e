//! What an entry is called, and what another reader would make of it.

use std::collections::HashMap;

use super::directory::Entry;
use crate::tls::capped::Capped;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::rule::RuleId;

/// How an entry is called, as compared with a name of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Exact,
    /// In a folder, in another case, or behind `./`.
    Near,
}

/// How `name` is called as compared with `file`'s.
pub(super) fn compare(name: &[u8], file: ArtifactFile) -> Option<Match> {
    // The name of a folder ends in `/`.
    let name = name.strip_suffix(b"/").unwrap_or(name);
    if name == file.name().as_bytes() {
        return Some(Match::Exact);
    }
    let last = name.rsplit(|c| matches!(c, b'/' | b'\\')).next()?;
    last.trim_ascii()
        .eq_ignore_ascii_case(file.name().as_bytes())
        .then_some(Match::Near)
}

/// Refuses names that are paths out of the archive, and names that occur twice. Whether each entry
/// has one name, and no other has the same.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Capped<'_>) -> bool {
    for entry in entries {
        let names = [Some(entry.name), entry.unicode_name];
        let mut flaws = names.into_iter().flatten().filter_map(unsafe_path);
        if let Some(flaw) = flaws.next() {
            findings.error(RuleId::Art006, |rule| {
                Finding::new(rule, place(entry), flaw).hint(REBUILD)
            });
        }
        // Readers differ in which of the two they take. Where one is ASCII, as the guide's names
        // are, nothing honest gives it another one.
        if let Some(unicode) = entry.unicode_name
            && (unicode.is_ascii() || entry.name.is_ascii())
        {
            findings.error(RuleId::Art012, |rule| {
                let unicode = super::shown(unicode);
                let message = format!("has a second name, `{unicode}`, in an extra field");
                Finding::new(rule, place(entry), message).hint(REBUILD)
            });
        }
    }
    let mut seen: HashMap<Vec<u8>, &[u8]> = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Some(first) = seen.insert(as_extracted(entry.name), entry.name) {
            findings.error(RuleId::Art005, |rule| {
                let message = if first == entry.name {
                    "there are two entries of this name".to_owned()
                } else {
                    format!("`{}` is unpacked to the same file", super::shown(first))
                };
                Finding::new(rule, place(entry), message).hint(REBUILD)
            });
        }
    }
    !findings.has_error(RuleId::Art005) && !findings.has_error(RuleId::Art012)
}

pub(super) const REBUILD: &str =
    "make the archive anew: `zip -j new.zip privateKey.pem certificateChain.pem`";

/// Where an entry is.
pub(super) fn place(entry: &Entry<'_>) -> Place {
    Place::entry(&String::from_utf8_lossy(entry.name))
}

/// Why a name is no path within the archive.
fn unsafe_path(name: &[u8]) -> Option<&'static str> {
    let mut parts = name.split(|c| matches!(c, b'/' | b'\\'));
    if name.is_empty() {
        Some("an entry without a name")
    } else if name.contains(&0) {
        Some("NUL in a path: some readers end it there")
    } else if parts.any(|part| part == b"..") {
        Some("`..` in a path leads out of the archive")
    } else if name.contains(&b'\\') {
        Some("`\\` in a path, expected `/`")
    } else if name.starts_with(b"/") {
        Some("an absolute path, expected a relative one")
    } else if matches!(name, [drive, b':', ..] if drive.is_ascii_alphabetic()) {
        Some("a path with a drive letter")
    } else {
        None
    }
}

/// What a name is on a file system that does not tell case apart: paths that are alike there are
/// one file for some readers and two for others.
fn as_extracted(name: &[u8]) -> Vec<u8> {
    let parts = name.split(|c| *c == b'/');
    let mut path = Vec::with_capacity(name.len());
    for part in parts.filter(|part| !part.is_empty() && *part != b".") {
        path.extend(part.iter().map(u8::to_ascii_lowercase));
        path.push(b'/');
    }
    path
}
