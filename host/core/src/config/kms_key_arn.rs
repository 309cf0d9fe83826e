//! Which KMS key, told in a way that works across accounts.

use std::fmt;
use std::str::FromStr;

use super::arn::{Arn, ArnError, Partition};

/// The ARN of a KMS key, or of an alias of one.
///
/// `arn:PARTITION:kms:REGION:ACCOUNT:key/ID` or `...:alias/NAME`; see [`KmsKeyArn::is_alias`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KmsKeyArn {
    text: String,
    partition: Partition,
    region: String,
    account: String,
    resource: Resource,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Resource {
    Key(String),
    Alias(String),
}

/// Why a text is not a [`KmsKeyArn`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KmsKeyArnError {
    /// A key id alone.
    #[error("a key id alone does not say region and account")]
    BareId,
    /// An alias alone.
    #[error("an alias alone does not say region and account")]
    BareAlias,
    /// Not an ARN of KMS.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// No region, or one that is not lower-case words joined by hyphens.
    #[error("`{found}` is not a region")]
    Region {
        /// What stands in its place.
        found: String,
    },
    /// A region of another partition.
    #[error("region {region} is in partition {expected}, not in {got}")]
    PartitionOfRegion {
        /// The region.
        region: String,
        /// Where it is.
        expected: Partition,
        /// What the ARN says.
        got: Partition,
    },
    /// Not twelve digits.
    #[error("`{found}` is not an account: twelve digits")]
    Account {
        /// What stands in its place.
        found: String,
    },
    /// Neither `key/ID` nor `alias/NAME`.
    #[error("`{found}` is neither `key/ID` nor `alias/NAME`")]
    Resource {
        /// What stands in its place.
        found: String,
    },
}

impl KmsKeyArn {
    /// Parses the ARN of a key or of an alias.
    pub fn parse(text: &str) -> Result<Self, KmsKeyArnError> {
        if text.starts_with("alias/") {
            return Err(KmsKeyArnError::BareAlias);
        }
        if !text.contains(':') {
            return Err(KmsKeyArnError::BareId);
        }
        let arn = Arn::parse(text, "kms")?;
        if !is_region(arn.region) {
            return Err(KmsKeyArnError::Region {
                found: super::shown(arn.region),
            });
        }
        let expected = Partition::of_region(arn.region);
        if expected != arn.partition {
            return Err(KmsKeyArnError::PartitionOfRegion {
                region: arn.region.to_owned(),
                expected,
                got: arn.partition,
            });
        }
        if arn.account.len() != 12 || !arn.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(KmsKeyArnError::Account {
                found: super::shown(arn.account),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            partition: arn.partition,
            region: arn.region.to_owned(),
            account: arn.account.to_owned(),
            resource: parse_resource(arn.resource)?,
        })
    }

    /// The ARN as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The region of the key.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account that owns the key: twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Whether this is an alias, which can be pointed at another key later.
    pub fn is_alias(&self) -> bool {
        matches!(self.resource, Resource::Alias(_))
    }

    /// The key id, unless it is an alias.
    pub fn key_id(&self) -> Option<&str> {
        match &self.resource {
            Resource::Key(id) => Some(id),
            Resource::Alias(_) => None,
        }
    }
}

/// Whether this looks like the name of a region: lower-case words joined by hyphens.
pub(crate) fn is_region(text: &str) -> bool {
    text.contains('-')
        && text.len() <= 64
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn parse_resource(text: &str) -> Result<Resource, KmsKeyArnError> {
    let word = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    match text.split_once('/') {
        Some(("key", id)) if word(id, "-") => Ok(Resource::Key(id.to_owned())),
        Some(("alias", name)) if word(name, "-_/") => Ok(Resource::Alias(name.to_owned())),
        _ => Err(KmsKeyArnError::Resource {
            found: super::shown(text),
        }),
    }
}

impl fmt::Display for KmsKeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for KmsKeyArn {
    type Err = KmsKeyArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
