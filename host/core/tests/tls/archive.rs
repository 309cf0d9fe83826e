//! Archives built byte by byte (PKWARE APPNOTE 4.3), to be wrong in one place.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// An entry: what the directory says of it, and what its own header says.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) central: Header,
    pub(crate) local: Header,
    pub(crate) attributes: u32,
    pub(crate) data: Vec<u8>,
    /// What stands between the data and the next entry.
    pub(crate) behind: Vec<u8>,
    /// Where the directory says that the entry is, if not where it is.
    pub(crate) offset: Option<u32>,
}

#[derive(Clone)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) stored: u32,
    pub(crate) size: u32,
    pub(crate) extra: Vec<u8>,
}

/// What the end record says.
pub(crate) struct End {
    pub(crate) disks: [u16; 2],
    pub(crate) entries: [u16; 2],
    pub(crate) size: u32,
    pub(crate) offset: u32,
    pub(crate) comment_length: u16,
    pub(crate) comment: Vec<u8>,
}

pub(crate) const REGULAR: u32 = 0o100_644 << 16;

pub(crate) fn crc(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn stored(name: &str, content: &[u8]) -> Part {
    part(name, content, 0, content.to_vec())
}

pub(crate) fn deflated(name: &str, content: &[u8]) -> Part {
    part(name, content, 8, deflate(content))
}

pub(crate) fn part(name: &str, content: &[u8], method: u16, data: Vec<u8>) -> Part {
    let header = Header {
        name: name.as_bytes().to_vec(),
        flags: 0,
        method,
        crc: crc(content),
        stored: data.len().try_into().unwrap(),
        size: content.len().try_into().unwrap(),
        extra: Vec::new(),
    };
    Part {
        central: header.clone(),
        local: header,
        attributes: REGULAR,
        data,
        behind: Vec::new(),
        offset: None,
    }
}

impl Part {
    /// Changes both headers.
    pub(crate) fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.central);
        change(&mut self.local);
        self
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// As a writer leaves it that cannot go back: sizes behind the data.
    pub(crate) fn streamed(self, signature: bool) -> Self {
        let mut part = self.both(|header| header.flags |= 8);
        if signature {
            part.behind.extend(b"PK\x07\x08");
        }
        let Header {
            crc, stored, size, ..
        } = part.central;
        for field in [crc, stored, size] {
            part.behind.extend(field.to_le_bytes());
        }
        (part.local.crc, part.local.stored, part.local.size) = (0, 0, 0);
        part
    }
}

pub(crate) fn archive(parts: &[Part]) -> Vec<u8> {
    archive_with(parts, |_| ())
}

pub(crate) fn archive_with(parts: &[Part], change: impl FnOnce(&mut End)) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let offset = part.offset.unwrap_or(zip.len().try_into().unwrap());
        zip.extend(b"PK\x03\x04\x14\0");
        zip.extend(part.local.fixed());
        zip.extend(&part.local.name);
        zip.extend(&part.local.extra);
        zip.extend(&part.data);
        zip.extend(&part.behind);
        // Made by Unix, version 3.0; no comment, disk 0, binary.
        directory.extend(b"PK\x01\x02\x1e\x03\x14\0");
        directory.extend(part.central.fixed());
        directory.extend([0; 6]);
        directory.extend(part.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&part.central.name);
        directory.extend(&part.central.extra);
    }
    let count = parts.len().try_into().unwrap();
    let mut end = End {
        disks: [0, 0],
        entries: [count, count],
        size: directory.len().try_into().unwrap(),
        offset: zip.len().try_into().unwrap(),
        comment_length: 0,
        comment: Vec::new(),
    };
    change(&mut end);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06");
    for field in [end.disks, end.entries].concat() {
        zip.extend(field.to_le_bytes());
    }
    zip.extend(end.size.to_le_bytes());
    zip.extend(end.offset.to_le_bytes());
    zip.extend(end.comment_length.to_le_bytes());
    zip.extend(end.comment);
    zip
}

impl Header {
    fn fixed(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        fields.extend(self.flags.to_le_bytes());
        fields.extend(self.method.to_le_bytes());
        fields.extend([0, 0, 0x21, 0]); // 1980-01-01
        for field in [self.crc, self.stored, self.size] {
            fields.extend(field.to_le_bytes());
        }
        for length in [self.name.len(), self.extra.len()] {
            fields.extend(u16::try_from(length).unwrap().to_le_bytes());
        }
        fields
    }
}
