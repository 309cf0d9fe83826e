//! The entries of an archive, as its central directory and its local headers both have them.
//!
//! Readers differ: some take the directory, some walk the headers from the beginning, some take
//! the first of two entries of one name and some the last. An archive is accepted only if all of
//! them see the same one: entries follow each other without gaps from the first byte to the
//! directory, and each header says what the directory says.

use super::end::{self, End};
use super::extra;
use super::fields::Fields;
use super::header::{Fixed, MEANING, SIZES_FOLLOW, Shared, describes, local};
use super::{damaged, malformed};
use crate::tls::finding::Finding;

const CENTRAL: [u8; 4] = *b"PK\x01\x02";

/// One entry.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// As it is stored.
    pub(super) name: &'a [u8],
    /// Its name in UTF-8, if an extra field gives another one.
    pub(super) unicode_name: Option<&'a [u8]>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// As it is stored.
    pub(super) data: &'a [u8],
    /// What it says its size is, inflated.
    pub(super) size: usize,
    /// External file attributes: of MS-DOS below, of Unix above.
    pub(super) attributes: u32,
    /// Where its local header begins.
    pub(super) offset: usize,
}

/// An entry of the central directory (PKWARE APPNOTE 4.3.12).
struct Record<'a> {
    shared: Shared<'a>,
    attributes: u32,
    offset: usize,
}

/// All entries, in the order of the directory.
pub(super) fn read(zip: &[u8]) -> Result<Vec<Entry<'_>>, Finding> {
    let End { entries, directory } = end::find(zip)?;
    let start = directory.start;
    let mut fields = Fields(zip.get(directory).unwrap_or_default());
    let mut records = Vec::with_capacity(entries);
    for number in 1..=entries {
        let record = record(&mut fields).ok_or_else(|| {
            malformed(&format!(
                "entry {number} of its directory is none, expected {entries}"
            ))
        })?;
        records.push(record);
    }
    if !fields.0.is_empty() {
        let left = fields.0.len();
        return Err(malformed(&format!(
            "{left} bytes follow the {entries} entries of its directory"
        )));
    }
    let ends = ends(&records, start)?;
    records
        .into_iter()
        .zip(ends)
        .map(|(record, end)| entry(zip, record, end))
        .collect()
}

fn record<'a>(fields: &mut Fields<'a>) -> Option<Record<'a>> {
    fields.signature(CENTRAL)?;
    fields.take(4)?; // who made it, and which version reads it
    let fixed = Fixed::read(fields)?;
    let comment = usize::from(fields.u16()?);
    let disk = fields.u16()?;
    fields.u16()?; // text or binary, says its maker
    let attributes = fields.u32()?;
    let offset = fields.size()?;
    let shared = fixed.with_names(fields)?;
    fields.take(comment)?;
    (disk == 0).then_some(Record {
        shared,
        attributes,
        offset,
    })
}

/// Where each entry ends: where the next one begins. None may begin elsewhere.
fn ends(records: &[Record<'_>], directory: usize) -> Result<Vec<usize>, Finding> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    let offset = |at: &usize| records.get(*at).map_or(0, |record| record.offset);
    order.sort_by_key(offset);
    let first = order.first().map_or(directory, offset);
    if first != 0 {
        return Err(malformed(&format!(
            "its first entry begins at byte {first}, expected 0"
        )));
    }
    let mut ends = vec![0; records.len()];
    let next = order.iter().skip(1).map(offset).chain([directory]);
    for (at, next) in order.iter().zip(next) {
        if let Some(end) = ends.get_mut(*at) {
            *end = next;
        }
    }
    Ok(ends)
}

fn entry<'a>(zip: &'a [u8], record: Record<'a>, end: usize) -> Result<Entry<'a>, Finding> {
    let Record {
        shared,
        attributes,
        offset,
    } = record;
    let name = shared.name;
    let wrong = |what: &str| damaged(name, what);
    let mut fields = Fields(
        zip.get(offset..end)
            .ok_or_else(|| wrong(&format!("begins at byte {offset}, behind the entries")))?,
    );
    let local =
        local(&mut fields).ok_or_else(|| wrong("overlaps the next one, or has no header"))?;
    let differs = |what: &str, central: u64, local: u64| {
        wrong(&format!(
            "{what} is {central} in the directory and {local} in its own header"
        ))
    };
    if local.name != name {
        let local = super::shown(local.name);
        return Err(wrong(&format!("is called `{local}` in its own header")));
    }
    let (central_flags, local_flags) = (shared.flags & MEANING, local.flags & MEANING);
    if central_flags != local_flags {
        return Err(differs("flags", central_flags.into(), local_flags.into()));
    }
    if shared.method != local.method {
        return Err(differs(
            "compression",
            shared.method.into(),
            local.method.into(),
        ));
    }
    let later = shared.flags & SIZES_FOLLOW != 0;
    let values = [
        ("checksum", u64::from(shared.crc), u64::from(local.crc)),
        ("stored size", shared.stored as u64, local.stored as u64),
        ("size", shared.size as u64, local.size as u64),
    ];
    for (what, central, local) in values {
        if central != local && !(later && local == 0) {
            return Err(differs(what, central, local));
        }
    }
    for extra in [shared.extra, local.extra] {
        extra::check(extra).map_err(|what| wrong(&what))?;
    }
    let unicode_name = extra::unicode_name(shared.extra);
    if unicode_name != extra::unicode_name(local.extra) {
        return Err(wrong("has another name in UTF-8 in its own header"));
    }
    let data = fields
        .take(shared.stored)
        .ok_or_else(|| wrong("overlaps the next one, or the directory"))?;
    let rest = fields.0;
    let complete = rest.is_empty() && !later || later && describes(rest, &shared);
    if !complete {
        let left = rest.len();
        return Err(wrong(&if later {
            format!("its sizes do not follow it: {left} other bytes do")
        } else {
            format!("{left} bytes follow it that belong to no entry")
        }));
    }
    Ok(Entry {
        name,
        unicode_name: unicode_name.filter(|unicode| *unicode != name),
        flags: shared.flags,
        method: shared.method,
        crc: shared.crc,
        data,
        size: shared.size,
        attributes,
        offset,
    })
}
