//! Undoing what S3 does to metadata that is not ASCII. S3EC format, section 6.
//!
//! A client sends a description as raw UTF-8. S3 takes each byte for a character of Latin-1, and
//! hands the text back in the encoded words of RFC 2047, or as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The text as it was sent. What was not encoded twice comes back unchanged.
pub(super) fn undo(text: &str) -> String {
    // A description that begins as JSON does is in no encoded word.
    if text.trim_start().starts_with('{') {
        return undo_latin1(text);
    }
    undo_latin1(&undo_words(text))
}

/// Decodes encoded words; white space between two of them is not part of the text.
fn undo_words(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    // Together, since a character may have been cut in two.
    let mut words = Vec::new();
    for token in text.split([' ', '\t', '\r', '\n']) {
        if token.is_empty() {
            continue;
        }
        if let Some(bytes) = word(token) {
            words.extend(bytes);
            continue;
        }
        flush(&mut decoded, &mut words);
        if !decoded.is_empty() {
            decoded.push(' ');
        }
        decoded.push_str(token);
    }
    flush(&mut decoded, &mut words);
    decoded
}

fn flush(decoded: &mut String, words: &mut Vec<u8>) {
    decoded.push_str(&String::from_utf8_lossy(words));
    words.clear();
}

/// The bytes of `=?UTF-8?B?...?=` or `=?UTF-8?Q?...?=`; none for anything else.
fn word(token: &str) -> Option<Vec<u8>> {
    let inner = token.strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, rest) = inner.split_once('?')?;
    let (encoding, text) = rest.split_once('?')?;
    if !charset.eq_ignore_ascii_case("UTF-8") || text.contains('?') {
        return None;
    }
    match encoding {
        "B" | "b" => STANDARD.decode(text).ok(),
        "Q" | "q" => quoted(text),
        _ => None,
    }
}

/// `Q`: `_` is a space, `=` is followed by two hexadecimal digits.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

/// Reads each run of characters beyond ASCII as the bytes of UTF-8, if it can be.
fn undo_latin1(text: &str) -> String {
    let mut undone = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        let (ascii, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_ascii()).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        undone.push_str(ascii);
        let bytes: Option<Vec<u8>> = run.chars().map(|c| u8::try_from(c).ok()).collect();
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(sent) => undone.push_str(&sent),
            None => undone.push_str(run),
        }
        rest = after;
    }
    undone.push_str(rest);
    undone
}

#[cfg(test)]
mod tests {
    use super::undo;

    // What AWS's Go and C++ clients send, and S3 returns, for {"k":"é€𝄞"}: made with Python's
    // email.header and str.encode, not with this code.
    const SENT: &str = r#"{"k":"é€𝄞"}"#;

    #[test]
    fn encoded_words_of_either_kind_are_undone() {
        for stored in [
            "=?UTF-8?B?eyJrIjoiw4PCqcOiwoLCrMOwwp3ChMKeIn0=?=",
            "=?UTF-8?Q?{\"k\":\"=C3=83=C2=A9=C3=A2=C2=82=C2=AC=C3=B0=C2=9D=C2=84=C2=9E\"}?=",
            "=?utf-8?q?{\"k\":\"=c3=83=c2=a9=c3=a2?= =?utf-8?q?=c2=82=c2=ac=c3=b0=c2=9d=c2=84=c2=9e\"}?=",
            // A character cut in two.
            "=?UTF-8?B?eyJrIjoiw4PCqcOiwg==?=\r\n =?UTF-8?B?gsKsw7DCncKEwp4ifQ==?=",
        ] {
            assert_eq!(undo(stored), SENT, "{stored}");
        }
    }

    #[test]
    fn bytes_that_were_taken_for_latin1_are_undone() {
        let latin1: String = SENT.bytes().map(char::from).collect();
        assert_ne!(latin1, SENT);
        assert_eq!(undo(&latin1), SENT);
    }

    #[test]
    fn what_was_not_encoded_twice_stays_as_it_is() {
        for text in [
            "",
            "{}",
            "{\"k\":\"plain, with  spaces\"}",
            // Escaped, as it is written.
            "{\"k\":\"\\u00e9\\u20ac\\ud834\\udd1e\"}",
            // Proper text, whose code points are no UTF-8.
            "{\"k\":\"é\"}",
            "{\"k\":\"鍵 🔑\"}",
            "{\"k\":\" =?UTF-8?Q?x?= \"}",
        ] {
            assert_eq!(undo(text), text);
        }
    }

    #[test]
    fn malformed_words_are_left_for_the_parser_to_refuse() {
        for word in [
            "=?UTF-8?B?!?=",
            "=?UTF-8?Q?=4?=",
            "=?UTF-8?Q?=?=",
            "=?UTF-8?Q?=zz?=",
            "=?UTF-8?X?e30=?=",
            "=?ISO-8859-1?B?e30=?=",
            "=?UTF-8?B?e30=",
            "=?UTF-8?=",
            "=?",
            "?=",
            "=?=",
        ] {
            assert_eq!(undo(word), word);
        }
    }
}
