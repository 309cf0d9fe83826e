//! Text that a provider wrote, made fit for a log or a terminal.

use std::fmt;

use provost_plugin_api::{Attributes, Conf, ConfValue, ProviderError, SecretBytes, Status};
use zeroize::Zeroizing;

/// Cleans what a provider wrote: its configured secrets are replaced by `[secret]`, control
/// characters and marks that turn text around are taken out, and what is too long is cut.
///
/// It stops accidents, such as a URL with a password in an error message. A provider that wants to
/// publish a secret can still encode it.
pub struct TextFilter {
    /// Longest first, so that a secret is replaced whole where another is its beginning.
    secrets: Vec<SecretBytes>,
}

/// The longest cleaned text, in bytes, without the mark that says it was cut.
pub const TEXT_LIMIT: usize = 2048;

/// Shorter secrets are not looked for: they would be found everywhere.
const SHORTEST: usize = 4;
/// Lines of a secret that has several, such as a PEM key, are looked for one by one as well.
const SHORTEST_LINE: usize = 8;

const MARK: &str = "[secret]";

impl TextFilter {
    /// A filter for these secrets.
    pub fn new(secrets: impl IntoIterator<Item = SecretBytes>) -> Self {
        let mut all: Vec<SecretBytes> = Vec::new();
        for secret in secrets {
            let bytes = secret.secret_bytes().trim_ascii();
            let lines: Vec<&[u8]> = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).collect();
            if lines.len() > 1 {
                let lines = lines.iter().map(|line| line.trim_ascii());
                let long = lines.filter(|line| line.len() >= SHORTEST_LINE);
                all.extend(long.map(SecretBytes::copy_from));
            }
            if bytes.len() >= SHORTEST {
                all.push(SecretBytes::copy_from(bytes));
            }
        }
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets: all }
    }

    /// A filter for the secrets that a class is configured with.
    pub fn of(conf: &Conf, attributes: &Attributes) -> Self {
        let conf = conf.iter().filter_map(|(_, value)| match value {
            ConfValue::Secret(secret) => Some(secret),
            _ => None,
        });
        let attributes = attributes.iter_secret().map(|(_, secret)| secret);
        Self::new(conf.chain(attributes).map(SecretBytes::clone_secret))
    }

    /// Cleans a text.
    pub fn clean(&self, text: &str) -> String {
        self.clean_bytes(text.as_bytes())
    }

    /// Cleans bytes that should be UTF-8.
    pub fn clean_bytes(&self, bytes: &[u8]) -> String {
        // Twice: a secret may hold what is taken out below, or be split by it.
        let scrubbed = self.scrub(bytes);
        let plain = Zeroizing::new(plain(&scrubbed));
        let scrubbed = self.scrub(plain.as_bytes());
        cut(&String::from_utf8_lossy(&scrubbed), TEXT_LIMIT)
    }

    /// A provider's error with clean words. Kind, delay and attributes are kept.
    pub fn provider_error(&self, error: &ProviderError) -> ProviderError {
        let mut clean = ProviderError::new(error.kind(), self.clean(error.message()))
            .with_attributes(copy(error.attributes()));
        if let Some(key) = error.conf_key() {
            clean = clean.at_key(self.clean(key));
        }
        if let Some(delay) = error.retry_delay() {
            clean = clean.retry_after(delay);
        }
        clean
    }

    /// A provider's status with clean words.
    #[must_use]
    pub fn status(&self, mut status: Status) -> Status {
        status.message = self.clean(&status.message);
        status.generation = self.clean(&status.generation);
        status
    }

    /// The length of the longest secret: what ends nearer to a cut may be half a secret.
    pub(crate) fn longest(&self) -> usize {
        self.secrets.first().map_or(0, SecretBytes::len)
    }

    fn scrub(&self, mut rest: &[u8]) -> Zeroizing<Vec<u8>> {
        // A replacement is at most twice as long as the shortest secret.
        let mut out = Zeroizing::new(Vec::with_capacity(rest.len() * 2));
        while let Some((&first, tail)) = rest.split_first() {
            let found = self
                .secrets
                .iter()
                .find(|s| rest.starts_with(s.secret_bytes()));
            if let Some(secret) = found {
                out.extend_from_slice(MARK.as_bytes());
                rest = rest.get(secret.len()..).unwrap_or_default();
            } else {
                out.push(first);
                rest = tail;
            }
        }
        out
    }
}

