//! A configuration text and places in it.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::diagnostic::{Diagnostic, Diagnostics};

/// A range of bytes of a [`Source`]: `start` inclusive, `end` exclusive, both on character borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}

/// A line and a column, both counted from 1; columns count characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// A value and where it was written, so that a later error can point back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    value: T,
    span: Span,
}

impl<T> Spanned<T> {
    /// A value found at `span`.
    pub fn new(value: T, span: impl Into<Span>) -> Self {
        Self {
            value,
            span: span.into(),
        }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The value, without its place.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The place, in bytes of the source.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Another value found at the same place.
    pub fn with<U>(&self, value: U) -> Spanned<U> {
        Spanned::new(value, self.span)
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A configuration text with its name: a file's path, or where else it came from.
///
/// The text is wiped when dropped and never printed by `Debug`, because `provost.toml` can hold
/// secrets; those are overwritten here as soon as they are found (see [`Source::hide`]).
pub struct Source {
    name: String,
    text: Zeroizing<String>,
    line_starts: Vec<usize>,
    hidden: Vec<Span>,
    all_hidden: bool,
}

impl Source {
    /// A text and the name that errors give it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text: String = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            name: name.into(),
            text: Zeroizing::new(text),
            line_starts,
            hidden: Vec::new(),
            all_hidden: false,
        }
    }

    /// A file's bytes; an error at the first byte that is not UTF-8.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(Self::new(name, text)),
            Err(error) => error,
        };
        let at = error.utf8_error().valid_up_to();
        let bytes = Zeroizing::new(error.into_bytes());
        let byte = bytes.get(at).copied().unwrap_or_default();
        let mut source = Self::new(name, String::from_utf8_lossy(&bytes));
        source.hide_all();
        let source = Arc::new(source);
        let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
        Err(Diagnostics::from(
            Diagnostic::error(
                &source,
                at..end,
                format!("byte 0x{byte:02x} is not UTF-8 text"),
            )
            .hint("save the file as UTF-8"),
        ))
    }

    /// The name that errors give the text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, with inline secrets already overwritten.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the byte at `offset` is; past the end means the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.floor(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_start(line);
        let before = self.text.get(start..offset).unwrap_or_default();
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The lines that `span` touches: the number of the first, and their bytes without the last
    /// line break.
    pub(crate) fn lines(&self, span: Span) -> (usize, Span) {
        let first = self.position(span.start).line;
        let last_byte = span.end.saturating_sub(1).max(span.start);
        let last = self.position(last_byte).line;
        let start = self.line_start(first);
        let end = match self.line_starts.get(last) {
            Some(next) => next.saturating_sub(1),
            None => self.text.len(),
        };
        (first, Span { start, end })
    }

    /// Whether the lines of `span` can be shown: no secret is on any of them.
    pub fn shows(&self, span: Span) -> bool {
        let (_, lines) = self.lines(span);
        let first = self
            .hidden
            .partition_point(|secret| secret.end < lines.start);
        let next = self.hidden.get(first);
        !self.all_hidden && next.is_none_or(|secret| secret.start > lines.end)
    }

    /// Overwrites secrets, given in the order of the text: each character by another one of the
    /// same length, so that no position moves. Their lines are never shown again.
    pub(crate) fn hide(&mut self, secrets: Vec<Span>) {
        let mut text = Zeroizing::new(String::with_capacity(self.text.len()));
        let mut done = 0;
        for secret in &secrets {
            let (start, end) = (self.floor(secret.start), self.floor(secret.end));
            text.push_str(self.text.get(done..start).unwrap_or_default());
            let hidden = self.text.get(start.max(done)..end).unwrap_or_default();
            text.extend(hidden.chars().map(mask));
            done = end.max(done);
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        self.text = text;
        self.hidden = secrets;
    }

    /// Lets no line be shown: for a text that may hold secrets, but was not understood.
    pub(crate) fn hide_all(&mut self) {
        self.all_hidden = true;
    }

    /// A span that lies within the text, on character borders, and covers at least one character
    /// where there is one.
    pub(crate) fn clamp(&self, span: Span) -> Span {
        let start = self.floor(span.start);
        let mut end = self.floor(span.end).max(start);
        if end == start
            && let Some(next) = self.text.get(start..).and_then(|rest| rest.chars().next())
            && next != '\n'
        {
            end = start + next.len_utf8();
        }
        Span { start, end }
    }

    fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }

    /// Where the line with the number `line` (from 1) begins.
    fn line_start(&self, line: usize) -> usize {
        let index = line.saturating_sub(1);
        self.line_starts.get(index).copied().unwrap_or_default()
    }
}

/// Another character of the same length in UTF-8; line breaks stay.
fn mask(c: char) -> char {
    match (c, c.len_utf8()) {
        ('\n', _) => '\n',
        (_, 1) => '*',
        (_, 2) => '\u{b7}',
        (_, 3) => '\u{2022}',
        _ => '\u{1f512}',
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.name, self.text.len())
    }
}
