//! What the `zip` crate makes of an archive: the second opinion on what the scanner found.

use std::io::Cursor;

use super::directory::Entry;
use crate::tls::finding::shown;

/// Whether the `zip` crate finds the same entries.
pub(super) fn check(zip: &[u8], entries: &[Entry<'_>]) -> Result<(), String> {
    let archive = zip::ZipArchive::new(Cursor::new(zip))
        .map_err(|error| format!("refuses it: {}", shown(&error.to_string())))?;
    if archive.len() != entries.len() {
        let (found, expected) = (archive.len(), entries.len());
        return Err(format!("finds {found} entries, expected {expected}"));
    }
    let metadata = archive.metadata();
    for (at, entry) in entries.iter().enumerate() {
        let same = metadata.entry(at).is_ok_and(|other| {
            let name = other.name_raw();
            let sizes = (other.compressed_size(), other.size());
            (name == entry.name || Some(name) == entry.unicode_name)
                && other.header_start() == entry.offset as u64
                && sizes == (entry.data.len() as u64, entry.size as u64)
                && other.crc32() == entry.crc
        });
        if !same {
            let name = super::shown(entry.name);
            return Err(format!("finds another entry in place of `{name}`"));
        }
    }
    Ok(())
}
