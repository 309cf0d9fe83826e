//! What differs from machine to machine and from run to run, and what stands for it.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use provost_core::config::Sha256Digest;
use provost_core::section::LibraryFacts;
use provost_core::tls::RuleId;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::installed::Installed;
use crate::plugins::{libraries, plugins};

/// An installed copy of the command, and the names of what differs.
pub(super) struct Varying {
    installed: Installed,
    /// Placeholder and value.
    pairs: Vec<(String, String)>,
}

impl Varying {
    pub(super) fn new() -> Self {
        let installed = Installed::new();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let repository = repository.canonicalize().unwrap();
        let mut pairs = vec![
            ("{home}".to_owned(), installed.prefix.display().to_string()),
            ("{plugins}".to_owned(), plugins().display().to_string()),
            (
                "{tls}".to_owned(),
                repository
                    .join("host/provost/tests/fixtures/tls")
                    .display()
                    .to_string(),
            ),
            ("{repository}".to_owned(), repository.display().to_string()),
        ];
        let rules = format!("{} rules", RuleId::ALL.len());
        pairs.push(("{rules}".to_owned(), rules));
        for (name, path) in libraries() {
            let bytes = fs::read(&path).unwrap();
            let sha256: [u8; 32] = digest(&SHA256, &bytes).as_ref().try_into().unwrap();
            let sha256 = Sha256Digest::from_bytes(sha256).to_string();
            pairs.push((format!("{{sha256 {name}}}"), sha256));
            pairs.push((format!("{{size {name}}}"), bytes.len().to_string()));
            let build = LibraryFacts::read(&bytes).unwrap().build;
            pairs.push(("{rustc}".to_owned(), build.rustc));
            pairs.push(("{target}".to_owned(), build.target));
        }
        Self { installed, pairs }
    }

    /// The command.
    pub(super) fn command(&self) -> PathBuf {
        self.installed.command()
    }

    /// Values for placeholders.
    pub(super) fn fill(&self, text: &str, root: &Path) -> String {
        let text = text.replace("{root}", &root.to_string_lossy());
        let pairs = self.pairs.iter();
        pairs.fold(text, |text, (name, value)| text.replace(name, value))
    }

    /// Placeholders for values; and for what only a run knows: `[TIME]` for how long something took,
    /// `[NOW]` for a time near the present, and of a certificate's validity `[BAR]` and `[DAYS]`.
    pub(super) fn restore(&self, text: &str, root: &Path) -> String {
        let text = text.replace(&*root.to_string_lossy(), "{root}");
        let pairs = self.pairs.iter();
        let text = pairs.fold(text, |text, (name, value)| text.replace(value, name));
        let text = numbers(&text, " ", " ms", "[TIME]");
        let text = numbers(&text, "milliseconds\": ", ",", "[TIME]");
        let text = numbers(&text, "Z, ", " of ", "[DAYS]");
        let text = numbers(&text, "expired ", " days ago", "[DAYS]");
        moments(&bars(&text))
    }
}

/// Puts `name` in place of each number between `before` and `after`, and of the spaces before it.
fn numbers(text: &str, before: &str, after: &str, name: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(before) {
        let (head, tail) = rest.split_at(at + before.len());
        let number = tail.trim_start_matches(' ');
        let end = number
            .find(|c: char| !c.is_ascii_digit() && !".e-".contains(c))
            .unwrap_or(number.len());
        let (digits, behind) = number.split_at(end);
        out.push_str(head);
        if digits.starts_with(|c: char| c.is_ascii_digit()) && behind.starts_with(after) {
            out.push_str(name);
            rest = behind;
        } else {
            rest = tail;
        }
    }
    out + rest
}

/// Puts `[BAR]` in place of the bars of validities.
fn bars(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('[') {
        out.push_str(head);
        let bar = tail.trim_start_matches('#').trim_start_matches('-');
        let is_bar = tail.len() - bar.len() == 32 && bar.starts_with(']');
        out.push_str(if is_bar { "[BAR" } else { "[" });
        rest = if is_bar { bar } else { tail };
    }
    out + rest
}

/// Puts `[NOW]` in place of the times (RFC 3339, UTC) that are not more than 100 days away.
fn moments(text: &str) -> String {
    const FORM: &str = "2000-01-01T00:00:00Z";
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = rest.get(..FORM.len()).and_then(|found| {
            let moment = OffsetDateTime::parse(found, &Rfc3339).ok()?;
            let away = (moment - OffsetDateTime::now_utc()).abs();
            (away < Duration::days(100)).then_some(found)
        });
        let passed = found.map_or(first.len_utf8(), str::len);
        out.push_str(if found.is_some() {
            "[NOW]"
        } else {
            &rest[..passed]
        });
        rest = &rest[passed..];
    }
    out
}
