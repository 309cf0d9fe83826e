//! What a check found.

use std::fmt::Write as _;

use provost_core::config::Diagnostic;
use serde::{Serialize, Serializer};

use crate::cli::report::{self, Place};
use crate::cli::snippet;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    Warning,
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    level: Level,
    subject: String,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// The place in a configuration file.
    #[serde(rename = "at", skip_serializing_if = "Option::is_none")]
    #[serde(serialize_with = "place")]
    diagnostic: Option<Diagnostic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

// serde passes a reference to the field, whatever its type.
#[allow(clippy::ref_option)]
fn place<S: Serializer>(diagnostic: &Option<Diagnostic>, to: S) -> Result<S::Ok, S::Error> {
    diagnostic.as_ref().map(Place::from).serialize(to)
}

impl Finding {
    pub(super) fn new(
        level: Level,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            level,
            subject: subject.into(),
            message: message.into(),
            notes: Vec::new(),
            diagnostic: None,
            hint: None,
        }
    }

    /// What a diagnostic says of `subject`.
    pub(super) fn at(level: Level, subject: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self {
            hint: diagnostic.hint_text().map(str::to_owned),
            diagnostic: Some(diagnostic.clone()),
            ..Self::new(level, subject, diagnostic.message())
        }
    }

    pub(super) fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    pub(super) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// Lines for people.
    pub(super) fn text(&self) -> String {
        const INDENT: &str = "         ";
        let Self {
            level,
            subject,
            message,
            notes,
            diagnostic,
            hint,
        } = self;
        let mark = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        let told = if message.contains(subject.as_str()) {
            report::one_line(message)
        } else {
            report::one_line(&format!("{subject}: {message}"))
        };
        let mut text = format!("{mark}  {told}\n");
        for note in notes {
            let _ = writeln!(text, "{INDENT}{note}");
        }
        if let Some(diagnostic) = diagnostic {
            for line in snippet::render_place(diagnostic).lines() {
                let _ = writeln!(text, "{INDENT}{line}");
            }
        }
        if let Some(hint) = hint {
            let _ = writeln!(text, "{}", report::hint_lines(hint, INDENT));
        }
        text
    }
}

/// All that was found, in the order in which it was looked at.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(super) fn ok(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.add(Finding::new(Level::Ok, subject, message));
    }

    pub(super) fn warning(&mut self, subject: &str, message: &str, hint: &str) {
        let hint = Some(hint.to_owned());
        self.add(Finding::new(Level::Warning, subject, message).hint(hint));
    }

    /// What a configuration file's text gives reason to say.
    pub(super) fn warnings(&mut self, subject: &str, warnings: Vec<Diagnostic>) {
        for warning in warnings {
            self.add(Finding::at(Level::Warning, subject, warning));
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.errors() > 0
    }

    pub(super) fn errors(&self) -> usize {
        let errors = self.0.iter().filter(|found| found.level == Level::Error);
        errors.count()
    }
}
