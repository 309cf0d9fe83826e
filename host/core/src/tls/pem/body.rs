//! What stands between `BEGIN` and `END`: base64, after headers that nobody should write.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::lines::lines;

/// Why a body is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// `Proc-Type: 4,ENCRYPTED` (RFC 1421, section 4.6.1.1).
    Encrypted,
    /// It is damaged, on this line.
    Damaged(usize, Flaw),
}

/// What is wrong with a body. The text itself is never shown: it may be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Empty,
    Headers,
    Character { column: usize },
    PaddingInside,
    Padding(usize),
    Length(usize),
    LastBits,
}

/// Decodes a body, whose first line has the number `first`.
///
/// Memory of exact size, wiped: what is decoded may be a private key. Blanks and empty lines
/// between the characters are passed over (RFC 7468, section 3, `laxbase64text`).
pub(super) fn decode(body: &[u8], first: usize) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    headers(body, first)?;
    let mut text = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut padding = 0_usize;
    let mut last = first;
    for line in lines(body, first) {
        let damaged = |flaw| Err(BodyError::Damaged(line.number, flaw));
        for (at, c) in line.text.iter().enumerate() {
            match c {
                b' ' | b'\t' => continue,
                b'=' => padding += 1,
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding > 0 => {
                    return damaged(Flaw::PaddingInside);
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {}
                _ => {
                    let column = at.saturating_add(1);
                    return damaged(Flaw::Character { column });
                }
            }
            text.push(*c);
            last = line.number;
        }
    }
    let damaged = |flaw| Err(BodyError::Damaged(last, flaw));
    if text.is_empty() {
        return damaged(Flaw::Empty);
    }
    if padding > 2 {
        return damaged(Flaw::Padding(padding));
    }
    if !text.len().is_multiple_of(4) {
        return damaged(Flaw::Length(text.len()));
    }
    let size = (text.len() / 4).saturating_mul(3).saturating_sub(padding);
    let mut der = Zeroizing::new(vec![0; size]);
    match STANDARD.decode_slice(&*text, &mut der) {
        Ok(written) if written == size => Ok(der),
        _ => damaged(Flaw::LastBits),
    }
}

/// Headers stand before the first empty line and have a colon, which is not of base64.
fn headers(body: &[u8], first: usize) -> Result<(), BodyError> {
    let mut header = None;
    for line in lines(body, first) {
        let text = line.text.trim_ascii();
        if text.is_empty() && header.is_none() {
            continue;
        }
        // What follows a header's line and begins with a blank continues it.
        let continues = header.is_some() && line.text.starts_with(b" ");
        if text.is_empty() || !(continues || text.contains(&b':')) {
            break;
        }
        let name = text.split(|c| *c == b':').next().unwrap_or_default();
        let is_encrypted = text.ends_with(b"ENCRYPTED");
        if name.eq_ignore_ascii_case(b"Proc-Type") && is_encrypted {
            return Err(BodyError::Encrypted);
        }
        header.get_or_insert(line.number);
    }
    match header {
        Some(line) => Err(BodyError::Damaged(line, Flaw::Headers)),
        None => Ok(()),
    }
}

/// As the second half of a sentence.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing between its BEGIN and END"),
            Self::Headers => f.write_str("a header in front of the base64, expected none"),
            Self::Character { column } => {
                write!(f, "character {column} of the line is not of base64")
            }
            Self::PaddingInside => f.write_str("base64 goes on behind its padding"),
            Self::Padding(count) => {
                write!(
                    f,
                    "base64 ends in {count} characters `=`, expected at most 2"
                )
            }
            Self::Length(got) => write!(
                f,
                "{got} characters of base64, expected a multiple of 4: some are missing"
            ),
            Self::LastBits => f.write_str("the last character of the base64 is not the right one"),
        }
    }
}
