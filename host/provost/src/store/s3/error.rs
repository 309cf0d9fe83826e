//! What the SDK's errors mean here.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::Response;

use crate::store::{Condition, ObjectUri, StoreError};

/// Who asked for what, where: what an error is about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The object, prefix or bucket.
    pub(super) name: &'a str,
    /// What is being done, as in "open the object".
    pub(super) step: &'static str,
    /// The region that was asked.
    pub(super) region: &'a str,
}

/// Answers of S3 that callers tell apart.
pub(super) enum Failure {
    /// There is no such object, version or upload.
    Missing,
    /// A condition did not hold.
    Unmet,
    /// A range that the body does not have.
    Range,
    /// Any other.
    Other(StoreError),
}

impl Failure {
    /// What it means for one object that was asked for without a condition of its own.
    pub(super) fn about(self, uri: &ObjectUri, condition: &Condition) -> StoreError {
        match self {
            Self::Missing => StoreError::NotFound { uri: uri.clone() },
            Self::Unmet => StoreError::Condition {
                uri: uri.clone(),
                condition: condition.clone(),
            },
            Self::Range => StoreError::Answer {
                name: uri.to_string(),
                step: "read the body",
                problem: "it has no such bytes, and said that it has".to_owned(),
            },
            Self::Other(error) => error,
        }
    }
}

/// Whether the server says that it does not know what was asked of it.
pub(super) fn is_not_implemented<E>(error: &SdkError<E, Response>) -> bool {
    error
        .raw_response()
        .is_some_and(|raw| raw.status().as_u16() == 501)
}

impl Asked<'_> {
    pub(super) fn failed<E>(self, error: SdkError<E, Response>) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let SdkError::ServiceError(service) = &error else {
            return Failure::Other(self.transport(&error));
        };
        let (answer, raw) = (service.err(), service.raw());
        let status = raw.status().as_u16();
        let code = answer.code().unwrap_or_default();
        let header = |name| raw.headers().get(name).map(ToOwned::to_owned);
        let reason = reason(code, answer.message(), status, header("x-amz-request-id"));
        Failure::Other(match (status, code) {
            (_, "NoSuchBucket") => self.no_bucket(),
            (
                _,
                "InvalidAccessKeyId"
                | "ExpiredToken"
                | "InvalidToken"
                | "SignatureDoesNotMatch"
                | "TokenRefreshRequired"
                // versitygw's word for the first, with status 404.
                | "XAdminUserNotFound",
            ) => StoreError::Credentials {
                name: self.name.to_owned(),
                reason,
            },
            (404, _) | (_, "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload") => {
                return Failure::Missing;
            }
            (412, _) | (409, "ConditionalRequestConflict") => return Failure::Unmet,
            (416, _) => return Failure::Range,
            (301 | 307, _)
            | (400, "AuthorizationHeaderMalformed" | "")
            | (_, "PermanentRedirect")
                if self.elsewhere(header("x-amz-bucket-region")).is_some() =>
            {
                StoreError::Region {
                    name: self.name.to_owned(),
                    found: self
                        .elsewhere(header("x-amz-bucket-region"))
                        .unwrap_or_default(),
                    asked: self.region.to_owned(),
                }
            }
            (401 | 403, _) => StoreError::Denied {
                name: self.name.to_owned(),
                step: self.step,
                reason,
            },
            (400, "RequestTimeout") | (408, _) => StoreError::Timeout {
                name: self.name.to_owned(),
                step: self.step,
                reason,
            },
            (429 | 500.., _) => StoreError::Unavailable {
                name: self.name.to_owned(),
                step: self.step,
                reason,
            },
            _ => StoreError::Answer {
                name: self.name.to_owned(),
                step: self.step,
                problem: reason,
            },
        })
    }

    /// The region in which a bucket is, if it is another one than the one that was asked.
    fn elsewhere(self, found: Option<String>) -> Option<String> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        found.filter(|region| {
            (1..=64).contains(&region.len()) && region.bytes().all(allowed) && region != self.region
        })
    }

    fn no_bucket(self) -> StoreError {
        StoreError::NoBucket {
            name: self.name.to_owned(),
        }
    }

    fn transport<E>(self, error: &SdkError<E, Response>) -> StoreError
    where
        E: Error + Send + Sync + 'static,
    {
        let name = self.name.to_owned();
        let step = self.step;
        let reason = causes(error);
        if let Some(problem) = credentials(error) {
            return StoreError::Credentials {
                name,
                reason: problem,
            };
        }
        match error {
            SdkError::TimeoutError(_) => StoreError::Timeout { name, step, reason },
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                StoreError::Timeout { name, step, reason }
            }
            SdkError::DispatchFailure(failure) if !failure.is_user() => {
                StoreError::Unavailable { name, step, reason }
            }
            _ => StoreError::Answer {
                name,
                step,
                problem: reason,
            },
        }
    }
}

/// What is said of the credentials, if that is what is missing.
fn credentials(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<CredentialsError>() {
            return Some(causes(cause));
        }
        next = cause.source();
    }
    None
}

/// An error and its causes on one line. What came over the network is in them.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    shown(&crate::error::chain(error))
}

fn reason(code: &str, message: Option<&str>, status: u16, request: Option<String>) -> String {
    let code = if code.is_empty() {
        format!("status {status}")
    } else {
        code.to_owned()
    };
    let mut reason = code;
    if let Some(message) = message {
        reason = format!("{reason}: {message}");
    }
    if let Some(request) = request {
        reason = format!("{reason} (request {request})");
    }
    shown(&reason)
}

/// Text from a server: without control characters, on one line, and not all of a long one.
fn shown(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
