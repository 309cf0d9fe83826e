//! Where a file or an object is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::arn::{Arn, ArnError, Partition};

/// A place that the stores can open: a local file, an object in S3, or one in memory.
///
/// Written as an absolute path, `file:///path`, `s3://bucket/key` (also `s3a` and `s3n`),
/// `arn:PARTITION:s3:::bucket/key` or `memory://store/key`. `Display` gives the canonical URI. Names
/// are taken as they stand: nothing is percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A local file. Absolute; without `.` or `..`, unless it was given relative to a folder.
    File(PathBuf),
    /// An object in S3.
    S3(S3Location),
    /// An object in a store that lives in memory: what follows `memory://`.
    Memory(String),
}

/// Bucket and key of an object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct S3Location {
    partition: Option<Partition>,
    bucket: String,
    key: String,
}

/// Why a text is not a [`Location`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// Nothing.
    #[error("a location cannot be empty")]
    Empty,
    /// A control character, which no name has by intent.
    #[error("control character {found:?} in a location")]
    Control {
        /// The first such character.
        found: char,
    },
    /// A path that depends on where it is read.
    #[error("`{found}` is relative; expected an absolute path, a URI or an ARN")]
    Relative {
        /// The path.
        found: String,
    },
    /// A scheme that no store has.
    #[error("unknown scheme `{found}`; expected one of file, s3, s3a, s3n, memory")]
    Scheme {
        /// The scheme.
        found: String,
    },
    /// `file://` with a host name.
    #[error("`file://{host}` names a host; a local file is written `file:///path`")]
    Host {
        /// The host.
        host: String,
    },
    /// `.` or `..` in a path, which would let a name escape the prefix whose policy covers it.
    #[error("`{segment}` in a path; write the path that it leads to")]
    DotSegment {
        /// The segment.
        segment: String,
    },
    /// Not a bucket name.
    #[error("`{found}` is not a bucket name")]
    Bucket {
        /// What stands in its place.
        found: String,
    },
    /// A bucket, and no object in it.
    #[error("bucket `{bucket}` without a key")]
    NoKey {
        /// The bucket.
        bucket: String,
    },
    /// `memory://` and nothing else.
    #[error("`memory://` without a name")]
    NoName,
    /// Not an ARN of S3.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An ARN of S3 with a region or account: an access point, for instance.
    #[error("an object's ARN has no region and no account: `arn:aws:s3:::bucket/key`")]
    ArnOfOther,
}

impl Location {
    /// Parses a location that stands for itself: relative paths are refused.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        Self::parse_as(text, false)
    }

    /// Parses a location; a relative path starts at `folder`, which has to be absolute. Such a
    /// path keeps its `..`, so that links on the way mean what they mean to the system.
    pub fn parse_in(text: &str, folder: &Path) -> Result<Self, LocationError> {
        match Self::parse(text) {
            Err(LocationError::Relative { .. }) if folder.is_absolute() => {
                let text = text.trim_start_matches("./");
                Ok(Self::File(folder.join(text)))
            }
            result => result,
        }
    }

    /// Parses the beginning of locations: as [`parse`](Self::parse), and the key may be missing.
    pub(crate) fn parse_prefix(text: &str) -> Result<Self, LocationError> {
        Self::parse_as(text, true)
    }

    fn parse_as(text: &str, prefix: bool) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if let Some(found) = text.chars().find(|c| c.is_control()) {
            return Err(LocationError::Control { found });
        }
        if text.starts_with("arn:") {
            let arn = Arn::parse(text, "s3")?;
            if !arn.region.is_empty() || !arn.account.is_empty() {
                return Err(LocationError::ArnOfOther);
            }
            return S3Location::parse(arn.resource, Some(arn.partition), prefix).map(Self::S3);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text.strip_prefix('/') {
                Some(_) => absolute(text),
                None => Err(LocationError::Relative {
                    found: super::shown(text),
                }),
            };
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => parse_file(rest),
            "s3" | "s3a" | "s3n" => S3Location::parse(rest, None, prefix).map(Self::S3),
            "memory" if rest.is_empty() && !prefix => Err(LocationError::NoName),
            "memory" => Ok(Self::Memory(rest.to_owned())),
            _ => Err(LocationError::Scheme {
                found: super::shown(scheme),
            }),
        }
    }

    /// Whether this names a Java archive, which Provost cannot load.
    pub fn is_jar(&self) -> bool {
        self.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("jar"))
    }

    /// Whether the bytes come over a network.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::S3(_))
    }

    /// What follows the last dot of the last segment.
    pub(crate) fn extension(&self) -> Option<&str> {
        let name = match self {
            Self::File(path) => path.file_name()?.to_str()?,
            Self::S3(object) => object.key.rsplit('/').next()?,
            Self::Memory(name) => name.rsplit('/').next()?,
        };
        name.rsplit_once('.').map(|(_, extension)| extension)
    }
}

impl S3Location {
    fn parse(
        text: &str,
        partition: Option<Partition>,
        prefix: bool,
    ) -> Result<Self, LocationError> {
        let (bucket, key) = text.split_once('/').unwrap_or((text, ""));
        // Legacy buckets of us-east-1 may have capitals, underscores and up to 255 characters.
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if !(3..=255).contains(&bucket.len()) || !bucket.bytes().all(allowed) {
            return Err(LocationError::Bucket {
                found: super::shown(bucket),
            });
        }
        if key.is_empty() && !prefix {
            return Err(LocationError::NoKey {
                bucket: bucket.to_owned(),
            });
        }
        Ok(Self {
            partition,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }

    /// The partition, where an ARN told it.
    pub fn partition(&self) -> Option<Partition> {
        self.partition
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key, as it is: never percent-encoded.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn parse_file(rest: &str) -> Result<Location, LocationError> {
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(LocationError::Host {
            host: super::shown(host),
        });
    }
    absolute(path)
}

fn absolute(path: &str) -> Result<Location, LocationError> {
    if !path.starts_with('/') {
        return Err(LocationError::Empty);
    }
    if let Some(segment) = path.split('/').find(|s| matches!(*s, "." | "..")) {
        return Err(LocationError::DotSegment {
            segment: segment.to_owned(),
        });
    }
    // Equal paths get equal names, because policies are looked up by name.
    let mut canonical = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !canonical.ends_with('/') {
            canonical.push(c);
        }
    }
    Ok(Location::File(PathBuf::from(canonical)))
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::S3(object) => write!(f, "s3://{}/{}", object.bucket, object.key),
            Self::Memory(name) => write!(f, "memory://{name}"),
        }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
