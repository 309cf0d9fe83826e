//! New metadata: the object copied onto itself, within the store.

use aws_sdk_s3::types::{CompletedPart, MetadataDirective, StorageClass, TaggingDirective};

use super::connection::BucketClient;
use super::error::{Asked, Failure};
use super::headers::{conditions, expires};
use super::upload::Upload;
use super::{PARTS, S3Store, head, keys};
use crate::store::{
    Condition, Metadata, NewObject, ObjectHead, ObjectInfo, ObjectStore, ObjectUri, StoreError,
};

/// How often an object may be replaced while it is being copied.
const ATTEMPTS: usize = 5;
/// Parts that are copied at once. No bytes of theirs are here.
const AT_ONCE: usize = 8;

const STEP: &str = "replace the metadata";

/// S3 has no way to change metadata but a copy, which keeps the body and loses all else that is
/// not said again: so what there is comes first. Access lists and locks are not copied, as S3
/// does not copy them.
pub(super) async fn replace_metadata(
    store: &S3Store,
    uri: &ObjectUri,
    metadata: Metadata,
    condition: Condition,
) -> Result<ObjectInfo, StoreError> {
    for _ in 0..ATTEMPTS {
        let before = store.look(uri, None).await?;
        match &condition {
            Condition::Always => {}
            Condition::Absent => {
                return Err(Failure::Unmet.about(uri, &condition));
            }
            Condition::Unchanged(etag) => before.info.check_etag(Some(etag))?,
        }
        let copied = copy(store, uri, &before, metadata.clone()).await;
        match copied {
            // Another writer came between; whoever set no condition wants it nevertheless.
            Err(StoreError::Condition { .. }) if condition == Condition::Always => {}
            done => return done,
        }
    }
    Err(StoreError::Contended {
        uri: uri.clone(),
        attempts: ATTEMPTS,
    })
}

async fn copy(
    store: &S3Store,
    uri: &ObjectUri,
    before: &ObjectHead,
    metadata: Metadata,
) -> Result<ObjectInfo, StoreError> {
    let new = NewObject {
        metadata,
        attributes: before.attributes.clone(),
        tags: Vec::new(),
        encryption: before.encryption.clone(),
        condition: Condition::unchanged(before.info.etag.clone()),
        unique: false,
    };
    if before.info.size > store.sizes().copy {
        return in_parts(store, uri, before, new).await;
    }
    let BucketClient { client, region, .. } = store.client().await?;
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: STEP,
        region,
    };
    let (mode, key) = head::mode(uri, new.encryption.as_ref())?;
    let etag = before.info.etag.clone();
    let attributes = new.attributes;
    let sent = client
        .copy_object()
        .bucket(store.name())
        .key(uri.key())
        .copy_source(keys::copy_source(uri, before.info.version.as_deref()))
        .set_copy_source_if_match(etag.clone())
        .set_if_match(etag)
        .metadata_directive(MetadataDirective::Replace)
        .tagging_directive(TaggingDirective::Copy)
        .set_metadata(Some(new.metadata.to_headers()))
        .set_content_type(attributes.content_type)
        .set_content_encoding(attributes.content_encoding)
        .set_content_disposition(attributes.content_disposition)
        .set_content_language(attributes.content_language)
        .set_cache_control(attributes.cache_control)
        .set_website_redirect_location(attributes.website_redirect)
        .set_storage_class(attributes.storage_class.as_deref().map(StorageClass::from))
        .set_server_side_encryption(mode)
        .set_ssekms_key_id(key)
        .customize()
        .mutate_request(expires(attributes.expires))
        .send()
        .await;
    let output = sent.map_err(|error| asked.failed(error).about(uri, &new.condition))?;
    let mut info = ObjectInfo::new(uri.clone(), before.info.size);
    let result = output
        .copy_object_result
        .unwrap_or_else(|| aws_sdk_s3::types::CopyObjectResult::builder().build());
    info.etag = result.e_tag;
    info.last_modified = result.last_modified.and_then(head::time);
    info.version = output.version_id;
    Ok(info)
}

/// Objects that are too large for one request.
async fn in_parts(
    store: &S3Store,
    uri: &ObjectUri,
    before: &ObjectHead,
    mut new: NewObject,
) -> Result<ObjectInfo, StoreError> {
    // Uploads in parts take no tags from where the parts are from.
    new.tags = store.tags(uri, before.info.version.as_deref()).await?;
    let client = store.client().await?.clone();
    let mut upload = Upload::begin(store, &client, uri, &new, false).await?;
    let copied = copy_parts(store, &client, uri, before, &new, &mut upload).await;
    match &copied {
        Ok(_) => upload.completed(),
        Err(_) => upload.give_up().await,
    }
    copied
}

async fn copy_parts(
    store: &S3Store,
    client: &BucketClient,
    uri: &ObjectUri,
    before: &ObjectHead,
    new: &NewObject,
    upload: &mut Upload,
) -> Result<ObjectInfo, StoreError> {
    let size = before.info.size;
    let part = store.sizes().copy_part.max(size.div_ceil(PARTS));
    let mut start = 0_u64;
    while start < size {
        upload.wait_below(AT_ONCE).await?;
        let end = start.saturating_add(part).min(size);
        let number = upload.next;
        upload.next += 1;
        upload.sending.spawn(copy_part(
            client.clone(),
            uri.clone(),
            before.info.clone(),
            upload.id.clone(),
            (number, start, end),
        ));
        start = end;
    }
    let parts = upload.all().await?;
    let (if_match, _) = conditions(&new.condition);
    let sent = client
        .client
        .complete_multipart_upload()
        .bucket(store.name())
        .key(uri.key())
        .upload_id(&upload.id)
        .multipart_upload(parts)
        .set_if_match(if_match)
        .send()
        .await;
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: STEP,
        region: &client.region,
    };
    let output = sent.map_err(|error| asked.failed(error).about(uri, &new.condition))?;
    let mut info = ObjectInfo::new(uri.clone(), size);
    info.etag = output.e_tag;
    info.version = output.version_id;
    Ok(info)
}

async fn copy_part(
    client: BucketClient,
    uri: ObjectUri,
    info: ObjectInfo,
    id: String,
    (number, start, end): (i32, u64, u64),
) -> Result<CompletedPart, StoreError> {
    let name = uri.to_string();
    let asked = Asked {
        name: &name,
        step: STEP,
        region: &client.region,
    };
    let sent = client
        .client
        .upload_part_copy()
        .bucket(uri.bucket())
        .key(uri.key())
        .upload_id(id)
        .part_number(number)
        .copy_source(keys::copy_source(&uri, info.version.as_deref()))
        .copy_source_range(format!("bytes={start}-{}", end - 1))
        .set_copy_source_if_match(info.etag.clone())
        .send()
        .await;
    let condition = Condition::unchanged(info.etag);
    let output = sent.map_err(|error| asked.failed(error).about(&uri, &condition))?;
    let result = output.copy_part_result.ok_or_else(|| StoreError::Answer {
        name: uri.to_string(),
        step: STEP,
        problem: "it does not say what was copied".to_owned(),
    })?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(result.e_tag)
        .build())
}
