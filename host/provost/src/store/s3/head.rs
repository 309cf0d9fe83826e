//! What the headers of an answer say of an object.

use std::collections::HashMap;
use std::time::SystemTime;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ServerSideEncryption as Mode;

use crate::store::{
    Attributes, Metadata, ObjectHead, ObjectInfo, ObjectUri, ServerSideEncryption, StoreError,
};

/// The same facts, of a `GetObject` and a `HeadObject`.
macro_rules! said {
    ($output:expr, $size:expr) => {
        Said {
            size: $size,
            etag: $output.e_tag().map(ToOwned::to_owned),
            last_modified: $output.last_modified().copied(),
            version: $output.version_id().map(ToOwned::to_owned),
            metadata: $output.metadata().cloned().unwrap_or_default(),
            missing: $output.missing_meta().unwrap_or(0),
            mode: $output.server_side_encryption().cloned(),
            key: $output.ssekms_key_id().map(ToOwned::to_owned),
            customer: $output.sse_customer_algorithm().map(ToOwned::to_owned),
            attributes: Attributes {
                content_type: $output.content_type().map(ToOwned::to_owned),
                content_encoding: content_encoding($output.content_encoding()),
                content_disposition: $output.content_disposition().map(ToOwned::to_owned),
                content_language: $output.content_language().map(ToOwned::to_owned),
                cache_control: $output.cache_control().map(ToOwned::to_owned),
                expires: $output.expires_string().map(ToOwned::to_owned),
                website_redirect: $output.website_redirect_location().map(ToOwned::to_owned),
                storage_class: $output
                    .storage_class()
                    .map(|class| class.as_str().to_owned()),
            },
        }
    };
}

struct Said {
    size: u64,
    etag: Option<String>,
    last_modified: Option<DateTime>,
    version: Option<String>,
    metadata: HashMap<String, String>,
    missing: i32,
    mode: Option<Mode>,
    key: Option<String>,
    customer: Option<String>,
    attributes: Attributes,
}

/// `size` is that of the whole body, which may be more than this answer has.
pub(super) fn of_get(
    uri: &ObjectUri,
    output: &GetObjectOutput,
    size: u64,
) -> Result<ObjectHead, StoreError> {
    head(uri, said!(output, size))
}

pub(super) fn of_head(
    uri: &ObjectUri,
    output: &HeadObjectOutput,
) -> Result<ObjectHead, StoreError> {
    let size = output.content_length().and_then(|n| u64::try_from(n).ok());
    let size = size.ok_or_else(|| StoreError::Answer {
        name: uri.to_string(),
        step: "look at the object",
        problem: "it does not say how long the body is".to_owned(),
    })?;
    head(uri, said!(output, size))
}

fn head(uri: &ObjectUri, said: Said) -> Result<ObjectHead, StoreError> {
    if said.missing > 0 {
        return Err(StoreError::Answer {
            name: uri.to_string(),
            step: "read the metadata",
            problem: format!("{} entries cannot be sent as headers", said.missing),
        });
    }
    let mut metadata = Metadata::new();
    // In one order, so that one object has one error.
    let mut entries: Vec<_> = said.metadata.into_iter().collect();
    entries.sort();
    for (name, value) in entries {
        let added = metadata.insert(&name, value);
        added.map_err(|source| StoreError::from((uri, source)))?;
    }
    let mut info = ObjectInfo::new(uri.clone(), said.size);
    info.etag = said.etag;
    info.last_modified = said.last_modified.and_then(time);
    info.version = said.version;
    let mut head = ObjectHead::new(info, metadata);
    head.attributes = said.attributes;
    head.encryption = match (said.mode, said.customer) {
        (Some(mode), _) => Some(encryption(&mode, said.key)),
        (None, Some(_)) => Some(ServerSideEncryption::Other("SSE-C".to_owned())),
        (None, None) => None,
    };
    Ok(head)
}

/// `aws-chunked` is how a body travelled, and some servers keep it.
fn content_encoding(value: Option<&str>) -> Option<String> {
    let rest: Vec<_> = value?
        .split(',')
        .map(str::trim)
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!rest.is_empty()).then(|| rest.join(", "))
}

fn encryption(mode: &Mode, key: Option<String>) -> ServerSideEncryption {
    match mode {
        Mode::Aes256 => ServerSideEncryption::S3,
        Mode::AwsKms => ServerSideEncryption::Kms { key },
        other => ServerSideEncryption::Other(other.as_str().to_owned()),
    }
}

/// The mode and key as requests have them.
pub(super) fn mode(
    uri: &ObjectUri,
    encryption: Option<&ServerSideEncryption>,
) -> Result<(Option<Mode>, Option<String>), StoreError> {
    match encryption {
        None => Ok((None, None)),
        Some(ServerSideEncryption::S3) => Ok((Some(Mode::Aes256), None)),
        Some(ServerSideEncryption::Kms { key }) => Ok((Some(Mode::AwsKms), key.clone())),
        // Which key such a mode has is not known here, and another one would be another object.
        Some(ServerSideEncryption::Other(name)) => Err(StoreError::NoServerSideEncryption {
            uri: uri.clone(),
            mode: name.clone(),
        }),
    }
}

/// A time that the system can hold.
pub(super) fn time(time: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(time).ok()
}
