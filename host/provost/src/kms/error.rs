//! Why KMS did not do what it was asked.

use std::time::Duration;

use provost_core::config::KmsKeyArnError;
use provost_plugin_api::MaterialsDescription;

/// A call of KMS that failed: which, with which key, where, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("KMS {operation} with key `{key}` at {place}: {failure}")]
#[non_exhaustive]
pub struct KmsError {
    /// The operation, as KMS calls it.
    pub operation: &'static str,
    /// The key that was asked for.
    pub key: String,
    /// Region and endpoint.
    pub place: String,
    /// The encryption context; it is no secret.
    pub context: String,
    /// What happened.
    pub failure: KmsFailure,
}

/// What happened to a call of KMS.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KmsFailure {
    /// KMS refused, or failed, and said so.
    #[error("{code}: {message}{}", request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default())]
    Answered {
        /// KMS's name of the error.
        code: String,
        /// Its own words.
        message: String,
        /// What its support asks for.
        request_id: Option<String>,
    },
    /// Nothing within the time for all tries.
    #[error("no result within {after:?}, trying again included{}", last.as_ref().map(|last| format!("; the last attempt: {last}")).unwrap_or_default())]
    Deadline {
        /// `deadline` of `[kms]`.
        after: Duration,
        /// What became of the last attempt that ended.
        last: Option<String>,
    },
    /// Each attempt went without an answer.
    #[error("no attempt was answered in time")]
    NoAnswer,
    /// There is no way to the endpoint.
    #[error("not reached: {reason}")]
    Unreachable {
        /// What the SDK says.
        reason: String,
    },
    /// The SDK found no credentials.
    #[error("no credentials: {reason}")]
    Credentials {
        /// What the SDK says.
        reason: String,
    },
    /// The key is not an ARN, and nothing says which region it is in.
    #[error("no region is known")]
    NoRegion,
    /// The endpoint is neither https nor on this machine.
    #[error("the endpoint would get data keys unencrypted over a network; nothing was sent")]
    Unencrypted,
    /// The key's ARN is none.
    #[error("not a key's ARN: {source}")]
    Key {
        /// What is wrong with it.
        source: KmsKeyArnError,
    },
    /// The answer is about another key.
    #[error("the answer is about another key: `{used}`")]
    AnotherKey {
        /// The key that was used.
        used: String,
    },
    /// The answer is not one of KMS.
    #[error("the answer, of status {status}, is not one of KMS")]
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
    /// The answer lacks a part.
    #[error("the answer has no {field}")]
    Incomplete {
        /// The part.
        field: &'static str,
    },
    /// This program was built without KMS.
    #[error("this program was built without its feature `aws`")]
    NotBuilt,
}

impl KmsError {
    pub(super) fn new(
        operation: &'static str,
        key: &str,
        place: String,
        context: &MaterialsDescription,
        failure: KmsFailure,
    ) -> Self {
        let context: Vec<_> = context
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Self {
            operation,
            key: shown(key),
            place,
            context: format!("{{{}}}", shown(&context.join(", "))),
            failure,
        }
    }

