//! JSON as RFC 8259 has it: no comments, no trailing commas, no key twice.

use std::collections::HashMap;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use zeroize::Zeroizing;

use super::{Entry, MAX_BYTES, MAX_DEPTH, Node, Value};
use crate::config::diagnostic::Report;
use crate::config::shown;
use crate::config::source::{Span, Spanned};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The tree of a text, or `None` with an error in the report.
pub(crate) fn parse(report: &Report) -> Option<Node> {
    let text = report.source().text();
    if let Err((at, message, hint)) = scan(text) {
        report.error(Span::from(at..at), message, hint);
        return None;
    }
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(result) => {
            let value = result.value.map(|value| node(value, report));
            if value.is_none() {
                let end = Span::from(text.len()..text.len());
                report.error(end, "the file is empty", "is it the right file?");
            }
            value
        }
        Err(error) => {
            let range = error.range();
            let message = lower_first(&error.kind().to_string());
            let hint = "the file has to be JSON, without comments or trailing commas";
            report.error(Span::from(range.start..range.end), message, hint);
            None
        }
    }
}

/// Refuses what would cost too much to parse, and the three things in which the parser is more
/// generous than RFC 8259: other blanks, other characters between tokens, raw control characters.
fn scan(text: &str) -> Result<(), (usize, String, &'static str)> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, at most {MAX_BYTES}", text.len());
        return Err((MAX_BYTES, message, "is it the right file?"));
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                '\0'..='\x1f' => {
                    let message = format!("control character {c:?} in a string");
                    return Err((
                        at,
                        message,
                        "close the string, or write the character as \\uXXXX",
                    ));
                }
                _ => {}
            }
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' | '[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let message = format!("nested deeper than {MAX_DEPTH} levels");
                    return Err((at, message, "is it the right file?"));
                }
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            '\u{feff}' if at == 0 => {
                let message = "the file begins with a byte order mark".to_owned();
                return Err((
                    at,
                    message,
                    "save the file as UTF-8 without a byte order mark",
                ));
            }
            ' ' | '\t' | '\r' | '\n' | '!'..='~' => {}
            _ => {
                let message = format!("unexpected character {c:?}");
                return Err((at, message, "only strings can hold it"));
            }
        }
    }
    Ok(())
}

fn node(value: ast::Value<'_>, report: &Report) -> Node {
    let range = value.range();
    let span = Span::from(range.start..range.end);
    let value = match value {
        ast::Value::StringLit(text) => Value::Text(Zeroizing::new(text.value.into_owned())),
        ast::Value::NumberLit(number) => Value::Number(number.value.to_owned()),
        ast::Value::BooleanLit(boolean) => Value::Bool(boolean.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => Value::Array(
            array
                .elements
                .into_iter()
                .map(|e| node(e, report))
                .collect(),
        ),
        ast::Value::Object(object) => Value::Table {
            entries: entries(object, report),
            braces: true,
        },
    };
    Node { value, span }
}

fn entries(object: ast::Object<'_>, report: &Report) -> Vec<Entry> {
    let mut first_seen: HashMap<String, usize> = HashMap::new();
    let mut entries = Vec::with_capacity(object.properties.len());
    for property in object.properties {
        let range = property.name.range();
        let span = Span::from(range.start..range.end);
        let name = match property.name {
            ast::ObjectPropName::String(name) => name.value.into_owned(),
            ast::ObjectPropName::Word(name) => name.value.to_owned(),
        };
        if let Some(first) = first_seen.get(&name) {
            let line = report.source().position(*first).line;
            let message = format!("field `{}` for the second time", shown(&name));
            report.error(
                span,
                message,
                format!("the first one is on line {line}; keep one"),
            );
            continue;
        }
        first_seen.insert(name.clone(), span.start);
        entries.push(Entry {
            key: Spanned::new(name, span),
            value: node(property.value, report),
        });
    }
    entries
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
