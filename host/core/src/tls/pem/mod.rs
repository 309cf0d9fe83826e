//! PEM blocks (RFC 7468): found by a scanner of our own, then decoded.
//!
//! Decoders pass over what they do not recognise: a byte order mark, an indented line or a dash
//! too few, and a certificate is gone without a word. So [`read`] looks at every line first, says
//! what it sees, and holds what it found against what `rustls-pemfile` finds.

mod agreement;
mod body;
mod boundary;
pub(in crate::tls) mod foreign;
mod label;
mod lines;
mod scan;
mod sort;
mod write;

use zeroize::Zeroizing;

pub(crate) use self::write::write;
use super::capped::{self, Capped};
use super::finding::{ArtifactFile, Finding, Place};
use super::limits;
use super::rule::RuleId;

/// What a block holds, by its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `CERTIFICATE`.
    Certificate,
    /// `PRIVATE KEY` (PKCS#8).
    Pkcs8,
    /// `RSA PRIVATE KEY` (PKCS#1).
    Pkcs1,
    /// `EC PRIVATE KEY` (SEC 1).
    Sec1,
}

/// One block that belongs where it is.
pub struct Block {
    /// What it holds.
    pub kind: Kind,
    /// The line of its `BEGIN`, counted from 1.
    pub line: usize,
    /// What was encoded.
    pub der: Zeroizing<Vec<u8>>,
}

/// The blocks of a file, in order. What is wrong with the file is added to `findings`.
pub fn read(file: ArtifactFile, bytes: &[u8], findings: &mut Vec<Finding>) -> Vec<Block> {
    let place = Place::file(file);
    capped::collect(findings, &place, |findings| blocks(file, bytes, findings))
}

fn blocks(file: ArtifactFile, bytes: &[u8], findings: &mut Capped<'_>) -> Vec<Block> {
    let limit = limits::of(file);
    if bytes.len() > limit {
        findings.error(RuleId::Art007, |rule| {
            let message = format!("{} bytes, at most {limit} are read", bytes.len());
            Finding::new(rule, Place::file(file), message).hint("remove what is not PEM from it")
        });
        return Vec::new();
    }
    if is_utf16(bytes) {
        findings.error(RuleId::Pem004, |rule| {
            Finding::new(rule, Place::file(file), "text in UTF-16, expected ASCII")
                .hint("save it as ASCII or UTF-8: `iconv -f UTF-16 -t ASCII`")
        });
        return Vec::new();
    }
    let scan = scan::scan(file, bytes, findings);
    for line in &scan.marks {
        findings.warning(RuleId::Pem004, |rule| {
            let message = "a byte order mark, dropped: OpenSSL passes over it, Java fails";
            Finding::new(rule, Place::line(file, *line), message).hint("save it as plain ASCII")
        });
    }
    if !scan.has_boundary {
        findings.error(RuleId::Pem001, |rule| {
            let found = foreign::recognise(bytes);
            let message = format!("{found}, expected PEM");
            Finding::new(rule, Place::file(file), message).hint(found.hint(file))
        });
        return Vec::new();
    }
    for (count, name) in [(scan.crlf, "CRLF"), (scan.cr, "CR")] {
        if count > 0 {
            findings.warning(RuleId::Pem005, |rule| {
                let message = format!("lines that end in {name}: {count}; written anew with LF");
                Finding::new(rule, Place::file(file), message).hint("`dos2unix`, or leave it")
            });
        }
    }
    if let Some((first, count)) = scan.stray {
        findings.warning(RuleId::Pem006, |rule| {
            let message = format!("lines of text outside of blocks: {count}; dropped");
            Finding::new(rule, Place::line(file, first), message)
        });
    }
    sort::sort(file, scan, findings)
}

/// Whether the first characters are ASCII in two bytes each, or a mark says so.
fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] => a.is_ascii_graphic() && b.is_ascii_graphic(),
        _ => false,
    }
}
