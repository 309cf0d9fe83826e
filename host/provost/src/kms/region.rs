//! R4: the key, the buckets and the cluster are in one region.

use provost_core::config::{HostConfiguration, KmsKeyArn, RegionRule};

/// A KMS key in another region than what it is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("KMS key `{key}` is in {key_region}, {what} in {region}")]
#[non_exhaustive]
pub struct RegionMismatch {
    /// The key's ARN.
    pub key: String,
    /// Its region.
    pub key_region: String,
    /// What is elsewhere: a bucket or the cluster.
    pub what: String,
    /// Where that is.
    pub region: String,
}

impl RegionMismatch {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(
            "key, buckets and cluster of EMR are in one region; where that is not meant, say so in \
             provost.toml:\n[kms]\nregion_rule = \"warn\""
                .to_owned(),
        )
    }
}

/// Checks a bucket's region, as S3 says it, against the key's. With `region_rule = "warn"` a
/// mismatch is logged and accepted.
pub fn bucket_region(
    host: &HostConfiguration,
    key: &KmsKeyArn,
    bucket: &str,
    region: &str,
) -> Result<(), RegionMismatch> {
    settle(host, mismatch(key, format!("bucket `{bucket}`"), region))
}

/// Checks the cluster's region against the key's, if provost.toml or the environment says it. What
/// the environment alone says is no more than a warning: its variables are for every program.
pub fn cluster_region(host: &HostConfiguration, key: &KmsKeyArn) -> Result<(), RegionMismatch> {
    let Some(region) = &host.region else {
        return Ok(());
    };
    let found = mismatch(key, "the cluster".to_owned(), region);
    if let (Err(found), None) = (&found, region.span()) {
        tracing::warn!("{found} ({})", region.origin());
        return Ok(());
    }
    settle(host, found)
}

fn mismatch(key: &KmsKeyArn, what: String, region: &str) -> Result<(), RegionMismatch> {
    if key.region() == region {
        return Ok(());
    }
    Err(RegionMismatch {
        key: key.to_string(),
        key_region: key.region().to_owned(),
        what,
        region: region.to_owned(),
    })
}

fn settle(
    host: &HostConfiguration,
    found: Result<(), RegionMismatch>,
) -> Result<(), RegionMismatch> {
    match (&found, *host.kms.region_rule) {
        (Err(mismatch), RegionRule::Warn) => {
            tracing::warn!("{mismatch}");
            Ok(())
        }
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use provost_core::config::Source;

    use super::*;

    fn host(text: &str, variable: Option<&str>) -> HostConfiguration {
        let environment =
            |name: &str| (name == "AWS_REGION").then(|| variable.map(str::to_owned))?;
        let source = Source::new("provost.toml", text);
        HostConfiguration::parse(source, Path::new("/"), &environment)
            .unwrap()
            .value
    }

    fn key(partition: &str, region: &str) -> KmsKeyArn {
        KmsKeyArn::parse(&format!("arn:{partition}:kms:{region}:111122223333:key/a")).unwrap()
    }

    #[test]
    fn a_bucket_in_another_region_than_the_key_is_refused() {
        let enforced = host("", None);
        let key = key("aws-cn", "cn-north-1");
        assert_eq!(bucket_region(&enforced, &key, "b", "cn-north-1"), Ok(()));
        let refused = bucket_region(&enforced, &key, "b", "us-east-1").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "KMS key `arn:aws-cn:kms:cn-north-1:111122223333:key/a` is in cn-north-1, \
             bucket `b` in us-east-1"
        );
        let warned = host("[kms]\nregion_rule = \"warn\"", None);
        assert_eq!(bucket_region(&warned, &key, "b", "us-east-1"), Ok(()));
    }

    #[test]
    fn the_clusters_region_is_enforced_where_the_file_says_it() {
        let key = key("aws-us-gov", "us-gov-west-1");
        let file = host("region = \"us-east-1\"", None);
        assert!(cluster_region(&file, &key).is_err());
        let same = host("region = \"us-gov-west-1\"", Some("us-east-1"));
        assert_eq!(cluster_region(&same, &key), Ok(()));
        let variable = host("", Some("us-east-1"));
        assert_eq!(cluster_region(&variable, &key), Ok(()));
        assert_eq!(cluster_region(&host("", None), &key), Ok(()));
    }
}
