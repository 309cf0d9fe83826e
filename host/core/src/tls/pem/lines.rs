//! The lines of a file, whatever ends them.

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    Lf,
    CrLf,
    Cr,
    /// The file ends.
    Nothing,
}

/// One line, without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Where it begins in the file.
    pub(super) start: usize,
    /// Where the next one begins.
    pub(super) next: usize,
    pub(super) text: &'a [u8],
    pub(super) end: LineEnd,
}

/// The lines of `bytes`, of which the first has the number `first`.
pub(super) fn lines(bytes: &[u8], first: usize) -> Lines<'_> {
    Lines {
        rest: bytes,
        at: 0,
        number: first,
    }
}

pub(super) struct Lines<'a> {
    rest: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let found = self.rest.iter().position(|c| matches!(c, b'\n' | b'\r'));
        let (text, rest) = self
            .rest
            .split_at_checked(found.unwrap_or(self.rest.len()))?;
        let (end, rest) = match rest {
            [b'\r', b'\n', rest @ ..] => (LineEnd::CrLf, rest),
            [b'\r', rest @ ..] => (LineEnd::Cr, rest),
            [_, rest @ ..] => (LineEnd::Lf, rest),
            [] => (LineEnd::Nothing, rest),
        };
        let (number, start) = (self.number, self.at);
        self.at = start.saturating_add(self.rest.len() - rest.len());
        self.number = number.saturating_add(1);
        self.rest = rest;
        Some(Line {
            number,
            start,
            next: self.at,
            text,
            end,
        })
    }
}

/// A line without the blanks at its end, which every reader passes over.
pub(super) fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    line
}
