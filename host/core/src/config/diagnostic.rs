//! What is wrong, where, and what would be right.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::source::{Position, Source, Span};

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// The configuration is used, and something in it deserves a look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One error or warning about a configuration text.
///
/// `Display` gives `FILE:LINE:COLUMN: MESSAGE`; [`excerpt`](Self::excerpt) gives the lines to
/// underline. Neither ever holds the value of an inline secret.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    severity: Severity,
    source: Arc<Source>,
    span: Span,
    message: String,
    label: Option<String>,
    hint: Option<String>,
}

/// The lines of a [`Diagnostic`], ready for a renderer of annotated source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// Whole lines, without the last line break.
    pub text: &'a str,
    /// The number of the first line, counted from 1.
    pub first_line: usize,
    /// The bytes of `text` to underline.
    pub underline: Range<usize>,
}

impl Diagnostic {
    /// An error at `span` of `source`.
    pub fn error(source: &Arc<Source>, span: impl Into<Span>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            source: Arc::clone(source),
            span: source.clamp(span.into()),
            message: message.into(),
            label: None,
            hint: None,
        }
    }

    /// A warning at `span` of `source`.
    pub fn warning(
        source: &Arc<Source>,
        span: impl Into<Span>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(source, span, message)
        }
    }

    /// Adds the words beside the underline.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it is an error or a warning.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The text it is about.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The bytes it is about; always within the text.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Line and column of its first character.
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// What is wrong: a lower-case fragment without a full stop.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The words beside the underline, where there are some.
    pub fn label_text(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// What would be right, where that is known.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The lines to show, or `None` where a secret is on one of them.
    pub fn excerpt(&self) -> Option<Excerpt<'_>> {
        if !self.source.shows(self.span) {
            return None;
        }
        let (first_line, lines) = self.source.lines(self.span);
        let text = self.source.text().get(lines.start..lines.end)?;
        let start = self.span.start.saturating_sub(lines.start).min(text.len());
        let end = self.span.end.saturating_sub(lines.start).min(text.len());
        Some(Excerpt {
            text,
            first_line,
            underline: start..end,
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        let name = self.source.name();
        write!(f, "{name}:{line}:{column}: {}", self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Why a configuration was refused: at least one error, with the warnings found beside it.
#[derive(Debug, Clone)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// All of them, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The errors alone.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.iter().filter(|d| d.severity == Severity::Error)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// A configuration that was accepted, and what deserves a look in it.
#[derive(Debug)]
#[must_use]
pub struct Loaded<T> {
    /// The configuration.
    pub value: T,
    /// The warnings, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// Where readers put what they find, so that one run shows several errors.
pub(crate) struct Report {
    source: Arc<Source>,
    found: RefCell<Vec<Diagnostic>>,
}

impl Report {
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            found: RefCell::default(),
        }
    }

    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    pub(crate) fn error(&self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Diagnostic::error(&self.source, span, message).hint(hint));
    }

    pub(crate) fn warning(&self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Diagnostic::warning(&self.source, span, message).hint(hint));
    }

    /// The value if there was no error; `None` always comes with one.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<Loaded<T>, Diagnostics> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|d| d.span.start);
        let refused = found.iter().any(|d| d.severity == Severity::Error);
        match value {
            Some(value) if !refused => Ok(Loaded {
                value,
                warnings: found,
            }),
            _ => {
                if !refused {
                    let message = "the configuration is incomplete";
                    found.push(Diagnostic::error(&self.source, 0..0, message));
                }
                Err(Diagnostics(found))
            }
        }
    }
}
