//! Names of objects in answers and headers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use aws_sdk_s3::types::EncodingType;

use crate::store::{ObjectPrefix, ObjectUri, UriError};

/// What needs no escape, in a copy source as in a header of tags.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// An object that is copied, and which version of it.
pub(super) fn copy_source(uri: &ObjectUri, version: Option<&str>) -> String {
    const IN_KEYS: &AsciiSet = &ESCAPED.remove(b'/');
    let source = format!("{}/{}", uri.bucket(), uri.key());
    let source = utf8_percent_encode(&source, IN_KEYS);
    match version {
        None => source.to_string(),
        Some(version) => {
            let version = utf8_percent_encode(version, ESCAPED);
            format!("{source}?versionId={version}")
        }
    }
}

/// Tags as the header of a put has them.
pub(super) fn tagging(tags: &[(String, String)]) -> Option<String> {
    let pairs: Vec<_> = tags
        .iter()
        .map(|(name, value)| {
            let [name, value] = [name, value].map(|text| utf8_percent_encode(text, ESCAPED));
            format!("{name}={value}")
        })
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// The object of a listed key. None, with a warning, if no URI can hold it; none, without one, if
/// the prefix does not cover it.
pub(super) fn listed(
    prefix: &ObjectPrefix,
    key: Option<&str>,
    encoding: Option<&EncodingType>,
) -> Option<ObjectUri> {
    named(prefix, key?, encoding).unwrap_or_else(|error| {
        tracing::warn!(%error, "an object is left out of the listing");
        None
    })
}

/// The same, for who tells what no URI can hold.
pub(super) fn named(
    prefix: &ObjectPrefix,
    key: &str,
    encoding: Option<&EncodingType>,
) -> Result<Option<ObjectUri>, UriError> {
    let (scheme, bucket) = (prefix.scheme(), prefix.bucket());
    let key = decoded(key, encoding);
    let uri: ObjectUri = format!("{scheme}://{bucket}/{key}").parse()?;
    Ok(prefix.covers(&uri).then_some(uri))
}

/// A key as it is. What is not UTF-8 gets the mark of that, which is no name that S3 would have.
pub(super) fn decoded(key: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        // A plus stands for a space: one that was in the key is escaped.
        Some(EncodingType::Url) => {
            let spaced = key.replace('+', "%20");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        }
        _ => key.to_owned(),
    }
}

/// What the keys below a prefix begin with.
pub(super) fn below(prefix: &ObjectPrefix) -> String {
    match prefix.key() {
        "" => String::new(),
        key => format!("{key}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_keys_are_decoded_as_forms_are() {
        let prefix: ObjectPrefix = "s3://bucket/a".parse().unwrap();
        let url = Some(EncodingType::Url);
        for (sent, key) in [
            ("a/b+c", "a/b c"),
            ("a/b%20c", "a/b c"),
            ("a/b%2Bc", "a/b+c"),
            ("a%2F%C3%A4", "a/ä"),
            ("a/%2520", "a/%20"),
        ] {
            let uri = listed(&prefix, Some(sent), url.as_ref()).unwrap();
            assert_eq!(uri.key(), key, "{sent}");
        }
        assert_eq!(listed(&prefix, Some("a/b+c"), None).unwrap().key(), "a/b+c");
        for hidden in ["a-b", "b/c", "a/%01", "a/b/", "a//b", "a/../b"] {
            assert_eq!(
                listed(&prefix, Some(hidden), url.as_ref()),
                None,
                "{hidden}"
            );
        }
    }

    #[test]
    fn copy_sources_and_tags_are_escaped() {
        let uri = "s3://bucket/a b/ä+c?d".parse().unwrap();
        assert_eq!(copy_source(&uri, None), "bucket/a%20b/%C3%A4%2Bc%3Fd");
        assert_eq!(
            copy_source(&uri, Some("v/1")),
            "bucket/a%20b/%C3%A4%2Bc%3Fd?versionId=v%2F1"
        );
        let tags = [
            ("a&b".to_owned(), "c=d".to_owned()),
            ("e".into(), String::new()),
        ];
        assert_eq!(tagging(&tags).unwrap(), "a%26b=c%3Dd&e=");
        assert_eq!(tagging(&[]), None);
    }
}
