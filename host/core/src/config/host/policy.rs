//! What may be written and read below a prefix.

use std::time::Duration;

use super::setting::Setting;
use crate::config::location::{Location, LocationError};
use crate::config::quantity::ByteSize;

/// A prefix of URIs that ends in `/`, in canonical form: `s3a` and `s3n` are `s3`, a path is a
/// `file` URI, an ARN is an `s3` URI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UriPrefix(String);

impl UriPrefix {
    /// Parses a prefix; a missing `/` at its end is added.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let mut uri = Location::parse_prefix(text)?.to_string();
        if !uri.ends_with('/') {
            uri.push('/');
        }
        Ok(Self(uri))
    }

    /// The prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `uri`, in canonical form, is below the prefix or is the prefix itself.
    fn covers(&self, uri: &str) -> bool {
        match uri.strip_prefix(self.0.trim_end_matches('/')) {
            Some(rest) => rest.is_empty() || uri.starts_with(&self.0),
            None => false,
        }
    }
}

/// What may be written and read below a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefixPolicy {
    /// The prefix; none for the default policy, which is for everything else.
    pub prefix: Option<Setting<UriPrefix>>,
    /// The commitment policy, if it is named: it sets the formats that are written and read.
    pub commitment: Setting<Option<Commitment>>,
    /// What is written.
    pub write: WritePolicy,
    /// What is read.
    pub read: ReadPolicy,
}

/// A commitment policy, by the names that Amazon's clients have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Commitment {
    /// V2 is written; V3 and V2 are read.
    ForbidEncryptAllowDecrypt,
    /// V3 is written; V3 and V2 are read.
    RequireEncryptAllowDecrypt,
    /// V3 is written, and nothing else is read.
    RequireEncryptRequireDecrypt,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WritePolicy {
    /// The object format. Default: V3.
    pub format: Setting<WriteFormat>,
    /// Where the envelope goes. Default: object metadata.
    pub envelope: Setting<WriteEnvelope>,
    /// How far one data key from KMS may go. Default: one object.
    pub data_key_reuse: Setting<Option<DataKeyReuse>>,
}

/// `write.data_key_reuse`: the bounds of a data key that several objects share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DataKeyReuse {
    /// The most objects, 2 to [`MAX_OBJECTS`](Self::MAX_OBJECTS).
    pub objects: u64,
    /// The most bytes of plaintext in all of them, up to [`MAX_BYTES`](Self::MAX_BYTES).
    pub bytes: ByteSize,
    /// How long after it was made, 1 s to [`MAX_AGE`](Self::MAX_AGE).
    pub age: Duration,
}

impl DataKeyReuse {
    /// The most that `objects` may be.
    pub const MAX_OBJECTS: u64 = 10_000;
    /// The most that `bytes` may be.
    pub const MAX_BYTES: ByteSize = ByteSize::from_bytes(1 << 40);
    /// The most that `age` may be.
    pub const MAX_AGE: Duration = Duration::from_hours(1);
}

/// What is read; all else is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadPolicy {
    /// The object formats. Default: V3 and V2.
    pub formats: Setting<Vec<ObjectFormat>>,
    /// Where the envelope may be. Default: object metadata.
    pub envelope: Setting<Vec<EnvelopePlace>>,
    /// What happens to legacy objects. Default: refuse.
    pub legacy: Setting<Legacy>,
    /// What happens to content without a tag (CBC). Default: refuse.
    pub unauthenticated: Setting<Unauthenticated>,
    /// The suffix of the instruction files that alone are read. Default: none, which is Amazon's own
    /// beside the metadata.
    pub instruction_suffix: Setting<Option<String>>,
}

/// A format of the Amazon S3 Encryption Client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectFormat {
    /// V1: legacy, read only.
    V1,
    /// V2: authenticated, without key commitment.
    V2,
    /// V3: with key commitment.
    V3,
}

/// A format that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteFormat {
    /// V2, for readers that do not know V3.
    V2,
    /// V3.
    V3,
}

/// Where an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnvelopePlace {
    /// In the object's metadata.
    Metadata,
    /// In an instruction file beside the object.
    InstructionFile,
}

/// Where a new envelope goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteEnvelope {
    /// Into the object's metadata; an error when it is too large for that.
    Metadata,
    /// Into an instruction file.
    InstructionFile,
    /// Into the object's metadata, or into an instruction file when it is too large.
    Overflow,
}

/// What happens to legacy objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Legacy {
    /// They are refused.
    Refuse,
    /// They are decrypted.
    Decrypt,
}

/// What happens to content that nothing authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unauthenticated {
    /// It is refused.
    Refuse,
    /// It is decrypted, though anyone who can write could have changed it.
    Accept,
}

impl Commitment {
    pub(super) const ALL: [Self; 3] = [
        Self::ForbidEncryptAllowDecrypt,
        Self::RequireEncryptAllowDecrypt,
        Self::RequireEncryptRequireDecrypt,
    ];

    /// Its word in `provost.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForbidEncryptAllowDecrypt => "forbid-encrypt-allow-decrypt",
            Self::RequireEncryptAllowDecrypt => "require-encrypt-allow-decrypt",
            Self::RequireEncryptRequireDecrypt => "require-encrypt-require-decrypt",
        }
    }

    /// The format that it writes.
    pub fn write_format(self) -> WriteFormat {
        match self {
            Self::ForbidEncryptAllowDecrypt => WriteFormat::V2,
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                WriteFormat::V3
            }
        }
    }

    /// The formats that it reads, unless legacy ones are added.
    pub fn read_formats(self) -> &'static [ObjectFormat] {
        match self {
            Self::ForbidEncryptAllowDecrypt | Self::RequireEncryptAllowDecrypt => {
                &[ObjectFormat::V3, ObjectFormat::V2]
            }
            Self::RequireEncryptRequireDecrypt => &[ObjectFormat::V3],
        }
    }
}

impl PrefixPolicy {
    pub(super) fn with_defaults() -> Self {
        Self {
            prefix: None,
            commitment: Setting::default_value(None),
            write: WritePolicy {
                format: Setting::default_value(WriteFormat::V3),
                envelope: Setting::default_value(WriteEnvelope::Metadata),
                data_key_reuse: Setting::default_value(None),
            },
            read: ReadPolicy {
                formats: Setting::default_value(vec![ObjectFormat::V3, ObjectFormat::V2]),
                envelope: Setting::default_value(vec![EnvelopePlace::Metadata]),
                legacy: Setting::default_value(Legacy::Refuse),
                unauthenticated: Setting::default_value(Unauthenticated::Refuse),
                instruction_suffix: Setting::default_value(None),
            },
        }
    }
}

/// The policy for `uri` among `policies`: of the longest prefix that covers it.
pub(super) fn longest<'p>(policies: &'p [PrefixPolicy], uri: &str) -> Option<&'p PrefixPolicy> {
    let uri = match Location::parse_prefix(uri) {
        Ok(location) => location.to_string(),
        // It leads elsewhere than its text says.
        Err(LocationError::DotSegment { .. }) => return None,
        // A name that is no location still belongs to the prefix that it is below.
        Err(_) => uri.to_owned(),
    };
    policies
        .iter()
        .filter_map(|policy| Some((policy.prefix.as_ref()?.get(), policy)))
        .filter(|(prefix, _)| prefix.covers(&uri))
        .max_by_key(|(prefix, _)| prefix.as_str().len())
        .map(|(_, policy)| policy)
}
