//! Takes the known fields of a table and refuses the others.

use super::{Entry, Node, Value};
use crate::config::diagnostic::Report;
use crate::config::nearest::nearest;
use crate::config::shown;
use crate::config::source::{Span, Spanned};

/// A table while its fields are taken. What was not taken when it ends is refused.
pub(crate) struct Table<'t> {
    report: &'t Report,
    /// What the table is called in messages.
    name: String,
    /// What to underline when a field is missing: the table's key, or its beginning.
    span: Span,
    entries: &'t [Entry],
    known: Vec<&'static str>,
}

impl<'t> Table<'t> {
    /// The table in `node`; an error if it is something else.
    pub(crate) fn open(
        node: &'t Node,
        name: impl Into<String>,
        span: Span,
        report: &'t Report,
    ) -> Option<Self> {
        let name = name.into();
        let Value::Table { entries, .. } = &node.value else {
            wrong_kind(report, node, &name, "a table");
            return None;
        };
        Some(Self {
            report,
            name,
            span,
            entries,
            known: Vec::new(),
        })
    }

    pub(crate) fn report(&self) -> &'t Report {
        self.report
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The field `name`, whatever it holds.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'t Entry> {
        self.known.push(name);
        self.entries.iter().find(|entry| entry.key.get() == name)
    }

    /// The field `name` as text.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<Spanned<&'t str>> {
        let node = &self.take(name)?.value;
        let text = text(self.report, node, name)?;
        Some(text)
    }

    /// The field `name` as text that `parse` understands.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        hint: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Spanned<T>> {
        let text = self.text(name)?;
        match parse(text.get()) {
            Ok(value) => Some(text.with(value)),
            Err(error) => {
                let message = format!("`{name}` is `{}`: {error}", shown(text.get()));
                self.report.error(text.span(), message, hint);
                None
            }
        }
    }

    /// The field `name` as one of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        accepted: &[(&'static str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.text(name)?;
        word(self.report, &text, name, accepted)
    }

    /// The field `name` as `true` or `false`.
    pub(crate) fn boolean(&mut self, name: &'static str) -> Option<Spanned<bool>> {
        let node = &self.take(name)?.value;
        let Value::Bool(value) = node.value else {
            wrong_kind(self.report, node, name, "`true` or `false`");
            return None;
        };
        Some(Spanned::new(value, node.span))
    }

    /// The field `name` as a whole number.
    pub(crate) fn integer(&mut self, name: &'static str) -> Option<Spanned<u64>> {
        let node = &self.take(name)?.value;
        match &node.value {
            Value::Number(text) if let Ok(value) = text.parse() => {
                Some(Spanned::new(value, node.span))
            }
            Value::Number(_) => {
                let message = format!("`{name}` is another number than a whole one from 0");
                self.report
                    .error(node.span, message, "write a whole number");
                None
            }
            _ => {
                wrong_kind(self.report, node, name, "a whole number");
                None
            }
        }
    }

    /// The field `name` as a list.
    pub(crate) fn list(&mut self, name: &'static str) -> Option<Spanned<&'t [Node]>> {
        let node = &self.take(name)?.value;
        let Value::Array(nodes) = &node.value else {
            wrong_kind(self.report, node, name, "a list");
            return None;
        };
        Some(Spanned::new(nodes.as_slice(), node.span))
    }

    /// The field `name` as a list of texts.
    pub(crate) fn texts(&mut self, name: &'static str) -> Option<Spanned<Vec<Spanned<&'t str>>>> {
        let report = self.report;
        let list = self.list(name)?;
        let texts = list
            .get()
            .iter()
            .filter_map(|node| text(report, node, name));
        Some(list.with(texts.collect()))
    }

    /// The field `name` as a table of its own.
    pub(crate) fn table(&mut self, name: &'static str) -> Option<Table<'t>> {
        let entry = self.take(name)?;
        Self::open(&entry.value, name, entry.key.span(), self.report)
    }

    /// All fields: for tables whose keys are the operator's.
    pub(crate) fn entries(&self) -> &'t [Entry] {
        self.entries
    }

    /// Refuses what was not taken. `renamed` pairs known wrong names with right ones.
    pub(crate) fn finish(self, renamed: &[(&str, &str)]) {
        for entry in self.entries {
            let key = entry.key.get().as_str();
            if self.known.contains(&key) {
                continue;
            }
            let message = format!("unknown field `{}` in {}", shown(key), self.name);
            let right = renamed
                .iter()
                .find(|(wrong, _)| *wrong == key)
                .map(|(_, right)| *right)
                .or_else(|| nearest(key, &self.known));
            self.report
                .error(entry.key.span(), message, accepted(right, &self.known));
        }
    }
}

/// `node` as text, or an error that says what `name` has to be.
fn text<'t>(report: &Report, node: &'t Node, name: &str) -> Option<Spanned<&'t str>> {
    let Some(text) = node.as_text() else {
        wrong_kind(report, node, name, "text in quotes");
        return None;
    };
    Some(Spanned::new(text, node.span))
}

/// `text` as one of a few words, or an error with the accepted set.
pub(crate) fn word<T: Copy>(
    report: &Report,
    text: &Spanned<&str>,
    name: &str,
    words: &[(&'static str, T)],
) -> Option<Spanned<T>> {
    let found = *text.get();
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == found) {
        return Some(text.with(*value));
    }
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let message = format!("`{name}` cannot be `{}`", shown(found));
    report.error(
        text.span(),
        message,
        accepted(nearest(found, &names), &names),
    );
    None
}

fn wrong_kind(report: &Report, node: &Node, name: &str, expected: &str) {
    let message = format!("`{name}` is {}, expected {expected}", node.kind());
    let hint = match (&node.value, expected) {
        (Value::Number(_) | Value::Bool(_), "text in quotes") => "quote it",
        (Value::Null, _) => "leave the field out instead",
        _ => "see the documentation of the field",
    };
    report.error(node.span, message, hint);
}

fn accepted(right: Option<&str>, names: &[&str]) -> String {
    let names = match names {
        [] => "nothing is accepted here".to_owned(),
        [name] => format!("expected `{name}`"),
        names => format!("expected one of: {}", names.join(", ")),
    };
    match right {
        Some(right) => format!("did you mean `{right}`? {names}"),
        None => names,
    }
}
