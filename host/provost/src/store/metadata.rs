//! User metadata of an object.

use std::collections::BTreeMap;

/// User metadata: lower-case names to values, at most [`Metadata::MAX_BYTES`] together.
///
/// The limits are S3's, so that an object that one store takes can be copied to any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// Why an entry cannot be metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A name is not one that every store can hold.
    #[error("the metadata name {0:?} is not made of letters, digits, '-', '_' and '.'")]
    Name(String),
    /// A value has characters that a header cannot hold.
    #[error("the value of the metadata entry {0:?} has control characters")]
    Value(String),
    /// A value has characters that S3 would give back as others.
    #[error("the value of the metadata entry {0:?} is not ASCII")]
    NotAscii(String),
    /// Two names differ in case only.
    #[error("the metadata name {0:?} is there twice")]
    Twice(String),
    /// Names and values together are too long.
    #[error("the metadata has {got} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Bytes of all names and values.
        got: usize,
        /// [`Metadata::MAX_BYTES`].
        limit: usize,
    },
}

impl Metadata {
    /// The most bytes that names and values may have together.
    pub const MAX_BYTES: usize = 2048;

    /// No metadata.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry; the name is lower-cased, and must not be there yet.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) -> Result<(), MetadataError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(allowed) {
            return Err(MetadataError::Name(name.to_owned()));
        }
        let (name, value) = (name.to_ascii_lowercase(), value.into());
        if value.chars().any(char::is_control) {
            return Err(MetadataError::Value(name));
        }
        if self.0.contains_key(&name) {
            return Err(MetadataError::Twice(name));
        }
        let got = self.bytes() + name.len() + value.len();
        if got > Self::MAX_BYTES {
            let limit = Self::MAX_BYTES;
            return Err(MetadataError::TooLarge { got, limit });
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// The value of `name`, which is given in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All entries, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all names and values.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(n, v)| n.len() + v.len()).sum()
    }

    /// The entries as the SDK takes them.
    #[cfg(feature = "aws")]
    pub(crate) fn to_headers(&self) -> std::collections::HashMap<String, String> {
        self.iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The entries as a map.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl<N: AsRef<str>, V: Into<String>> TryFrom<Vec<(N, V)>> for Metadata {
    type Error = MetadataError;

    fn try_from(entries: Vec<(N, V)>) -> Result<Self, MetadataError> {
        let mut metadata = Self::new();
        for (name, value) in entries {
            metadata.insert(name.as_ref(), value)?;
        }
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_cased_and_never_twice() {
        let mut metadata = Metadata::new();
        metadata.insert("X-Amz-Key", "1").unwrap();
        assert_eq!(metadata.get("x-amz-key"), Some("1"));
        assert_eq!(
            metadata.insert("x-amz-KEY", "2"),
            Err(MetadataError::Twice("x-amz-key".to_owned()))
        );
    }

    #[test]
    fn what_a_header_cannot_hold_is_refused() {
        let mut metadata = Metadata::new();
        for name in ["", "a b", "a:b", "é", "a\n"] {
            assert!(matches!(
                metadata.insert(name, ""),
                Err(MetadataError::Name(_))
            ));
        }
        assert!(matches!(
            metadata.insert("a", "x\r\ny"),
            Err(MetadataError::Value(_))
        ));
    }

    #[test]
    fn the_limit_counts_names_and_values() {
        let mut metadata = Metadata::new();
        metadata.insert("ab", "x".repeat(2046)).unwrap();
        assert_eq!(metadata.bytes(), 2048);
        assert_eq!(
            metadata.insert("c", ""),
            Err(MetadataError::TooLarge {
                got: 2049,
                limit: 2048
            })
        );
    }
}
