//! Amazon resource names: what S3 locations and KMS keys share.

use std::fmt;

/// A partition of AWS regions that do not share accounts with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`: the commercial regions.
    Aws,
    /// `aws-cn`: China.
    China,
    /// `aws-us-gov`: AWS's regions for the US government.
    GovCloud,
    /// `aws-iso` and its siblings: isolated regions.
    Isolated(Isolated),
    /// `aws-eusc`: the European Sovereign Cloud.
    EuropeanSovereign,
}

/// One of the isolated partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Isolated {
    /// `aws-iso`.
    Iso,
    /// `aws-iso-b`.
    IsoB,
    /// `aws-iso-e`.
    IsoE,
    /// `aws-iso-f`.
    IsoF,
}

const NAMES: [(&str, Partition); 8] = [
    ("aws", Partition::Aws),
    ("aws-cn", Partition::China),
    ("aws-us-gov", Partition::GovCloud),
    ("aws-iso", Partition::Isolated(Isolated::Iso)),
    ("aws-iso-b", Partition::Isolated(Isolated::IsoB)),
    ("aws-iso-e", Partition::Isolated(Isolated::IsoE)),
    ("aws-iso-f", Partition::Isolated(Isolated::IsoF)),
    ("aws-eusc", Partition::EuropeanSovereign),
];

/// Why a text is not a resource name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// Fewer than six parts between colons, or another word than `arn` first.
    #[error("an ARN is `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`")]
    Shape,
    /// An unknown partition.
    #[error("unknown partition `{found}`; expected one of {}", partitions())]
    Partition {
        /// What stands in its place.
        found: String,
    },
    /// A resource of another service.
    #[error("this is an ARN of `{got}`, expected one of `{expected}`")]
    Service {
        /// The service that was wanted.
        expected: &'static str,
        /// The service it names.
        got: String,
    },
}

impl Partition {
    fn parse(text: &str) -> Result<Self, ArnError> {
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, partition)| *partition)
            .ok_or_else(|| ArnError::Partition {
                found: super::shown(text),
            })
    }

    /// The partition that a region belongs to, by the prefix of its name.
    pub fn of_region(region: &str) -> Self {
        const PREFIXES: [(&str, Partition); 7] = [
            ("cn-", Partition::China),
            ("us-gov-", Partition::GovCloud),
            ("us-iso-", Partition::Isolated(Isolated::Iso)),
            ("us-isob-", Partition::Isolated(Isolated::IsoB)),
            ("eu-isoe-", Partition::Isolated(Isolated::IsoE)),
            ("us-isof-", Partition::Isolated(Isolated::IsoF)),
            ("eusc-", Partition::EuropeanSovereign),
        ];
        PREFIXES
            .iter()
            .find(|(prefix, _)| region.starts_with(prefix))
            .map_or(Self::Aws, |(_, partition)| *partition)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, partition)| partition == self);
        f.write_str(name.map_or("aws", |(name, _)| name))
    }
}

/// The parts of a resource name of a known service.
pub(crate) struct Arn<'a> {
    pub(crate) partition: Partition,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str, service: &'static str) -> Result<Self, ArnError> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().ok_or(ArnError::Shape);
        let (arn, partition, got) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        if arn != "arn" {
            return Err(ArnError::Shape);
        }
        let partition = Partition::parse(partition)?;
        if got != service {
            return Err(ArnError::Service {
                expected: service,
                got: super::shown(got),
            });
        }
        Ok(Self {
            partition,
            region,
            account,
            resource,
        })
    }
}

fn partitions() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}
