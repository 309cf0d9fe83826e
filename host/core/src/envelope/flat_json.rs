//! Flat JSON objects of strings: materials descriptions and instruction files.
//! S3EC format, sections 5 and 6.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::metadata::shown;

/// The most entries that are read.
const MAX_ENTRIES: usize = 256;

/// Text that is not a flat JSON object of strings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlatJsonError {
    /// Longer than is read.
    #[error("{got} bytes of JSON; at most {max} are read")]
    TooLong {
        /// The bound in bytes.
        max: usize,
        /// The length in bytes.
        got: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 from byte {at}")]
    NotUtf8 {
        /// The first byte that is not, counted from 0.
        at: usize,
    },
    /// Not JSON.
    #[error("not JSON: {reason}")]
    Syntax {
        /// What the parser said, with line and column.
        reason: String,
    },
    /// JSON, but not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A value is not a string.
    #[error("value of '{name}' is not a string")]
    NotAString {
        /// The entry, shortened.
        name: String,
    },
    /// A name comes twice: readers would differ in which one they take.
    #[error("'{name}' appears twice")]
    Duplicate {
        /// The entry, shortened.
        name: String,
    },
    /// More entries than any writer stores.
    #[error("{got} entries; at most {max} are read")]
    TooManyEntries {
        /// The bound.
        max: usize,
        /// How many there are.
        got: usize,
    },
}

/// Reads the entries of at most `max` bytes of text, in order.
///
/// Under one of the names `numbers`, a whole number without a sign is taken for its decimal text.
pub(super) fn parse(
    text: &[u8],
    max: usize,
    numbers: &[&str],
) -> Result<Vec<(String, String)>, FlatJsonError> {
    if text.len() > max {
        let got = text.len();
        return Err(FlatJsonError::TooLong { max, got });
    }
    let text = std::str::from_utf8(text).map_err(|e| FlatJsonError::NotUtf8 {
        at: e.valid_up_to(),
    })?;
    // Said here, because the parser would speak of types.
    match text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .chars()
        .next()
    {
        None | Some('{') => {}
        Some(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            return Err(FlatJsonError::NotAnObject);
        }
        Some(_) => {}
    }
    let Object(entries) = serde_json::from_str(text).map_err(|e| FlatJsonError::Syntax {
        reason: shown(&e.to_string()),
    })?;
    if entries.len() > MAX_ENTRIES {
        return Err(FlatJsonError::TooManyEntries {
            max: MAX_ENTRIES,
            got: entries.len(),
        });
    }
    let mut seen = BTreeSet::new();
    if let Some((name, _)) = entries.iter().find(|(name, _)| !seen.insert(name.as_str())) {
        return Err(FlatJsonError::Duplicate { name: shown(name) });
    }
    entries
        .into_iter()
        .map(|(name, value)| match value {
            Value::Text(value) => Ok((name, value)),
            Value::Number(value) if numbers.contains(&name.as_str()) => {
                Ok((name, value.to_string()))
            }
            Value::Number(_) | Value::Other => {
                Err(FlatJsonError::NotAString { name: shown(&name) })
            }
        })
        .collect()
}

/// Writes entries without spaces and with every character outside printable ASCII escaped: an HTTP
/// header carries it unchanged, and every JSON parser restores it.
pub(super) fn write<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut json = String::from("{");
    for (at, (name, value)) in entries.into_iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        write_string(&mut json, name);
        json.push(':');
        write_string(&mut json, value);
    }
    json.push('}');
    json
}

fn write_string(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            ' '..='~' => json.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string does not fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
}

/// Entries in order, duplicates and all.
struct Object(Vec<(String, Value)>);

enum Value {
    Text(String),
    Number(u64),
    Other,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(text))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
