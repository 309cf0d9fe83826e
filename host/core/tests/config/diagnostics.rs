//! Places, excerpts, and what is shown of the text.

use std::sync::Arc;

use provost_core::config::{Diagnostic, Excerpt, Position, Severity, Source, Span};

use crate::{assert_has, host, one_error, security};

fn at(text: &str, start: usize, end: usize) -> Diagnostic {
    Diagnostic::error(&Arc::new(Source::new("f", text)), start..end, "m")
}

#[test]
fn columns_count_characters() {
    let text = "aé🔑b\nc";
    for (offset, line, column) in [
        (0, 1, 1),
        (1, 1, 2),
        (3, 1, 3),
        (7, 1, 4),
        (8, 1, 5),
        (9, 2, 1),
    ] {
        let position = at(text, offset, offset).position();
        assert_eq!(position, Position { line, column }, "{offset}");
    }
    // Past the end, and within a character.
    assert_eq!(
        at(text, 99, 100).position(),
        Position { line: 2, column: 2 }
    );
    assert_eq!(at(text, 2, 2).position(), Position { line: 1, column: 2 });
}

#[test]
fn display_is_file_line_column_message() {
    let error = at("a\nbc", 3, 4);
    assert_eq!(error.to_string(), "f:2:2: m");
    assert_eq!(error.severity(), Severity::Error);
}

#[test]
fn an_excerpt_is_whole_lines() {
    let text = "one\ntwo three\nfour\n";
    let error = at(text, 8, 13);
    let expected = Excerpt {
        text: "two three",
        first_line: 2,
        underline: 4..9,
    };
    assert_eq!(error.excerpt(), Some(expected));
    let over_two = at(text, 4, 16)
        .excerpt()
        .map(|e| (e.text.to_owned(), e.underline));
    assert_eq!(over_two, Some(("two three\nfour".to_owned(), 0..12)));
    let end = at(text, text.len(), text.len())
        .excerpt()
        .map(|e| (e.text.to_owned(), e.first_line));
    assert_eq!(end, Some((String::new(), 4)));
}

#[test]
fn an_empty_span_covers_the_next_character() {
    assert_eq!(at("aé", 1, 1).span(), Span { start: 1, end: 3 });
    assert_eq!(at("a\n", 1, 1).span(), Span { start: 1, end: 1 });
    assert_eq!(at("", 0, 0).span(), Span { start: 0, end: 0 });
}

#[test]
fn found_text_is_shown_without_control_characters_and_not_all_of_it() {
    let long = "x".repeat(1000);
    let error = one_error(host(&format!("\"\\u001b[31m{long}\" = 1\n")));
    assert_has(error.message(), "\\u{1b}[31mxxx");
    assert!(error.message().chars().count() < 150, "{}", error.message());
    assert!(!error.message().contains('\u{1b}'));
}

#[test]
fn debug_of_a_source_hides_its_text() {
    let source = Source::new("f", "the text");
    assert_eq!(format!("{source:?}"), "Source(\"f\", 8 bytes)");
}

#[test]
fn a_long_line_with_many_errors_is_quick() {
    let fields: Vec<String> = (0..20_000).map(|i| format!("\"f{i}\":{i}")).collect();
    let text = format!("{{{}}}", fields.join(","));
    let started = std::time::Instant::now();
    let found = security(&text).unwrap_err();
    assert_eq!(found.errors().count(), 20_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
