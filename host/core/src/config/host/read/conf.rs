//! `[classes."com.example.Keys".conf]`: the provider's own configuration.

use provost_plugin_api::SecretBytes;

use super::Reader;
use crate::config::document::{Entry, Node, Table, Value};
use crate::config::host::class::{ConfEntry, ConfSource};
use crate::config::shown;
use crate::config::source::Spanned;

const KINDS: &str = "file, credential, secret, env";

impl Reader<'_> {
    pub(super) fn conf(&self, table: &Table<'_>) -> Vec<ConfEntry> {
        table
            .entries()
            .iter()
            .filter_map(|entry| {
                let source = self.conf_source(entry)?;
                Some(ConfEntry {
                    key: entry.key.clone(),
                    source: Spanned::new(source, entry.value.span),
                })
            })
            .collect()
    }

    fn conf_source(&self, entry: &Entry) -> Option<ConfSource> {
        let key = shown(&entry.key);
        match &entry.value.value {
            // Its value would be shown like any other that is plain.
            Value::Text(_) if entry.key.get().eq_ignore_ascii_case("secret") => {
                let message = format!("`{key}` is plain text");
                let hint = format!("write {key} = {{ secret = \"...\" }}, or {{ file = \"...\" }}");
                self.report.error(entry.key.span(), message, hint);
                None
            }
            Value::Text(text) => Some(ConfSource::Plain(text.to_string())),
            Value::Table { braces: true, .. } => self.conf_table(&entry.value, &key),
            // A key with dots that nobody quoted.
            Value::Table { .. } => {
                let message = format!("`{key}` is a table, expected a value");
                let hint = "quote a key that has dots: \"fs.s3.cse.rsa.name\" = \"...\"";
                self.report.error(entry.key.span(), message, hint);
                None
            }
            _ => {
                let kind = entry.value.kind();
                let message = format!("`{key}` is {kind}, expected text");
                let hint = format!("quote it, or write a table of one of: {KINDS}");
                self.report.error(entry.value.span, message, hint);
                None
            }
        }
    }

    /// `{ file = "..." }` and the like: exactly one entry.
    fn conf_table(&self, node: &Node, key: &str) -> Option<ConfSource> {
        let mut table = Table::open(node, format!("`{key}`"), node.span, self.report)?;
        let file = table
            .text("file")
            .map(|path| ConfSource::File(self.path(&path).into_inner()));
        let credential = table
            .parsed(
                "credential",
                "write the name alone, without its folder",
                file_name,
            )
            .map(|name| ConfSource::Credential(name.into_inner()));
        let secret = table
            .text("secret")
            .map(|text| ConfSource::Secret(SecretBytes::copy_from(text.get().as_bytes())));
        let env = table
            .parsed("env", "write the name of an environment variable", variable)
            .map(|name| ConfSource::Environment(name.into_inner()));
        if table.entries().len() != 1 {
            let message = format!(
                "`{key}` has {} sources, expected one",
                table.entries().len()
            );
            self.report
                .error(node.span, message, format!("write one of: {KINDS}"));
        }
        table.finish(&[]);
        file.or(credential).or(secret).or(env)
    }
}

fn file_name(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| !c.is_control() && c != '/';
    if matches!(text, "" | "." | "..") || !text.chars().all(plain) {
        return Err("not the name of a file");
    }
    Ok(text.to_owned())
}

fn variable(text: &str) -> Result<String, &'static str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = text.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if !first || !text.bytes().all(word) {
        return Err("not the name of a variable");
    }
    Ok(text.to_owned())
}
