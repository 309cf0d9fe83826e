//! Strict JSON, bounded.

use provost_core::config::{MAX_BYTES, MAX_DEPTH};

use crate::{assert_has, one_error, security, underlined};

#[test]
fn what_is_not_rfc_8259_is_refused_where_it_stands() {
    for (text, column, part) in [
        ("// a\n{}", 1, "comments are not allowed"),
        ("{/* a */}", 2, "comments are not allowed"),
        (r#"{"a": 1,}"#, 8, "trailing commas are not allowed"),
        (r"{'a': 1}", 2, "single-quoted strings are not allowed"),
        ("{a: 1}", 2, "expected string for object property"),
        (r#"{"a": 0x1F}"#, 7, "hexadecimal numbers are not allowed"),
        (r#"{"a": +1}"#, 7, "unary plus on numbers is not allowed"),
        (r#"{"a": .5}"#, 7, "decimal point"),
        (r#"{"a": -Infinity}"#, 7, "infinity"),
        (r#"{"a": 1 "b": 2}"#, 8, "expected comma"),
        (r#"{"a": "\x41"}"#, 8, "escape"),
        ("{\"a\":\u{b}1}", 6, "unexpected character '\\u{b}'"),
        ("{\"a\":\u{a0}1}", 6, "unexpected character"),
        ("{\"a\": \"b\tc\"}", 9, "control character '\\t'"),
        ("\u{feff}{}", 1, "byte order mark"),
        ("{}{}", 3, "more than one JSON value"),
        ("", 1, "the file is empty"),
        ("[]", 1, "expected a table"),
        ("null", 1, "expected a table"),
        (r#"{"a": "#, 1, ""),
    ] {
        let error = one_error(security(text));
        assert_has(&error.message().to_lowercase(), &part.to_lowercase());
        if !part.is_empty() {
            assert_eq!(error.position().column, column, "{text:?}: {error}");
        }
    }
}

#[test]
fn a_repeated_field_is_refused() {
    let text = "{\"EncryptionConfiguration\": {},\n \"EncryptionConfiguration\": {}}";
    let error = one_error(security(text));
    assert_has(
        error.message(),
        "field `EncryptionConfiguration` for the second time",
    );
    assert_has(error.hint_text().unwrap(), "the first one is on line 1");
    assert_eq!((error.position().line, error.position().column), (2, 2));
    assert_eq!(underlined(&error), "\"EncryptionConfiguration\"");
}

#[test]
fn a_repeated_field_in_other_spelling_is_refused() {
    let text = r#"{"EncryptionConfiguration": {}, "\u0045ncryptionConfiguration": {}}"#;
    assert_has(one_error(security(text)).message(), "for the second time");
}

#[test]
fn nesting_is_bounded_before_parsing() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"AuthenticationConfiguration": {open}{close}}}"#)
    };
    assert!(security(&deep(MAX_DEPTH)).is_ok());
    let error = one_error(security(&deep(MAX_DEPTH + 1)));
    assert_has(error.message(), "nested deeper than 64 levels");
    assert_has(
        one_error(security(&"[".repeat(MAX_BYTES))).message(),
        "nested deeper",
    );
}

#[test]
fn size_is_bounded_before_parsing() {
    let padded = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    assert!(security(&padded(MAX_BYTES)).is_ok());
    let error = one_error(security(&padded(MAX_BYTES + 1)));
    assert_has(error.message(), "1048577 bytes, at most 1048576");
}

#[test]
fn a_text_that_is_not_utf_8_is_refused_at_the_byte() {
    let bytes = b"{\n \"\xff\"}".to_vec();
    let found = provost_core::config::Source::from_bytes("security.json", bytes).unwrap_err();
    let error = found.errors().next().unwrap();
    assert_eq!(
        error.to_string(),
        "security.json:2:3: byte 0xff is not UTF-8 text"
    );
}
