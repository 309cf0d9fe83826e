//! Headers of a request that more than one operation has.

use crate::store::Condition;

/// `If-Match` and `If-None-Match`.
pub(super) fn conditions(condition: &Condition) -> (Option<String>, Option<String>) {
    match condition {
        Condition::Always => (None, None),
        Condition::Absent => (None, Some("*".to_owned())),
        Condition::Unchanged(etag) => (Some(etag.clone()), None),
    }
}

/// Sets the header as it was found: the SDK would take a date only, and S3 keeps any text.
pub(super) fn expires(
    value: Option<String>,
) -> impl Fn(&mut aws_sdk_s3::config::http::HttpRequest) + Send + Sync + 'static {
    move |request| {
        if let Some(value) = &value
            && let Err(error) = request.headers_mut().try_insert("expires", value.clone())
        {
            tracing::warn!(%error, "the Expires header cannot be kept");
        }
    }
}
