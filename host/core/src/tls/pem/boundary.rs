//! The lines that begin and end a block (RFC 7468, section 3), and lines that only mean to.

use std::fmt;

use super::label::{PRIVATE, is_label, known};
use super::lines::trim_end;

/// Which end of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Begin,
    End,
}

/// What a line is.
pub(super) enum Seen<'a> {
    Boundary(Edge, &'a str),
    /// It means to be a boundary, and readers differ in whether they take it for one.
    Damaged(Damaged<'a>),
    Text,
}

/// A line that means to be a boundary, or several.
pub(super) struct Damaged<'a> {
    line: &'a [u8],
    first: Claim<'a>,
    /// If there are several.
    last: Option<Claim<'a>>,
}

/// Why a line is no boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    Indented(usize),
    Dashes { before: usize, behind: usize },
    OtherDashes,
    Blanks,
    Case,
    Joined,
    Escaped,
    Label,
    Cut,
}

const FIVE: &[u8] = b"-----";

/// Characters that word processors and web pages put in place of `-`, in UTF-8 and Windows-1252.
const OTHER_DASHES: [&[u8]; 12] = [
    "\u{2010}".as_bytes(),
    "\u{2011}".as_bytes(),
    "\u{2012}".as_bytes(),
    "\u{2013}".as_bytes(),
    "\u{2014}".as_bytes(),
    "\u{2015}".as_bytes(),
    "\u{2212}".as_bytes(),
    "\u{fe58}".as_bytes(),
    "\u{fe63}".as_bytes(),
    "\u{ff0d}".as_bytes(),
    b"\x96",
    b"\x97",
];

/// Looks at one line.
pub(super) fn look(line: &[u8]) -> Seen<'_> {
    if let Some((edge, label)) = boundary(line) {
        return Seen::Boundary(edge, label);
    }
    // Most lines are base64, and have no dash.
    let may_be = |c: &u8| *c == b'-' || !c.is_ascii();
    if edge_at(line.trim_ascii_start()).is_none() && !line.iter().any(may_be) {
        return Seen::Text;
    }
    damaged(line).map_or(Seen::Text, Seen::Damaged)
}

/// What the last line of a file is, if the file ends within it.
pub(super) fn look_at_last(line: &[u8]) -> Seen<'_> {
    let begins = |edge: &[u8]| !line.is_empty() && edge.starts_with(line);
    let edge = match () {
        () if begins(b"-----BEGIN ") => Edge::Begin,
        () if begins(b"-----END ") => Edge::End,
        () => return look(line),
    };
    let first = Claim {
        edge,
        before: line,
        is_upper: true,
        behind: &[],
        label: None,
        is_cut: true,
    };
    Seen::Damaged(Damaged {
        line,
        first,
        last: None,
    })
}

/// A line as it should be.
fn boundary(line: &[u8]) -> Option<(Edge, &str)> {
    let rest = trim_end(line.strip_prefix(FIVE)?);
    let (edge, rest) = match rest.strip_prefix(b"BEGIN ") {
        Some(rest) => (Edge::Begin, rest),
        None => (Edge::End, rest.strip_prefix(b"END ")?),
    };
    let label = std::str::from_utf8(rest.strip_suffix(FIVE)?).ok()?;
    is_label(label).then_some((edge, label))
}

fn damaged(line: &[u8]) -> Option<Damaged<'_>> {
    let indent = line.len() - line.trim_ascii_start().len();
    let mut claims = (indent..line.len()).filter_map(|at| claim(line, indent, at));
    let first = claims.next()?;
    let last = claims.next_back();
    Some(Damaged { line, first, last })
}

impl Damaged<'_> {
    pub(super) fn first(&self) -> Edge {
        self.first.edge
    }

    /// The same one, unless there are several.
    pub(super) fn last(&self) -> Edge {
        self.last.as_ref().unwrap_or(&self.first).edge
    }

    /// The label of the last one, if it is a known one.
    pub(super) fn label(&self) -> Option<&'static str> {
        self.last.as_ref().unwrap_or(&self.first).label
    }

    /// Whether a private key may stand in it or behind it.
    pub(super) fn is_private(&self) -> bool {
        has(self.line, PRIVATE.as_bytes())
    }

    /// What is wrong with it. Not known before it is asked for: there may be very many lines.
    pub(super) fn damage(&self) -> Damage {
        match &self.last {
            _ if has(self.line, b"\\n") => Damage::Escaped,
            Some(_) => Damage::Joined,
            None => damage(&self.first),
        }
    }
}

/// `BEGIN` or `END` in a line, where it is one of a boundary.
struct Claim<'a> {
    edge: Edge,
    before: &'a [u8],
    is_upper: bool,
    behind: &'a [u8],
    label: Option<&'static str>,
    /// Whether the file ends within the word.
    is_cut: bool,
}

