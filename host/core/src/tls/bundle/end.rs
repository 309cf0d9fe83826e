//! The end of central directory record: how many entries there are, and where (PKWARE APPNOTE
//! 4.3.16).

use std::ops::Range;

use super::fields::Fields;
use super::{malformed, truncated};
use crate::tls::finding::{Finding, Place};
use crate::tls::limits;
use crate::tls::rule::RuleId;

/// What the record begins with.
pub(super) const SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
/// Of the record, without its comment.
const SIZE: usize = 22;
/// Of the zip64 locator, which stands before it.
const LOCATOR_SIZE: usize = 20;
const LONGEST_COMMENT: usize = 0xffff;

/// What the end of an archive says.
#[derive(Debug)]
pub(super) struct End {
    pub(super) entries: usize,
    /// Where the central directory is.
    pub(super) directory: Range<usize>,
}

/// Finds the record, and refuses an archive in which another reader might find another one.
pub(super) fn find(zip: &[u8]) -> Result<End, Finding> {
    let from = zip.len().saturating_sub(SIZE + LONGEST_COMMENT);
    let tail = zip.get(from..).unwrap_or_default();
    let is_record = |part: &[u8]| part == SIGNATURE;
    let mut records = tail.windows(SIGNATURE.len()).enumerate();
    let Some((last, _)) = records.rfind(|(_, part)| is_record(part)) else {
        return Err(truncated("it has no end of central directory record"));
    };
    let at = from.saturating_add(last);
    let record = zip.get(at..).unwrap_or_default();
    let mut fields = Fields(record);
    let read = |fields: &mut Fields<'_>| {
        fields.signature(SIGNATURE)?;
        let disks = [fields.u16()?, fields.u16()?];
        let entries = [fields.u16()?, fields.u16()?];
        let (size, offset) = (fields.size()?, fields.size()?);
        let comment = usize::from(fields.u16()?);
        Some((disks, entries, size, offset, comment))
    };
    let Some((disks, [here, entries], size, offset, comment)) = read(&mut fields) else {
        return Err(truncated(
            "it ends within its end of central directory record",
        ));
    };
    let locator = at.checked_sub(LOCATOR_SIZE).and_then(|at| zip.get(at..));
    let zip64 = locator.is_some_and(|locator| locator.starts_with(&LOCATOR));
    let largest = u32::MAX as usize;
    if zip64 || size == largest || offset == largest {
        return Err(malformed(
            "it is a zip64 archive, which only archives of 4 GiB need",
        ));
    }
    if disks != [0, 0] || here != entries {
        let message = format!(
            "part of a split archive: parts {} and {}, {here} of {entries} entries in this one",
            disks[0], disks[1]
        );
        return Err(Finding::new(RuleId::Art001, Place::default(), message)
            .hint("make one archive of it: `zip -s 0 split.zip --out whole.zip`"));
    }
    let rest = fields.0.len();
    if comment > rest {
        return Err(truncated(&format!(
            "its comment has {rest} bytes, expected {comment}"
        )));
    }
    if comment < rest {
        return Err(malformed(&format!(
            "{} bytes follow the archive, expected none",
            rest - comment
        )));
    }
    if records.any(|(at, part)| is_record(part) && reaches_the_end(tail.get(at..))) {
        return Err(malformed(
            "it has two end records, and readers may take either",
        ));
    }
    let entries = usize::from(entries);
    if entries > limits::ENTRIES {
        let message = format!("{entries} entries, at most {} are read", limits::ENTRIES);
        return Err(Finding::new(RuleId::Art013, Place::default(), message)
            .hint("put only the three files in it"));
    }
    let end = offset.saturating_add(size);
    if end != at {
        return Err(malformed(&format!(
            "its directory is said to end at byte {end}, and its end record begins at {at}: \
             bytes were put before the archive or into it, or are gone"
        )));
    }
    Ok(End {
        entries,
        directory: offset..at,
    })
}

/// Whether a record is one whose comment ends where the archive does.
fn reaches_the_end(record: Option<&[u8]>) -> bool {
    record
        .and_then(|record| record.get(SIZE - 2..))
        .and_then(|comment| {
            let mut fields = Fields(comment);
            Some(usize::from(fields.u16()?) == fields.0.len())
        })
        .unwrap_or_default()
}