impl fmt::Debug for TextFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextFilter({} secrets)", self.secrets.len())
    }
}

fn plain(bytes: &[u8]) -> String {
    let keep = |c: char| match c {
        '\t' | '\n' | '\r' => Some(' '),
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    };
    String::from_utf8_lossy(bytes)
        .chars()
        .filter_map(keep)
        .collect()
}

fn cut(text: &str, limit: usize) -> String {
    let text = text.trim();
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end));
    match text.split_at(end.unwrap_or(0)) {
        (all, "") => all.to_owned(),
        (kept, _) => format!("{kept}…"),
    }
}

fn copy(attributes: &Attributes) -> Attributes {
    let mut copy = Attributes::new();
    for (name, value) in attributes.iter() {
        copy.push(name, value);
    }
    for (name, value) in attributes.iter_secret() {
        copy.push_secret(name, value.clone_secret());
    }
    copy
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use provost_plugin_api::ErrorKind;

    use super::*;

    fn filter(secrets: &[&str]) -> TextFilter {
        TextFilter::new(secrets.iter().map(|s| SecretBytes::copy_from(s.as_bytes())))
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        let filter = filter(&["hunter2", "hunter22\n"]);
        assert_eq!(filter.clean("hunter2"), "[secret]");
        assert_eq!(filter.clean("a hunter22hunter2 b"), "a [secret][secret] b");
        assert_eq!(filter.clean("hunt er2 hunter"), "hunt er2 hunter");
        assert_eq!(filter.clean("hun\u{1b}ter2\u{0}x"), "[secret]x");
    }

    #[test]
    fn lines_of_a_secret_are_replaced_one_by_one() {
        let filter = filter(&["-----BEGIN KEY-----\nMIIEvQIBADAN\nab\n-----END KEY-----\n"]);
        assert_eq!(filter.clean("key MIIEvQIBADAN, ab"), "key [secret], ab");
    }

    #[test]
    fn a_binary_secret_is_replaced() {
        let filter = TextFilter::new([SecretBytes::new(vec![0xff, 0, 1, 0xfe, 7])]);
        assert_eq!(
            filter.clean_bytes(&[b'a', 0xff, 0, 1, 0xfe, 7, b'b']),
            "a[secret]b"
        );
    }

    #[test]
    fn control_characters_are_taken_out_and_line_ends_become_spaces() {
        let text = "one\ntwo\t\u{1b}[31mred\u{7}\u{202e}\r\n\u{9b}x";
        assert_eq!(filter(&[]).clean(text), "one two [31mred  x");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_after_scrubbing() {
        let secret = "s".repeat(20);
        let text = format!("{}{secret}", "é".repeat(TEXT_LIMIT / 2 - 1));
        let clean = filter(&[&secret]).clean(&text);
        assert!(clean.len() <= TEXT_LIMIT + '…'.len_utf8());
        assert!(clean.ends_with("é[s…"), "{clean}");
    }

    #[test]
    fn an_error_keeps_all_but_its_words() {
        let mut attributes = Attributes::new();
        attributes.push("plain", "v");
        attributes.push_secret("hidden", SecretBytes::copy_from(b"w"));
        let error = ProviderError::new(ErrorKind::Throttled, "no hunter2\u{7}")
            .at_key("hunter2")
            .retry_after(Duration::from_secs(3))
            .with_attributes(attributes);
        let clean = filter(&["hunter2"]).provider_error(&error);
        assert_eq!(clean.kind(), ErrorKind::Throttled);
        assert_eq!(clean.message(), "no [secret]");
        assert_eq!(clean.conf_key(), Some("[secret]"));
        assert_eq!(clean.retry_delay(), Some(Duration::from_secs(3)));
        assert_eq!(clean.attributes().get_str("plain"), Some("v"));
        assert!(clean.attributes().get_secret("hidden").is_some());
    }
}
