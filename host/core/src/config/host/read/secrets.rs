//! Inline secrets are found, and overwritten in the text, before anything is reported about it.

use crate::config::document::{Node, Value};
use crate::config::source::Source;

/// Overwrites the value of every key that is called `secret`, wherever it is. Whether there is one.
pub(super) fn hide(root: &Node, source: &mut Source) -> bool {
    match &root.value {
        Value::Table { entries, .. } => {
            let mut found = false;
            for entry in entries {
                if entry.key.get().eq_ignore_ascii_case("secret") {
                    hide_all_of(&entry.value, source);
                    found = true;
                } else {
                    found |= hide(&entry.value, source);
                }
            }
            found
        }
        Value::Array(nodes) => {
            let mut found = false;
            for node in nodes {
                found |= hide(node, source);
            }
            found
        }
        _ => false,
    }
}

/// Whether a text that is no TOML may hold an inline secret.
pub(super) fn may_hold_any(text: &str) -> bool {
    text.to_ascii_lowercase().contains("secret")
}

/// The span of a table that has a header is the header alone, so each value in it is hidden too.
fn hide_all_of(node: &Node, source: &mut Source) {
    match &node.value {
        Value::Table { entries, .. } => {
            for entry in entries {
                hide_all_of(&entry.value, source);
            }
        }
        Value::Array(nodes) => {
            for node in nodes {
                hide_all_of(node, source);
            }
        }
        _ => source.hide(node.span),
    }
}
