//! Which objects a prefix covers.

use std::fmt;

/// A URI prefix such as `s3://bucket/logs/`, or `*`.
///
/// It covers the URIs that continue it after a `/`, and the URI that is the prefix without its
/// last `/`: `s3://bucket/logs` and `s3://bucket/logs/` are the same prefix, and neither covers
/// `s3://bucket/logs-old/x`. `*` covers everything, and calls that are about no object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UriPrefix(String);

/// Why a text is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrefixError {
    /// Neither a URI nor `*`.
    #[error(
        "`{0}` is not a URI prefix: expected one like `s3://bucket/folder/` or `/folder/`, or `*`"
    )]
    NotAUri(String),
    /// It would cover other places than it seems to.
    #[error("the prefix `{0}` has a `.` or `..` segment: write the place itself")]
    DotSegment(String),
    /// Longer than any object's URI.
    #[error(
        "a prefix of {got} bytes; at most {} are allowed",
        UriPrefix::MAX_LENGTH
    )]
    TooLong {
        /// Its length, in bytes.
        got: usize,
    },
}

impl UriPrefix {
    /// The longest prefix, in bytes.
    pub const MAX_LENGTH: usize = 1024;

    const ANYTHING: &'static str = "*";

    /// The prefix that `text` means: a URI, an absolute path of this machine, or `*`.
    ///
    /// It is kept as the host spells URIs: `s3a` and `s3n` are `s3`, nothing is percent-decoded.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        if text == Self::ANYTHING {
            return Ok(Self(text.to_owned()));
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(PrefixError::TooLong { got: text.len() });
        }
        let uri = canonical(text).filter(|uri| !uri.chars().any(char::is_control));
        let uri = uri.ok_or_else(|| PrefixError::NotAUri(text.to_owned()))?;
        if has_dot_segment(&uri) {
            return Err(PrefixError::DotSegment(text.to_owned()));
        }
        let slash = if uri.ends_with('/') { "" } else { "/" };
        Ok(Self(format!("{uri}{slash}")))
    }

    /// The prefix, with a `/` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this prefix covers the object at `uri`; `None` is a call about no object.
    pub fn covers(&self, uri: Option<&str>) -> bool {
        if self.0 == Self::ANYTHING {
            return true;
        }
        uri.is_some_and(|uri| uri.starts_with(&self.0) || Some(uri) == self.0.strip_suffix('/'))
    }
}

impl fmt::Display for UriPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a `file:` URI has a `.` or `..` segment, plain or percent-encoded, so that it may lead
/// out of the prefix it starts with. In other stores such a segment is a name like any other.
pub fn has_dot_segment(uri: &str) -> bool {
    let file = uri
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
    file && uri
        .split('/')
        .map(|segment| segment.to_ascii_lowercase().replace("%2e", "."))
        .any(|segment| segment == "." || segment == "..")
}

/// `text` as a URI in the host's spelling, if it is a URI or an absolute path.
fn canonical(text: &str) -> Option<String> {
    if text.starts_with('/') {
        return Some(format!("file://{text}"));
    }
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "s3a" | "s3n" => "s3".to_owned(),
        other => other.to_owned(),
    };
    is_scheme.then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> UriPrefix {
        UriPrefix::parse(text).unwrap()
    }

    #[test]
    fn a_trailing_slash_makes_no_difference() {
        assert_eq!(prefix("s3://logs/2026"), prefix("s3://logs/2026/"));
        assert_ne!(prefix("s3://logs/2026/"), prefix("s3://logs/2026//"));
    }

    #[test]
    fn one_place_has_one_spelling() {
        for alias in ["s3a://b/logs/", "s3n://b/logs", "S3://b/logs/"] {
            assert_eq!(prefix(alias).as_str(), "s3://b/logs/");
        }
        for path in ["/data", "/data/", "file:///data"] {
            assert_eq!(prefix(path).as_str(), "file:///data/");
        }
        assert_eq!(prefix("/").as_str(), "file:///");
        assert_eq!(prefix("s3://b/50%25/").as_str(), "s3://b/50%25/");
    }

    #[test]
    fn prefixes_match_at_slashes() {
        let logs = prefix("s3://bucket/logs");
        assert!(logs.covers(Some("s3://bucket/logs/a")));
        assert!(logs.covers(Some("s3://bucket/logs/")));
        assert!(logs.covers(Some("s3://bucket/logs")));
        for other in [
            "s3://bucket/logs-old/a",
            "s3://bucket/log",
            "s3://bucket/",
            "S3://bucket/logs/a",
            "",
        ] {
            assert!(!logs.covers(Some(other)), "{other}");
        }
        assert!(!logs.covers(None));
        assert!(prefix("file:///").covers(Some("file:///data/a")));
        assert!(!prefix("file:///").covers(Some("s3://data/a")));
    }

    #[test]
    fn the_star_covers_everything_and_calls_about_no_object() {
        let anything = prefix("*");
        assert!(anything.covers(Some("s3://bucket/a")) && anything.covers(None));
        assert!(UriPrefix::parse("s3*").is_err());
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for text in [
            "",
            "data/",
            "bucket/logs",
            "s3:b",
            "://x",
            "1a://x",
            "s 3://x",
            "s3://a\nb",
        ] {
            let error = UriPrefix::parse(text).unwrap_err();
            assert!(matches!(error, PrefixError::NotAUri(_)), "{text}: {error}");
        }
        let long = format!("s3://{}", "a".repeat(1020));
        assert_eq!(
            UriPrefix::parse(&long),
            Err(PrefixError::TooLong { got: 1025 })
        );
    }

    #[test]
    fn dot_segments_lead_out_of_a_folder_and_nowhere_in_a_bucket() {
        for uri in [
            "file:///a/../b",
            "file:///a/./b",
            "file:///a/..",
            "FILE:///a/%2E%2e/b",
            "file:/../b",
        ] {
            assert!(has_dot_segment(uri), "{uri}");
        }
        for uri in [
            "file:///a/..b/c",
            "file:///a/b.c",
            "file:///...",
            "s3://bucket/a/../b",
        ] {
            assert!(!has_dot_segment(uri), "{uri}");
        }
        let error = UriPrefix::parse("file:///data/../etc").unwrap_err();
        assert!(matches!(error, PrefixError::DotSegment(_)));
    }
}
