//! Extra fields of an entry, as far as they can change what another reader sees.

use super::fields::Fields;

const ZIP64: u16 = 0x0001;
/// The entry's name in UTF-8 (PKWARE APPNOTE 4.6.9).
const UNICODE_PATH: u16 = 0x7075;

/// Refuses fields that contradict the header, or that do not fit.
pub(super) fn check(extra: &[u8]) -> Result<(), String> {
    let mut rest = Fields(extra);
    // Fewer bytes than a field's header are padding.
    while rest.0.len() >= 4 {
        match field(&mut rest) {
            Some((ZIP64, _)) => return Err("has sizes of zip64".to_owned()),
            Some(_) => {}
            None => return Err("has an extra field that does not fit".to_owned()),
        }
    }
    Ok(())
}

/// The name in UTF-8, if there is one.
pub(super) fn unicode_name(extra: &[u8]) -> Option<&[u8]> {
    let mut rest = Fields(extra);
    while let Some((id, mut value)) = field(&mut rest) {
        if id == UNICODE_PATH {
            value.take(5)?; // version and checksum
            return Some(value.0);
        }
    }
    None
}

fn field<'a>(rest: &mut Fields<'a>) -> Option<(u16, Fields<'a>)> {
    let (id, length) = (rest.u16()?, rest.u16()?);
    Some((id, Fields(rest.take(length.into())?)))
}
