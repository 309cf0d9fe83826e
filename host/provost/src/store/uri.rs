//! Names of objects and of places that hold them, parsed once.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Which kind of store a URI names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `file:///absolute/path`: files of this machine.
    File,
    /// `memory://name/key`: this process only, gone with it.
    Memory,
    /// `s3://bucket/key`.
    S3,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::File, Self::Memory, Self::S3];

    /// The scheme's text, without `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Memory => "memory",
            Self::S3 => "s3",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The URI of one object: `file:///abs/path`, `memory://name/key` or `s3://bucket/key`.
///
/// The key is taken as it stands, nothing is percent-decoded. It has at least one segment; a
/// segment is never empty, `.` or `..`, and no character is a control character, so that a name
/// means the same in every store and is safe to print. URIs order as their stores list them:
/// by the bytes of the key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectUri {
    scheme: Scheme,
    bucket: String,
    key: String,
}

/// A place that holds objects: a whole store, or the objects under a key prefix.
///
/// Prefixes match at `/` only: `file:///data/logs` covers `file:///data/logs/a` and an object of
/// exactly that name, never `file:///data/logs-old/a`. A trailing `/` makes no difference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPrefix {
    scheme: Scheme,
    bucket: String,
    key: String,
}

/// Why a text is not a URI that a store could open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} does not name {wanted}: {problem}")]
#[non_exhaustive]
pub struct UriError {
    /// What was given.
    pub text: String,
    /// What it should have been: "an object" or "a prefix".
    pub wanted: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl ObjectUri {
    /// The URI of the file at `path`, which must be absolute and UTF-8.
    pub fn from_file_path(path: &Path) -> Result<Self, UriError> {
        let text = path.to_str().ok_or_else(|| UriError {
            text: path.display().to_string(),
            wanted: "an object",
            problem: "the path is not UTF-8".to_owned(),
        })?;
        format!("file://{text}").parse()
    }

    /// Which kind of store.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket, or the memory store's name; empty for files.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key within the bucket; for files the path without its leading `/`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last segment of the key.
    pub fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

impl ObjectPrefix {
    /// Which kind of store.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket, or the memory store's name; empty for files.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key prefix without leading or trailing `/`; empty for a whole store.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the object lies under this prefix.
    pub fn covers(&self, uri: &ObjectUri) -> bool {
        self.scheme == uri.scheme
            && self.bucket == uri.bucket
            && (self.key.is_empty()
                || uri
                    .key
                    .strip_prefix(self.key.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The object `key` under this prefix.
    pub fn join(&self, key: &str) -> Result<ObjectUri, UriError> {
        format!("{}{key}", self.with_slash()).parse()
    }

    /// The URI of an object that it covers, whether or not there is one.
    pub(crate) fn any_object(&self) -> ObjectUri {
        let Self {
            scheme,
            bucket,
            key,
        } = self.clone();
        let key = if key.is_empty() {
            "object".to_owned()
        } else {
            key
        };
        ObjectUri {
            scheme,
            bucket,
            key,
        }
    }

    /// What follows the prefix and its `/` in the key of an object that it covers: empty for the
    /// object of exactly its name.
    pub fn rest<'u>(&self, uri: &'u ObjectUri) -> Option<&'u str> {
        if !self.covers(uri) {
            return None;
        }
        let rest = uri.key.strip_prefix(self.key.as_str())?;
        Some(rest.strip_prefix('/').unwrap_or(rest))
    }

    /// The object of exactly this name, if the prefix is not a whole store.
    pub(crate) fn as_object(&self) -> Option<ObjectUri> {
        let Self {
            scheme,
            bucket,
            key,
        } = self.clone();
        (!key.is_empty()).then_some(ObjectUri {
            scheme,
            bucket,
            key,
        })
    }

    fn with_slash(&self) -> String {
        let slash = if self.key.is_empty() { "" } else { "/" };
        format!("{self}{slash}")
    }
}

impl From<&ObjectUri> for ObjectPrefix {
    fn from(uri: &ObjectUri) -> Self {
        let ObjectUri {
            scheme,
            bucket,
            key,
        } = uri.clone();
        Self {
            scheme,
            bucket,
            key,
        }
    }
}

impl FromStr for ObjectUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let at = |problem: String| UriError {
            text: text.to_owned(),
            wanted: "an object",
            problem,
        };
        let (scheme, bucket, key) = split(text).map_err(at)?;
        if key.is_empty() {
            return Err(at("it names a whole store; add the object's key".to_owned()));
        }
        check_key(key).map_err(at)?;
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(Self {
            scheme,
            bucket,
            key,
        })
    }
}

impl FromStr for ObjectPrefix {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let at = |problem: String| UriError {
            text: text.to_owned(),
            wanted: "a prefix",
            problem,
        };
        let (scheme, bucket, key) = split(text).map_err(at)?;
        let key = key.strip_suffix('/').unwrap_or(key);
        if !key.is_empty() {
            check_key(key).map_err(at)?;
        }
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(Self {
            scheme,
            bucket,
            key,
        })
    }
}

/// Scheme, bucket, and the key without its leading `/`.
fn split(text: &str) -> Result<(Scheme, &str, &str), String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("it has no scheme; expected file:///, memory:// or s3://".to_owned());
    };
    let Some(scheme) = Scheme::ALL.into_iter().find(|s| s.as_str() == scheme) else {
        return Err(format!(
            "no store has the scheme {scheme:?}; expected file, memory or s3"
        ));
    };
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    match scheme {
        Scheme::File if !rest.starts_with('/') => {
            Err("a file URI has three slashes: file:///absolute/path".to_owned())
        }
        Scheme::Memory | Scheme::S3 if bucket.is_empty() => {
            Err(format!("its bucket is missing: {scheme}://bucket/key"))
        }
        _ if bucket.chars().any(char::is_control) || bucket == "." || bucket == ".." => {
            Err("its bucket is not a name".to_owned())
        }
        _ => Ok((scheme, bucket, key)),
    }
}

fn check_key(key: &str) -> Result<(), String> {
    if let Some(bad) = key.chars().find(|c| c.is_control()) {
        return Err(format!("its name has the control character {bad:?}"));
    }
    for segment in key.split('/') {
        match segment {
            "" => {
                return Err(
                    "its name has an empty segment (\"//\", or \"/\" at the end)".to_owned(),
                );
            }
            "." | ".." => return Err(format!("its name has the segment {segment:?}")),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for ObjectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scheme,
            bucket,
            key,
        } = self;
        write!(f, "{scheme}://{bucket}/{key}")
    }
}

impl fmt::Display for ObjectPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scheme,
            bucket,
            key,
        } = self;
        write!(f, "{scheme}://{bucket}/{key}")
    }
}

impl fmt::Debug for ObjectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl fmt::Debug for ObjectPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests;
