//! What an entry has to be to be one of the files.

use zeroize::Zeroizing;

use super::directory::Entry;
use super::header::{ENCRYPTED, MASKED, PATCH, STRONGLY_ENCRYPTED};
use super::names::place;
use super::{content, damaged};
use crate::tls::finding::Finding;
use crate::tls::limits;
use crate::tls::rule::RuleId;

/// The bytes of an entry that is one of the files.
pub(super) fn read(entry: &Entry<'_>, limit: usize) -> Result<Zeroizing<Vec<u8>>, Finding> {
    let refused = |rule, message: String, hint: &str| {
        Err(Finding::new(rule, place(entry), message).hint(hint))
    };
    if let Some(kind) = special(entry) {
        let message = format!("{kind}, expected a regular file");
        return refused(
            RuleId::Art010,
            message,
            "put the file itself into the archive",
        );
    }
    if entry.flags & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED) != 0 {
        let message = "encrypted, and nobody is there to type its password".to_owned();
        return refused(RuleId::Art008, message, "zip it without a password");
    }
    let is_read = matches!(entry.method, content::STORED | content::DEFLATED);
    if !is_read || entry.flags & PATCH != 0 {
        let method = method(entry.method);
        let message = format!("compressed with {method}, expected stored or deflate");
        return refused(
            RuleId::Art014,
            message,
            "`zip`, without other methods, makes it so",
        );
    }
    if entry.size == 0 {
        let message = "an empty file".to_owned();
        return refused(RuleId::Art011, message, "zip the file that was meant");
    }
    if entry.size > limit {
        let message = format!("{} bytes, at most {limit} are read", entry.size);
        return refused(RuleId::Art007, message, "remove what is not PEM from it");
    }
    let stored = entry.data.len();
    if stored > 0 && entry.size > stored.saturating_mul(limits::RATIO) {
        let (size, ratio) = (entry.size, limits::RATIO);
        let message = format!("{size} bytes from {stored}, at most {ratio} times as many are read");
        return refused(RuleId::Art007, message, "remove what is not PEM from it");
    }
    content::read(entry).map_err(|what| damaged(entry.name, &what))
}

/// What an entry is, unless it is a regular file: by the mode that Unix gives it, by the attribute
/// of MS-DOS, or by its name.
fn special(entry: &Entry<'_>) -> Option<&'static str> {
    const FOLDER: u32 = 0x10;
    match (entry.attributes >> 16) & 0o170_000 {
        0 | 0o100_000 if entry.attributes & FOLDER == 0 && !entry.name.ends_with(b"/") => None,
        0 | 0o100_000 | 0o040_000 => Some("a folder"),
        0o120_000 => Some("a symbolic link"),
        0o010_000 => Some("a pipe"),
        0o020_000 | 0o060_000 => Some("a device"),
        0o140_000 => Some("a socket"),
        _ => Some("a special file"),
    }
}

/// The methods of PKWARE APPNOTE 4.4.5 that are met.
fn method(number: u16) -> String {
    let name = match number {
        0 | 8 => "a patch of another file",
        1 => "shrink",
        6 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        95 => "xz",
        98 => "PPMd",
        _ => return format!("method {number}"),
    };
    name.to_owned()
}
