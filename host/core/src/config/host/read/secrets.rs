//! Inline secrets are found before anything is reported about the text.

use crate::config::document::{Node, Value};
use crate::config::source::Span;

/// What tables between braces hold that is no secret. A value of any other name is hidden, because
/// it may be a secret whose name was misspelt.
const PLAIN: [&str; 33] = [
    "cluster_id",
    "conf",
    "credential",
    "deadline",
    "default_roots",
    "directory",
    "env",
    "envelope",
    "file",
    "files",
    "folders",
    "format",
    "formats",
    "instruction_suffix",
    "isolation",
    "lanes",
    "legacy",
    "library",
    "memory",
    "needed",
    "owner",
    "populate",
    "prefix",
    "proof",
    "read",
    "sha256",
    "strict",
    "timeout",
    "unauthenticated",
    "unpinned",
    "uri",
    "window",
    "write",
];

/// The places of all values that are or may be secrets, in the order of the text.
pub(super) fn find(root: &Node) -> Vec<Span> {
    let mut found = Vec::new();
    search(root, &mut found);
    found.sort_by_key(|span| span.start);
    found
}

/// Whether a text that is no TOML may hold an inline secret.
pub(super) fn may_hold_any(text: &str) -> bool {
    text.to_ascii_lowercase().contains("secret")
}

fn search(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::Table { entries, braces } => {
            for entry in entries {
                let key = entry.key.get().as_str();
                let plain = if *braces {
                    PLAIN.contains(&key)
                } else {
                    !key.eq_ignore_ascii_case("secret")
                };
                if plain {
                    search(&entry.value, found);
                } else {
                    all_of(&entry.value, found);
                }
            }
        }
        Value::Array(nodes) => {
            for node in nodes {
                search(node, found);
            }
        }
        _ => {}
    }
}

/// The span of a table that has a header is the header alone, so each value in it is taken.
fn all_of(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::Table { entries, .. } => {
            for entry in entries {
                all_of(&entry.value, found);
            }
        }
        Value::Array(nodes) => {
            for node in nodes {
                all_of(node, found);
            }
        }
        _ => found.push(node.span),
    }
}