fn claim(line: &[u8], indent: usize, at: usize) -> Option<Claim<'_>> {
    let (before, rest) = line.split_at_checked(at)?;
    let (edge, behind) = edge_at(rest)?;
    let is_dashed = ends_with_dash(before.trim_ascii_end());
    if !is_dashed && at != indent {
        return None;
    }
    let word = rest.get(..rest.len() - behind.len())?;
    let words = behind.trim_ascii_start();
    let label = known(words);
    // `BEGIN` among words is text. Five dashes before it make it a boundary, or fewer and a label
    // that is known, or a known label and nothing else.
    let claims = match label {
        Some(_) if is_dashed => true,
        Some(label) => {
            let tail = words.strip_prefix(label.as_bytes());
            tail.is_some_and(|tail| dashes(tail.trim_ascii()).1.is_empty())
        }
        None => before.ends_with(FIVE),
    };
    claims.then_some(Claim {
        edge,
        before,
        is_upper: word.iter().all(u8::is_ascii_uppercase),
        behind: words,
        label,
        is_cut: false,
    })
}

/// The word at the beginning of `text`, in any case, and what is behind it.
fn edge_at(text: &[u8]) -> Option<(Edge, &[u8])> {
    let word = |word: &str| {
        let (start, behind) = text.split_at_checked(word.len())?;
        let ends = behind.first().is_none_or(|c| !c.is_ascii_alphanumeric());
        (start.eq_ignore_ascii_case(word.as_bytes()) && ends).then_some(behind)
    };
    // Asked for each byte of a line: one comparison for most.
    match text.first()? {
        b'B' | b'b' => word("BEGIN").map(|behind| (Edge::Begin, behind)),
        b'E' | b'e' => word("END").map(|behind| (Edge::End, behind)),
        _ => None,
    }
}

fn damage(claim: &Claim<'_>) -> Damage {
    if claim.is_cut {
        return Damage::Cut;
    }
    let lead = claim.before.trim_ascii_start();
    let indent = claim.before.len() - lead.len();
    let (before, lead_rest) = dashes(lead);
    let label = claim.label.map_or_else(
        || {
            let mut behind = claim.behind.iter();
            behind.position(|c| *c == b'-' || !c.is_ascii())
        },
        |label| Some(label.len()),
    );
    let tail = claim.behind.get(label.unwrap_or(claim.behind.len())..);
    let tail = tail.unwrap_or_default();
    let (behind, tail_rest) = dashes(tail.trim_ascii());
    if starts_with_other_dash(lead_rest) || starts_with_other_dash(tail_rest) {
        return Damage::OtherDashes;
    }
    if !lead_rest.trim_ascii().is_empty() || !tail_rest.is_empty() {
        return Damage::Joined;
    }
    let is_label = claim
        .label
        .is_some_and(|label| claim.behind.starts_with(label.as_bytes()));
    match () {
        () if !claim.is_upper || (claim.label.is_some() && !is_label) => Damage::Case,
        () if (before, behind) != (FIVE.len(), FIVE.len()) => Damage::Dashes { before, behind },
        () if indent > 0 => Damage::Indented(indent),
        () if claim.label.is_none() => Damage::Label,
        () => Damage::Blanks,
    }
}

/// How many dashes `text` begins with, and what is behind them.
fn dashes(text: &[u8]) -> (usize, &[u8]) {
    let end = text.iter().position(|c| *c != b'-').unwrap_or(text.len());
    (end, text.get(end..).unwrap_or_default())
}

fn starts_with_other_dash(text: &[u8]) -> bool {
    OTHER_DASHES.iter().any(|dash| text.starts_with(dash))
}

fn ends_with_dash(text: &[u8]) -> bool {
    match text.last() {
        Some(last) if last.is_ascii() => *last == b'-',
        _ => OTHER_DASHES.iter().any(|dash| text.ends_with(dash)),
    }
}

/// Whether `part` is in `line`, in any case.
fn has(line: &[u8], part: &[u8]) -> bool {
    let same = |a: Option<&u8>, b: Option<&u8>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    line.iter().enumerate().any(|(at, c)| {
        // One comparison for most bytes.
        same(Some(c), part.first())
            && line
                .get(at..)
                .and_then(|line| line.get(..part.len()))
                .is_some_and(|found| found.eq_ignore_ascii_case(part))
    })
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begin => "BEGIN",
            Self::End => "END",
        })
    }
}

/// As the second half of a sentence.
impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Indented(by) => return write!(f, "it is indented by {by}"),
            Self::Dashes { before, behind } => {
                return write!(
                    f,
                    "{before} dashes before and {behind} behind, expected 5 and 5"
                );
            }
            Self::OtherDashes => "its dashes are not all `-`",
            Self::Blanks => "the blanks in it are not single ones between words",
            Self::Case => "it is not in capital letters",
            Self::Joined => "other text stands on the same line",
            Self::Escaped => "its line breaks are written as `\\n`",
            Self::Label => "its label is not one",
            Self::Cut => "the file ends within it",
        })
    }
}

impl Damage {
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Indented(_) => "remove the blanks at the beginning of each line",
            Self::Joined => "put BEGIN and END on lines of their own",
            Self::Escaped => "write real line breaks, as `printf '%b'` does",
            Self::OtherDashes => "type five `-`: a text program has replaced them",
            Self::Cut => "copy the file again, whole, from where it came from",
            _ => "write it as `-----BEGIN LABEL-----` and `-----END LABEL-----`",
        }
    }
}
