//! How the command speaks: error and hint to stderr, results to stdout.

use std::fmt::Display;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use provost_core::config::{Diagnostic, Severity};
use serde::Serialize;

use super::args::Output;

/// Why a command stops, in the words that the user sees.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    diagnostics: Vec<Diagnostic>,
    /// The JSON document on stdout says it already.
    in_document: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            hint: None,
            diagnostics: Vec::new(),
            in_document: false,
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

    /// A configuration that does not hold: each place is underlined.
    pub(crate) fn diagnostics(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            ..Self::new("the configuration was refused")
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

/// An error and its causes on one line; a cause that the text before it already says is left out.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// Prints a failure and says which exit status it has.
pub(crate) fn failure(failure: &Failure, output: Output) -> u8 {
    let mut stderr = anstream::stderr().lock();
    if failure.diagnostics.is_empty() {
        let _ = writeln!(stderr, "error: {}", failure.message);
        if let Some(hint) = &failure.hint {
            let _ = writeln!(stderr, "hint: {hint}");
        }
    }
    for diagnostic in &failure.diagnostics {
        let _ = writeln!(stderr, "{}", render(diagnostic));
    }
    if output == Output::Json && !failure.in_document {
        json(&ErrorDocument {
            error: ErrorBody {
                message: &failure.message,
                hint: failure.hint.as_deref(),
                diagnostics: failure
                    .diagnostics
                    .iter()
                    .map(DiagnosticBody::from)
                    .collect(),
            },
        });
    }
    1
}

/// Prints warnings.
pub(crate) fn warnings(diagnostics: &[Diagnostic]) {
    let mut stderr = anstream::stderr().lock();
    for diagnostic in diagnostics {
        let _ = writeln!(stderr, "{}", render(diagnostic));
    }
}

/// Prints one JSON document.
pub(crate) fn json(document: &impl Serialize) {
    let mut stdout = std::io::stdout().lock();
    if serde_json::to_writer_pretty(&mut stdout, document).is_ok() {
        let _ = writeln!(stdout);
    }
}

fn render(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity() {
        Severity::Warning => Level::WARNING,
        _ => Level::ERROR,
    };
    let title = level.primary_title(diagnostic.message());
    let name = diagnostic.source().name();
    let position = diagnostic.position();
    let group = match diagnostic.excerpt() {
        Some(excerpt) => {
            let underline = AnnotationKind::Primary.span(excerpt.underline);
            title.element(
                Snippet::source(excerpt.text)
                    .path(name)
                    .line_start(excerpt.first_line)
                    .annotation(underline.label(diagnostic.label_text())),
            )
        }
        None => title.element(Level::NOTE.message(format!(
            "at {name}:{}:{}; the line is not shown, it may hold a secret",
            position.line, position.column
        ))),
    };
    let group = match diagnostic.hint_text() {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(hint)),
        None => group,
    };
    Renderer::styled().render(&[group])
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<DiagnosticBody<'a>>,
}

/// One place of a configuration, for programs.
#[derive(Serialize)]
pub(crate) struct DiagnosticBody<'a> {
    severity: &'static str,
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl<'a> From<&'a Diagnostic> for DiagnosticBody<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let position = diagnostic.position();
        Self {
            severity: match diagnostic.severity() {
                Severity::Warning => "warning",
                _ => "error",
            },
            file: diagnostic.source().name(),
            line: position.line,
            column: position.column,
            message: diagnostic.message(),
            hint: diagnostic.hint_text(),
        }
    }
}