    /// KMS's name of the error, if it answered.
    pub fn code(&self) -> Option<&str> {
        match &self.failure {
            KmsFailure::Answered { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether another key may do: this is not the one that wrapped.
    pub(crate) fn is_wrong_key(&self) -> bool {
        self.code() == Some("IncorrectKeyException")
    }

    /// Whether the identity that asked has no right to.
    pub(crate) fn is_denied(&self) -> bool {
        self.code()
            .is_some_and(|code| code.contains("AccessDenied"))
    }

    /// Whether it says nothing about the key: KMS is away or busy, or this host cannot ask it.
    pub(crate) fn is_passing(&self) -> bool {
        match &self.failure {
            KmsFailure::Answered { code, .. } => {
                matches!(
                    kind(code),
                    Kind::Throttled | Kind::Internal | Kind::Credentials
                )
            }
            KmsFailure::AnotherKey { .. } | KmsFailure::Key { .. } => false,
            _ => true,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let Self {
            operation,
            key,
            place,
            context,
            ..
        } = self;
        let hint = match &self.failure {
            KmsFailure::Answered { code, .. } => match kind(code) {
                Kind::Denied => format!(
                    "the identity that the SDK found needs kms:{operation} on this key: in the key's \
                     policy, and in its own policy too where the key is another account's"
                ),
                Kind::NotFound => format!(
                    "there is no such key at {place}; the ARN names account, region and key, and an \
                     alias has to exist there"
                ),
                Kind::Disabled => format!(
                    "enable it, as with `aws kms enable-key --key-id {key}`; until then nothing \
                     that it wrapped can be read"
                ),
                Kind::State => format!(
                    "if its deletion is pending, `aws kms cancel-key-deletion --key-id {key}` and \
                     `enable-key` bring it back; once deleted, nothing that it wrapped can be read"
                ),
                Kind::Ciphertext => format!(
                    "the wrapped key or its encryption context was changed, or it is not of this \
                     key; the context is {context}"
                ),
                Kind::WrongKey => "the object was written with another KMS key: after a change of \
                     keys, name the old ones in provost.toml:\n\
                     [kms]\ndecrypt_keys = [\"arn:aws:kms:REGION:ACCOUNT:key/ID\"]"
                    .to_owned(),
                Kind::Usage => {
                    "it takes a symmetric key: SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT".to_owned()
                }
                Kind::Throttled => {
                    "KMS was asked too often, and again after waiting; fewer writers, \
                     a higher quota, or `write.data_key_reuse` of the prefix help"
                        .to_owned()
                }
                Kind::Internal => {
                    "KMS has a failure of its own and was asked again; try later".to_owned()
                }
                Kind::Credentials => format!("{CREDENTIALS}; they were refused"),
                Kind::Other => return None,
            },
            KmsFailure::Deadline { .. } | KmsFailure::NoAnswer => format!(
                "see that this node reaches {place}: route, VPC endpoint, proxy; `deadline` in \
                 [kms] gives it more time"
            ),
            KmsFailure::Unreachable { .. } => format!(
                "see that this node reaches {place}: name, route, VPC endpoint, proxy; another \
                 endpoint is `endpoint` in [kms], or AWS_ENDPOINT_URL_KMS"
            ),
            KmsFailure::Credentials { .. } => CREDENTIALS.to_owned(),
            KmsFailure::NoRegion => "name the key by its ARN, which says the region, or set \
                 `region` in [kms] or AWS_REGION"
                .to_owned(),
            KmsFailure::Unencrypted => "http:// is for this machine alone; use https://".to_owned(),
            KmsFailure::Key { .. } => {
                "write arn:aws:kms:REGION:ACCOUNT:key/ID, or a key's id".to_owned()
            }
            KmsFailure::AnotherKey { .. }
            | KmsFailure::Unreadable { .. }
            | KmsFailure::Incomplete { .. } => {
                format!("what answers at {place} does not behave as KMS does")
            }
            KmsFailure::NotBuilt => {
                "the executable has it; an embedder asks cargo for the feature \
                 `aws` of `provost`"
                    .to_owned()
            }
        };
        Some(hint)
    }
}

const CREDENTIALS: &str = "credentials are looked for where the SDK does: environment, profile \
     (`profile` in [kms], AWS_PROFILE), web identity, container, instance metadata";

/// KMS's errors by what there is to do.
enum Kind {
    Denied,
    NotFound,
    Disabled,
    State,
    Ciphertext,
    WrongKey,
    Usage,
    Throttled,
    Internal,
    Credentials,
    Other,
}

fn kind(code: &str) -> Kind {
    match code {
        "NotFoundException" => Kind::NotFound,
        "DisabledException" => Kind::Disabled,
        "KMSInvalidStateException" => Kind::State,
        "InvalidCiphertextException" => Kind::Ciphertext,
        "IncorrectKeyException" => Kind::WrongKey,
        "InvalidKeyUsageException" => Kind::Usage,
        "ThrottlingException"
        | "Throttling"
        | "LimitExceededException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => Kind::Throttled,
        "KMSInternalException"
        | "DependencyTimeoutException"
        | "KeyUnavailableException"
        | "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => Kind::Internal,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature" => Kind::Credentials,
        code if code.contains("AccessDenied") => Kind::Denied,
        _ => Kind::Other,
    }
}

/// `text` as an error may show it: one line, at most 512 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(512)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(512).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> KmsError {
        KmsError::new(
            "Decrypt",
            "arn:aws:kms:eu-central-1:111122223333:key/a",
            "eu-central-1".to_owned(),
            &MaterialsDescription::new().with("Path", "s3://b/k"),
            KmsFailure::Answered {
                code: code.to_owned(),
                message: "words".to_owned(),
                request_id: None,
            },
        )
    }

    #[test]
    fn an_error_names_operation_key_place_and_code() {
        assert_eq!(
            error("DisabledException").to_string(),
            "KMS Decrypt with key `arn:aws:kms:eu-central-1:111122223333:key/a` at eu-central-1: \
             DisabledException: words"
        );
    }

    #[test]
    fn only_incorrect_key_lets_the_next_candidate_be_asked() {
        assert!(error("IncorrectKeyException").is_wrong_key());
        for code in [
            "InvalidCiphertextException",
            "AccessDeniedException",
            "NotFoundException",
            "ThrottlingException",
        ] {
            assert!(!error(code).is_wrong_key(), "{code}");
        }
    }

    #[test]
    fn what_passes_proves_nothing_about_a_key() {
        for code in [
            "ThrottlingException",
            "KMSInternalException",
            "ExpiredTokenException",
        ] {
            assert!(error(code).is_passing(), "{code}");
        }
        for code in [
            "DisabledException",
            "AccessDeniedException",
            "InvalidCiphertextException",
        ] {
            assert!(!error(code).is_passing(), "{code}");
        }
    }

    #[test]
    fn control_characters_of_an_answer_are_not_shown() {
        assert_eq!(shown("a\u{1b}[31m\nb"), "a [31m b");
    }
}
