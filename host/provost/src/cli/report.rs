//! How the command speaks: error and hint to stderr, results to stdout.

use std::fmt::Display;
use std::io::{self, Write};

use provost_core::config::{Diagnostic, Severity};
use provost_core::tls::shown;
use serde::Serialize;

use super::args::Output;
use super::snippet;
pub(crate) use crate::error::chain;
use crate::registry::Registry;

/// Refused or failed.
const FAILED: u8 = 1;
/// Wrong usage, as clap has it.
const USAGE: u8 = 2;

/// Why a command stops, in the words that the user sees.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    diagnostics: Vec<Diagnostic>,
    status: u8,
    /// The JSON document on stdout says it already.
    in_document: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            hint: None,
            diagnostics: Vec::new(),
            status: FAILED,
            in_document: false,
        }
    }

    /// The command line itself asks for what cannot be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self {
            status: USAGE,
            ..Self::new(message)
        }
    }

    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What a JSON document that was printed says already.
    pub(crate) fn in_document(mut self) -> Self {
        self.in_document = true;
        self
    }

    /// Message, hint, and the first place that it is about.
    pub(crate) fn into_parts(self) -> (String, Option<String>, Option<Diagnostic>) {
        (self.message, self.hint, self.diagnostics.into_iter().next())
    }

    /// The failure, for a JSON document.
    pub(crate) fn document(&self) -> ErrorBody<'_> {
        ErrorBody {
            message: &self.message,
            hint: self.hint.as_deref(),
            diagnostics: self.diagnostics.iter().map(DiagnosticBody::from).collect(),
        }
    }

    /// A configuration that does not hold: each place is underlined.
    pub(crate) fn diagnostics(diagnostics: Vec<Diagnostic>) -> Self {
        let mut errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity() == Severity::Error);
        let (message, hint) = match (errors.next(), errors.count()) {
            (Some(only), 0) => (
                only.message().to_owned(),
                only.hint_text().map(str::to_owned),
            ),
            (_, more) => (format!("the configuration has {} errors", more + 1), None),
        };
        Self {
            hint,
            diagnostics,
            ..Self::new(message)
        }
    }
}

impl Failure {
    /// An error of the library, underlined where a configuration file is to blame.
    pub(crate) fn located(error: crate::Error, registry: &Registry) -> Self {
        match registry.point(&error) {
            Some(diagnostic) => Self::diagnostics(vec![diagnostic]),
            None => error.into(),
        }
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        if let Some(diagnostics) = error.diagnostics() {
            return Self::diagnostics(diagnostics.into_iter().collect());
        }
        let failure = Self::new(chain(&error));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Prints a failure and says which exit status it has.
pub(crate) fn failure(failure: &Failure, output: Output) -> u8 {
    let mut stderr = anstream::stderr().lock();
    if failure.diagnostics.is_empty() {
        let _ = writeln!(stderr, "error: {}", one_line(&failure.message));
        if let Some(hint) = &failure.hint {
            let _ = writeln!(stderr, "{}", hint_lines(hint, ""));
        }
    }
    for (index, diagnostic) in failure.diagnostics.iter().enumerate() {
        if index > 0 {
            let _ = writeln!(stderr);
        }
        let _ = writeln!(stderr, "{}", snippet::render(diagnostic));
    }
    if output == Output::Json && !failure.in_document {
        // The failure itself is what the exit status tells.
        let error = failure.document();
        let _ = json(&ErrorDocument { error });
    }
    failure.status
}

/// Text of one line, whatever is in the names that it tells of: a line break in one of them begins
/// no line, and nothing changes a terminal.
pub(crate) fn one_line(text: &str) -> String {
    const PIECE: usize = 100; // of which nothing is cut
    let all: Vec<char> = text.chars().collect();
    let pieces = all
        .chunks(PIECE)
        .map(|piece| shown(&String::from_iter(piece)));
    pieces.collect()
}

/// A hint of one or more lines, each behind `indent`.
pub(crate) fn hint_lines(hint: &str, indent: &str) -> String {
    hint.lines()
        .enumerate()
        .map(|(index, line)| match index {
            0 => format!("{indent}hint: {}", one_line(line)),
            _ => format!("\n{indent}      {}", one_line(line)),
        })
        .collect()
}

/// Says what is worth knowing and is no result.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says what deserves a look, on one line.
pub(crate) fn warning(what: &impl Display) {
    note(&one_line(&format!("warning: {what}")));
}

/// Prints warnings.
pub(crate) fn warnings(diagnostics: &[Diagnostic]) {
    let mut stderr = anstream::stderr().lock();
    for diagnostic in diagnostics {
        let _ = writeln!(stderr, "{}", snippet::render(diagnostic));
    }
}

/// Prints one JSON document.
pub(crate) fn json(document: &impl Serialize) -> Result<(), Failure> {
    match serde_json::to_string_pretty(document) {
        Ok(text) => print(&text),
        Err(error) => Err(Failure::new(format!("cannot write the document: {error}"))),
    }
}

/// Prints results on stdout. A reader that went away wants no more of them, which is no failure;
/// that they could not be written is one.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    let printed = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    error: ErrorBody<'a>,
}

/// A failure, for programs.
#[derive(Serialize)]
pub(crate) struct ErrorBody<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<DiagnosticBody<'a>>,
}

/// One place of a configuration, for programs.
#[derive(Serialize)]
struct DiagnosticBody<'a> {
    severity: &'static str,
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// Where in a configuration file.
#[derive(Debug, Serialize)]
pub(crate) struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

impl<'a> From<&'a Diagnostic> for DiagnosticBody<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        Self {
            severity: match diagnostic.severity() {
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            place: Place::from(diagnostic),
            message: diagnostic.message(),
            hint: diagnostic.hint_text(),
        }
    }
}

impl<'a> From<&'a Diagnostic> for Place<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let position = diagnostic.position();
        Self {
            file: diagnostic.source().name(),
            line: position.line,
            column: position.column,
        }
    }
}
