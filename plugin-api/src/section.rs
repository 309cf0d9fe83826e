//! The facts that a library tells without being executed: JSON in the ELF section `.provost`, put
//! together by the compiler.

use crate::__private::{RUSTC, TARGET};

/// What the section says.
pub struct Facts {
    /// The library's package.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// `unwind` or `abort`.
    pub panic: &'static str,
    /// Its classes.
    pub classes: &'static [Class],
}

/// A class, as it was declared.
pub struct Class {
    /// `materials` or `tls`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The configuration keys that it reads.
    pub conf: &'static [ConfKey],
    /// What it needs from a sandbox.
    pub needs: &'static [&'static str],
}

/// A configuration key, as it was declared.
pub struct ConfKey {
    /// The key.
    pub key: &'static str,
    /// Whether the class cannot do without.
    pub required: bool,
    /// Whether its value is a secret.
    pub secret: bool,
    /// A line of help.
    pub help: &'static str,
}

/// How long the section is.
pub const fn length(facts: &Facts) -> usize {
    // Nothing fits, everything is counted.
    write::<0>(facts).length
}

/// The section.
pub const fn bytes<const N: usize>(facts: &Facts) -> [u8; N] {
    write::<N>(facts).bytes
}

/// The first `N` bytes of what is written, and how long all of it is.
struct Json<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

const fn write<const N: usize>(facts: &Facts) -> Json<N> {
    let mut json = Json {
        bytes: [0; N],
        length: 0,
    };
    json.raw("{\"provost\":1,\"abi\":\"1.0\",\"package\":{\"name\":");
    json.text(facts.package);
    json.raw(",\"version\":");
    json.text(facts.version);
    json.raw("},\"build\":{\"rustc\":");
    json.text(RUSTC);
    json.raw(",\"target\":");
    json.text(TARGET);
    json.raw(",\"panic\":");
    json.text(facts.panic);
    json.raw("},\"classes\":[");
    let mut index = 0;
    while index < facts.classes.len() {
        json.separator(index);
        json.class(&facts.classes[index]);
        index += 1;
    }
    json.raw("]}");
    json
}

impl<const N: usize> Json<N> {
    const fn byte(&mut self, byte: u8) {
        if self.length < N {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
    }

    const fn raw(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut index = 0;
        while index < bytes.len() {
            self.byte(bytes[index]);
            index += 1;
        }
    }

    const fn separator(&mut self, index: usize) {
        if index > 0 {
            self.byte(b',');
        }
    }

    const fn flag(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    const fn class(&mut self, class: &Class) {
        self.raw("{\"kind\":");
        self.text(class.kind);
        self.raw(",\"name\":");
        self.text(class.name);
        self.raw(",\"conf\":[");
        let mut index = 0;
        while index < class.conf.len() {
            self.separator(index);
            self.conf(&class.conf[index]);
            index += 1;
        }
        self.raw("],\"needs\":[");
        let mut index = 0;
        while index < class.needs.len() {
            self.separator(index);
            self.text(class.needs[index]);
            index += 1;
        }
        self.raw("]}");
    }

    const fn conf(&mut self, conf: &ConfKey) {
        self.raw("{\"key\":");
        self.text(conf.key);
        self.raw(",\"required\":");
        self.flag(conf.required);
        self.raw(",\"secret\":");
        self.flag(conf.secret);
        self.raw(",\"help\":");
        self.text(conf.help);
        self.byte(b'}');
    }

    /// A JSON string, ASCII only: the tools that print ELF sections garble everything else.
    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.byte(b'"');
        let mut index = 0;
        while index < bytes.len() {
            let byte = bytes[index];
            match byte {
                b'"' | b'\\' => {
                    self.byte(b'\\');
                    self.byte(byte);
                    index += 1;
                }
                0x20..=0x7e => {
                    self.byte(byte);
                    index += 1;
                }
                _ => {
                    let (character, width) = decode(bytes, index);
                    self.escaped(character);
                    index += width;
                }
            }
        }
        self.byte(b'"');
    }

    const fn escaped(&mut self, character: u32) {
        if character < 0x1_0000 {
            self.unit(character);
        } else {
            let above = character - 0x1_0000;
            self.unit(0xd800 + (above >> 10));
            self.unit(0xdc00 + (above & 0x3ff));
        }
    }

    /// One UTF-16 unit, as `\uXXXX`.
    const fn unit(&mut self, unit: u32) {
        self.raw("\\u");
        let mut shift = 16;
        while shift > 0 {
            shift -= 4;
            let digit = (unit >> shift) & 0xf;
            self.byte(b"0123456789abcdef"[digit as usize]);
        }
    }
}

/// The character that begins at `at` in valid UTF-8, and its width.
const fn decode(bytes: &[u8], at: usize) -> (u32, usize) {
    let first = bytes[at] as u32;
    let (mut character, width) = match first {
        0xf0.. => (first & 0x07, 4),
        0xe0.. => (first & 0x0f, 3),
        0xc0.. => (first & 0x1f, 2),
        _ => (first, 1),
    };
    let mut index = 1;
    while index < width {
        character = character << 6 | (bytes[at + index] as u32 & 0x3f);
        index += 1;
    }
    (character, width)
}
