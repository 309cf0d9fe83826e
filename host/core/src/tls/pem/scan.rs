//! Which blocks a file has, line by line: what stands where, and what is wrong with how it stands.

use zeroize::Zeroizing;

use super::boundary::{Damaged, Edge, Seen, look, look_at_last};
use super::label::{Meaning, meaning};
use super::lines::{Line, LineEnd, lines, trim_end};
use crate::tls::capped::Capped;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::rule::RuleId;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file consists of.
pub(super) struct Scan<'a> {
    /// In order.
    pub(super) blocks: Vec<Found<'a>>,
    /// Whether any line is a boundary, or means to be one.
    pub(super) has_boundary: bool,
    /// How many lines end with CRLF, and how many with CR alone.
    pub(super) crlf: usize,
    pub(super) cr: usize,
    /// The first line with text outside of blocks, and how many there are.
    pub(super) stray: Option<(usize, usize)>,
    /// The lines with a byte order mark.
    pub(super) marks: Vec<usize>,
    /// The file as other readers should see it, without private keys: one line end, no marks,
    /// no empty lines, no blanks at the end of a line.
    pub(super) text: Zeroizing<Vec<u8>>,
}

/// One block.
pub(super) struct Found<'a> {
    /// Empty if its `BEGIN` is damaged beyond knowing.
    pub(super) label: &'a str,
    pub(super) meaning: Meaning,
    /// The line of its `BEGIN`.
    pub(super) line: usize,
    /// What stands between `BEGIN` and `END`. None if it is damaged; there is a finding then.
    pub(super) body: Option<&'a [u8]>,
}

/// Scans a file.
pub(super) fn scan<'a>(file: ArtifactFile, bytes: &'a [u8], findings: &mut Capped<'_>) -> Scan<'a> {
    let mut scanner = Scanner {
        file,
        bytes,
        findings,
        open: None,
        scan: Scan {
            blocks: Vec::new(),
            has_boundary: false,
            crlf: 0,
            cr: 0,
            stray: None,
            marks: Vec::new(),
            // Not longer than the file, but for the end of its last line: it never grows, so it
            // leaves no copies behind.
            text: Zeroizing::new(Vec::with_capacity(bytes.len().saturating_add(1))),
        },
    };
    for line in lines(bytes, 1) {
        scanner.line(line);
    }
    scanner.end()
}

struct Scanner<'a, 'f, 'c> {
    file: ArtifactFile,
    bytes: &'a [u8],
    findings: &'c mut Capped<'f>,
    open: Option<Open<'a>>,
    scan: Scan<'a>,
}

/// A block whose `END` has not been seen.
struct Open<'a> {
    label: &'a str,
    meaning: Meaning,
    line: usize,
    /// Where its body begins. None if its `BEGIN` is damaged.
    body: Option<usize>,
    private: bool,
}

impl<'a> Scanner<'a, '_, '_> {
    fn line(&mut self, line: Line<'a>) {
        match line.end {
            LineEnd::CrLf => self.scan.crlf += 1,
            LineEnd::Cr => self.scan.cr += 1,
            LineEnd::Lf | LineEnd::Nothing => {}
        }
        if line.text.is_empty() {
            return;
        }
        let text = self.without_mark(line);
        let mut private = self.is_private();
        let seen = match line.end {
            LineEnd::Nothing => look_at_last(text),
            _ => look(text),
        };
        match seen {
            Seen::Text => {
                if self.open.is_none() && !text.trim_ascii().is_empty() {
                    let (_, count) = self.scan.stray.get_or_insert((line.number, 0));
                    *count += 1;
                }
            }
            Seen::Boundary(Edge::Begin, label) => {
                self.scan.has_boundary = true;
                self.begin(line.number, label, Some(line.next), false);
                private = self.is_private();
            }
            Seen::Boundary(Edge::End, label) => {
                self.scan.has_boundary = true;
                self.close(line, label);
            }
            Seen::Damaged(damaged) => {
                self.scan.has_boundary = true;
                private |= damaged.is_private();
                self.damaged(line.number, &damaged);
            }
        }
        if !private {
            self.scan.text.extend_from_slice(trim_end(text));
            self.scan.text.push(b'\n');
        }
    }

