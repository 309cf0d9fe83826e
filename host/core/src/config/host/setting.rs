//! Values that know where they came from.

use std::fmt;
use std::ops::Deref;

use crate::config::source::{Source, Span, Spanned};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// `provost.toml`.
    File {
        /// The line, counted from 1.
        line: usize,
    },
    /// The environment.
    Environment {
        /// The variable.
        name: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { line } => write!(f, "line {line}"),
            Self::Environment { name } => f.write_str(name),
        }
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    origin: Origin,
    span: Option<Span>,
}

impl<T> Setting<T> {
    pub(super) fn default_value(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
            span: None,
        }
    }

    pub(super) fn from_environment(value: T, name: &'static str) -> Self {
        Self {
            value,
            origin: Origin::Environment { name },
            span: None,
        }
    }

    pub(super) fn from_file(value: Spanned<T>, source: &Source) -> Self {
        let span = value.span();
        let line = source.position(span.start).line;
        Self {
            value: value.into_inner(),
            origin: Origin::File { line },
            span: Some(span),
        }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its place in `provost.toml`, if it came from there.
    pub fn span(&self) -> Option<Span> {
        self.span
    }
}

impl<T> Deref for Setting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
