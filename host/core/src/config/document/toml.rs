//! TOML, with a place for every key and value.

use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};
use toml_parser::lexer::TokenKind;
use zeroize::Zeroizing;

use super::{Entry, MAX_BYTES, MAX_DEPTH, Node, Value};
use crate::config::source::{Span, Spanned};

/// Why a text is no tree.
pub(crate) struct TomlError {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
}

/// The tree of a text. The errors hold nothing of the text but what `span` points at.
pub(crate) fn parse(text: &str) -> Result<Node, TomlError> {
    bound(text)?;
    let table = DeTable::parse(text).map_err(|error| {
        let range = error.span().unwrap_or(text.len()..text.len());
        TomlError {
            span: Span::from(range),
            message: error.message().to_owned(),
            hint: match error.message() {
                "duplicate key" => "keep one of them",
                _ => "the file has to be TOML",
            },
        }
    })?;
    Ok(Node {
        value: Value::Table {
            entries: entries(table.into_inner(), text),
            braces: false,
        },
        span: Span::default(),
    })
}

/// Refuses what would cost too much to parse. The parser itself bounds brackets, not dotted keys.
fn bound(text: &str) -> Result<(), TomlError> {
    if text.len() > MAX_BYTES {
        return Err(TomlError {
            span: Span::from(MAX_BYTES..MAX_BYTES),
            message: format!("the file has {} bytes, at most {MAX_BYTES}", text.len()),
            hint: "is it the right file?",
        });
    }
    // The depth at which each open bracket stands; a key's dots count until its value ends.
    let mut open: Vec<usize> = Vec::new();
    let mut depth = 0_usize;
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => depth += 1,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                depth += 1;
                open.push(depth);
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open.pop();
            }
            TokenKind::Comma | TokenKind::Newline => depth = open.last().copied().unwrap_or(0),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(TomlError {
                span: Span::from(token.span().start()..token.span().end()),
                message: format!("nested deeper than {MAX_DEPTH} levels"),
                hint: "is it the right file?",
            });
        }
    }
    Ok(())
}

fn node(value: TomlSpanned<DeValue<'_>>, text: &str) -> Node {
    let span = Span::from(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(Zeroizing::new(text.into_owned())),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(boolean) => Value::Bool(boolean),
        DeValue::Datetime(date) => Value::Number(date.to_string()),
        DeValue::Array(array) => Value::Array(array.into_iter().map(|e| node(e, text)).collect()),
        DeValue::Table(table) => Value::Table {
            entries: entries(table, text),
            // The span of a table between braces is the braces; of another, its header or key.
            braces: text.as_bytes().get(span.start) == Some(&b'{'),
        },
    };
    Node { value, span }
}

fn entries(table: DeTable<'_>, text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key: Spanned::new(key.get_ref().to_string(), key.span()),
            value: node(value, text),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.span().start);
    entries
}
