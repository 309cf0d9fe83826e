//! R4: the key, the buckets and the cluster are in one region.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use provost_core::config::{HostConfiguration, KmsKeyArn, RegionRule};

use super::Kms;
use crate::store::{ObjectStore, ObjectUri, Scheme};

/// The most keys and places that are remembered: past it they are looked at again.
const KEPT: usize = 4096;

/// A KMS key in another region than what it is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("KMS key `{key}` is in {key_region}, {what} in {region}")]
#[non_exhaustive]
pub struct RegionMismatch {
    /// The key's ARN, or what else names it.
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

/// The keys that were looked at, each with the bucket that it was for, or with none.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<HashSet<(String, Option<String>)>>);

impl Checked {
    fn has(&self, asked: &(String, Option<String>)) -> bool {
        let checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checked.contains(asked)
    }

    fn add(&self, asked: (String, Option<String>)) {
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= KEPT {
            checked.clear();
        }
        checked.insert(asked);
    }
}

impl Kms {
    /// Checks the key that an object is to be wrapped with against the cluster and the object's
    /// bucket, once for each pair and before KMS is asked. A key that is not an ARN is in the region
    /// that its calls go to.
    pub(crate) async fn check_regions(
        &self,
        key_id: &str,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
    ) -> Result<(), RegionMismatch> {
        let bucket = (uri.scheme() == Scheme::S3).then(|| uri.bucket().to_owned());
        let asked = (key_id.to_owned(), bucket);
        if self.checked.has(&asked) {
            return Ok(());
        }
        let key_region = match KmsKeyArn::parse(key_id) {
            Ok(arn) => Some(arn.region().to_owned()),
            // What is wrong with an ARN, the call says.
            Err(_) if key_id.starts_with("arn:") => None,
            Err(_) => self.sdk.own_region().await,
        };
        if let Some(key_region) = key_region {
            let key = Key {
                id: key_id,
                region: &key_region,
            };
            against_cluster(&self.host, key)?;
            if let Some(bucket) = &asked.1 {
                match store.region().await {
                    Ok(Some(region)) => against_bucket(&self.host, key, bucket, &region)?,
                    Ok(None) => tracing::warn!(
                        "the region of bucket `{bucket}` is not told: whether KMS key `{key_id}` is in it is not known"
                    ),
                    // It is asked again with the next object.
                    Err(error) => {
                        tracing::warn!("the region of bucket `{bucket}` is not known now: {error}");
                        return Ok(());
                    }
                }
            }
        }
        self.checked.add(asked);
        Ok(())
    }
}

/// Checks the cluster's region against the key's, if provost.toml or the environment says it. What
/// the environment alone says is no more than a warning: its variables are for every program. With
/// `region_rule = "warn"` any mismatch is logged and accepted.
pub fn cluster_region(host: &HostConfiguration, key: &KmsKeyArn) -> Result<(), RegionMismatch> {
    let key = Key {
        id: key.as_str(),
        region: key.region(),
    };
    against_cluster(host, key)
}

/// A key and where it is.
#[derive(Clone, Copy)]
struct Key<'k> {
    id: &'k str,
    region: &'k str,
}

/// What S3 says of the bucket, against the key.
fn against_bucket(
    host: &HostConfiguration,
    key: Key<'_>,
    bucket: &str,
    region: &str,
) -> Result<(), RegionMismatch> {
    settle(host, mismatch(key, format!("bucket `{bucket}`"), region))
}

fn against_cluster(host: &HostConfiguration, key: Key<'_>) -> Result<(), RegionMismatch> {
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

fn mismatch(key: Key<'_>, what: String, region: &str) -> Result<(), RegionMismatch> {
    if key.region == region {
        return Ok(());
    }
    Err(RegionMismatch {
        key: key.id.to_owned(),
        key_region: key.region.to_owned(),
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
        let key = Key {
            id: "arn:aws-cn:kms:cn-north-1:111122223333:key/a",
            region: "cn-north-1",
        };
        assert_eq!(against_bucket(&enforced, key, "b", "cn-north-1"), Ok(()));
        let refused = against_bucket(&enforced, key, "b", "us-east-1").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "KMS key `arn:aws-cn:kms:cn-north-1:111122223333:key/a` is in cn-north-1, \
             bucket `b` in us-east-1"
        );
        let warned = host("[kms]\nregion_rule = \"warn\"", None);
        assert_eq!(against_bucket(&warned, key, "b", "us-east-1"), Ok(()));
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
