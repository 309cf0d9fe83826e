//! The offending text of a configuration file, underlined.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};
use provost_core::config::{Diagnostic, Severity};

/// Message, place and hint.
pub(crate) fn render(diagnostic: &Diagnostic) -> String {
    let title = level(diagnostic).primary_title(diagnostic.message());
    let group = title.elements(place(diagnostic));
    let group = match diagnostic.hint_text() {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(hint)),
        None => group,
    };
    Renderer::styled().render(&[group])
}

/// The place alone, for a report that says the rest in its own way.
pub(crate) fn render_place(diagnostic: &Diagnostic) -> String {
    let group = Group::with_level(level(diagnostic)).elements(place(diagnostic));
    Renderer::styled().render(&[group])
}

fn level(diagnostic: &Diagnostic) -> Level<'static> {
    match diagnostic.severity() {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    }
}

fn place(diagnostic: &Diagnostic) -> [Element<'_>; 1] {
    let name = diagnostic.source().name();
    let position = diagnostic.position();
    [match diagnostic.excerpt() {
        Some(excerpt) => {
            let underline = AnnotationKind::Primary.span(excerpt.underline);
            Snippet::source(excerpt.text)
                .path(name)
                .line_start(excerpt.first_line)
                .annotation(underline.label(diagnostic.label_text()))
                .into()
        }
        None => Level::NOTE
            .message(format!(
                "at {name}:{}:{}; the line is not shown, it may hold a secret",
                position.line, position.column
            ))
            .into(),
    }]
}
