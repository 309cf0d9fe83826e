//! Listing versions.

use std::cmp::Reverse;

use async_trait::async_trait;
use aws_sdk_s3::types::EncodingType;

use super::connection::BucketClient;
use super::error::Asked;
use super::list::{list_failed, wrong};
use super::{S3Store, head, keys};
use crate::store::{ObjectInfo, ObjectPrefix, ObjectVersion, StoreError, VersionLister};

/// All versions of the objects that a prefix covers.
pub(super) struct Listing {
    store: S3Store,
    prefix: ObjectPrefix,
    /// Where the next page begins; none after the last.
    next: Option<(Option<String>, Option<String>)>,
}

impl Listing {
    pub(super) fn new(store: &S3Store, prefix: &ObjectPrefix) -> Self {
        Self {
            store: store.clone(),
            prefix: prefix.clone(),
            next: Some((None, None)),
        }
    }

    async fn ask(
        &mut self,
        marker: (Option<String>, Option<String>),
    ) -> Result<Vec<ObjectVersion>, StoreError> {
        let BucketClient { client, region, .. } = self.store.client().await?;
        let name = self.prefix.to_string();
        let asked = Asked {
            name: &name,
            step: "list the versions",
            region,
        };
        let sent = client
            .list_object_versions()
            .bucket(self.store.name())
            .prefix(self.prefix.key())
            .set_key_marker(marker.0.clone())
            .set_version_id_marker(marker.1.clone())
            .encoding_type(EncodingType::Url)
            .send()
            .await;
        let output = sent.map_err(|error| list_failed(asked, error))?;
        let encoding = output.encoding_type();
        let mut page = Vec::new();
        for version in output.versions() {
            let Some(uri) = keys::listed(&self.prefix, version.key(), encoding) else {
                continue;
            };
            let size = version.size().and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or_else(|| wrong(&self.prefix, "a version without a size"))?;
            let mut info = ObjectInfo::new(uri, size);
            info.last_modified = version.last_modified().copied().and_then(head::time);
            info.etag = version.e_tag().map(ToOwned::to_owned);
            info.version = version.version_id().map(ToOwned::to_owned);
            page.push(ObjectVersion::new(info, version.is_latest() == Some(true)));
        }
        for marker in output.delete_markers() {
            let Some(uri) = keys::listed(&self.prefix, marker.key(), encoding) else {
                continue;
            };
            let mut info = ObjectInfo::new(uri, 0);
            info.last_modified = marker.last_modified().copied().and_then(head::time);
            info.version = marker.version_id().map(ToOwned::to_owned);
            let is_latest = marker.is_latest() == Some(true);
            page.push(ObjectVersion::delete_marker(info, is_latest));
        }
        // Versions and delete markers are told apart by the answer, not by their order.
        page.sort_by_cached_key(|version| {
            let info = &version.info;
            (
                info.uri.clone(),
                Reverse(version.is_latest),
                Reverse(info.last_modified),
            )
        });
        if output.is_truncated().is_none() {
            return Err(wrong(&self.prefix, "without its end"));
        }
        self.next = if output.is_truncated() == Some(true) {
            let key = output.next_key_marker();
            let next = (
                key.map(|key| keys::decoded(key, encoding)),
                output.next_version_id_marker().map(ToOwned::to_owned),
            );
            if next == marker || next.0.is_none() {
                return Err(wrong(&self.prefix, "the same page again and again"));
            }
            Some(next)
        } else {
            None
        };
        Ok(page)
    }
}

#[async_trait]
impl VersionLister for Listing {
    async fn next_page(&mut self) -> Result<Vec<ObjectVersion>, StoreError> {
        while let Some(marker) = self.next.take() {
            let page = self.ask(marker).await?;
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(Vec::new())
    }
}