    /// The line without a byte order mark. Files that were put together have them in the middle.
    fn without_mark(&mut self, line: Line<'a>) -> &'a [u8] {
        match line.text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) if line.start == 0 || !matches!(look(text), Seen::Text) => {
                self.scan.marks.push(line.number);
                text
            }
            _ => line.text,
        }
    }

    fn is_private(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.private)
    }

    fn begin(&mut self, line: usize, label: &'a str, body: Option<usize>, private: bool) {
        if let Some(open) = self.open.take() {
            self.damage(open.line, || {
                let label = shown(open.label);
                format!("{label} has no END before the BEGIN on line {line}")
            });
            self.keep(open, None);
        }
        let meaning = meaning(label);
        self.open = Some(Open {
            label,
            meaning,
            line,
            body,
            private: private || meaning.is_private(),
        });
    }

    fn close(&mut self, line: Line<'a>, label: &'a str) {
        let Some(open) = self.open.take() else {
            self.damage(line.number, || {
                format!("END of {} without a BEGIN", shown(label))
            });
            return;
        };
        let body = open.body.and_then(|from| self.bytes.get(from..line.start));
        if open.body.is_some() && open.label != label {
            self.damage(line.number, || {
                let (began, label) = (shown(open.label), shown(label));
                format!(
                    "{began}, begun on line {}, ends as {label}: expected the same label",
                    open.line
                )
            });
            self.keep(open, None);
        } else {
            self.keep(open, body);
        }
    }

    fn damaged(&mut self, line: usize, damaged: &Damaged<'_>) {
        let edge = damaged.first();
        let label = damaged.label().unwrap_or_default();
        let file = self.file;
        self.findings.error(RuleId::Pem002, |rule| {
            let damage = damaged.damage();
            let message = format!("damaged {edge} line of {}: {damage}", shown(label));
            Finding::new(rule, Place::line(file, line), message).hint(damage.hint())
        });
        // An END closes its block, so that one mistake is told once. Whatever else the line holds,
        // the block that is open is not whole.
        if let Some(open) = self.open.take() {
            if edge == Edge::Begin {
                self.damage(open.line, || {
                    let label = shown(open.label);
                    format!("{label} has no END before the BEGIN on line {line}")
                });
            }
            self.keep(open, None);
        }
        match damaged.last() {
            Edge::Begin => self.begin(line, label, None, damaged.is_private()),
            // One line that holds a whole block is a block too.
            Edge::End if edge == Edge::Begin => self.scan.blocks.push(Found {
                label,
                meaning: meaning(label),
                line,
                body: None,
            }),
            Edge::End => {}
        }
    }

    fn end(mut self) -> Scan<'a> {
        if let Some(open) = self.open.take() {
            self.damage(open.line, || {
                format!("{} has no END: the file ends before", shown(open.label))
            });
            self.keep(open, None);
        }
        self.scan
    }

    fn keep(&mut self, open: Open<'a>, body: Option<&'a [u8]>) {
        self.scan.blocks.push(Found {
            label: open.label,
            meaning: open.meaning,
            line: open.line,
            body,
        });
    }

    fn damage(&mut self, line: usize, message: impl FnOnce() -> String) {
        let file = self.file;
        self.findings.error(RuleId::Pem002, |rule| {
            Finding::new(rule, Place::line(file, line), message())
                .hint("copy the block again, whole, from where it came from")
        });
    }
}

/// A label in a sentence. What is none is not shown: it could be part of a key.
pub(super) fn shown(label: &str) -> String {
    match label {
        "" => "a block".to_owned(),
        label => format!("`{label}`"),
    }
}
