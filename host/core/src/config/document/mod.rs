//! A configuration text as a tree whose nodes know where they were written.
//!
//! JSON and TOML become the same tree, so that one reader serves both and every error can point.

mod json;
mod reader;
mod toml;

pub(crate) use self::json::parse as parse_json;
pub(crate) use self::reader::{Table, word};
pub(crate) use self::toml::parse as parse_toml;

use zeroize::Zeroizing;

use super::source::{Span, Spanned};

/// The longest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How deep tables and arrays may be nested.
pub const MAX_DEPTH: usize = 64;

/// A value and its place.
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// What a node holds. Texts are wiped: one of them may be a secret.
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A number, or in TOML a date, as it was written.
    Number(String),
    Text(Zeroizing<String>),
    Array(Vec<Node>),
    Table {
        entries: Vec<Entry>,
        /// Written between braces, not put together from headers or dotted keys.
        braces: bool,
    },
}

/// A field of a table.
pub(crate) struct Entry {
    pub(crate) key: Spanned<String>,
    pub(crate) value: Node,
}

impl Node {
    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::Array(_) => "a list",
            Value::Table { .. } => "a table",
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table { entries, .. } => entries,
            _ => &[],
        }
    }
}
