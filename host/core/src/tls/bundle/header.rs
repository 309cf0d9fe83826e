//! What the directory and the local headers both say of an entry.

use super::fields::Fields;

/// What a local header begins with (PKWARE APPNOTE 4.3.7).
pub(super) const LOCAL: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Bits of the flags (PKWARE APPNOTE 4.4.4).
pub(super) const ENCRYPTED: u16 = 1;
pub(super) const SIZES_FOLLOW: u16 = 1 << 3;
pub(super) const PATCH: u16 = 1 << 5;
pub(super) const STRONGLY_ENCRYPTED: u16 = 1 << 6;
const UTF8: u16 = 1 << 11;
pub(super) const MASKED: u16 = 1 << 13;
/// The bits that say what the bytes mean. The others say how they were compressed.
pub(super) const MEANING: u16 =
    ENCRYPTED | SIZES_FOLLOW | PATCH | STRONGLY_ENCRYPTED | UTF8 | MASKED;

/// What both say, in the order in which both say it.
pub(super) struct Shared<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) stored: usize,
    pub(super) size: usize,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
}

/// The local header of an entry, from its signature on.
pub(super) fn local<'a>(fields: &mut Fields<'a>) -> Option<Shared<'a>> {
    fields.signature(LOCAL)?;
    fields.u16()?; // which version reads it
    Fixed::read(fields)?.with_names(fields)
}

/// Whether `rest` is the data descriptor of `entry` (PKWARE APPNOTE 4.3.9), with or without its
/// signature.
pub(super) fn describes(rest: &[u8], entry: &Shared<'_>) -> bool {
    let signed = rest
        .strip_prefix(&DESCRIPTOR)
        .filter(|rest| rest.len() == 12);
    let mut fields = Fields(signed.unwrap_or(rest));
    let described = (fields.u32(), fields.size(), fields.size());
    described == (Some(entry.crc), Some(entry.stored), Some(entry.size)) && fields.0.is_empty()
}

/// The fields of fixed size.
pub(super) struct Fixed {
    flags: u16,
    method: u16,
    crc: u32,
    stored: usize,
    size: usize,
    name: usize,
    extra: usize,
}

impl Fixed {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(4)?; // time and date
        Some(Self {
            flags,
            method,
            crc: fields.u32()?,
            stored: fields.size()?,
            size: fields.size()?,
            name: fields.u16()?.into(),
            extra: fields.u16()?.into(),
        })
    }

    pub(super) fn with_names<'a>(self, fields: &mut Fields<'a>) -> Option<Shared<'a>> {
        Some(Shared {
            flags: self.flags,
            method: self.method,
            crc: self.crc,
            stored: self.stored,
            size: self.size,
            name: fields.take(self.name)?,
            extra: fields.take(self.extra)?,
        })
    }
}
