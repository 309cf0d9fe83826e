//! The values of an envelope whose format is decided.

use provost_plugin_api::MaterialsDescription;

use super::fields::Fields;
use super::{ContentMetadata, ContentParameters, MetadataError, ReadPolicy, shown};
use crate::envelope::key_wrap::{EncryptedDataKey, wrapped_bytes};
use crate::envelope::names;
use crate::envelope::suite::{
    AES_CBC, AES_CBC_PKCS7_NAME, AES_GCM, AES_GCM_COMMIT_KEY, AlgorithmSuite, Format, KeyWrap,
    LegacyWrap, WrapAlgorithm,
};

/// Reads all values: `object` has what stays in object metadata, `envelope` the rest. They are the
/// same unless there is an instruction file. What the policy refuses is refused before any value
/// is looked at that depends on it.
pub(super) fn envelope(
    format: Format,
    policy: &ReadPolicy,
    object: &Fields,
    envelope: &Fields,
) -> Result<ContentMetadata, MetadataError> {
    match format {
        Format::V1 => v1(policy, object, envelope),
        Format::V2 => v2(policy, object, envelope),
        Format::V3 => v3(object, envelope),
    }
}

fn v1(
    policy: &ReadPolicy,
    object: &Fields,
    envelope: &Fields,
) -> Result<ContentMetadata, MetadataError> {
    const FORMAT: Format = Format::V1;
    let wrap = KeyWrap::Legacy(LegacyWrap::V1);
    policy.check_algorithms(FORMAT, &AES_CBC, wrap)?;
    // V1 names no algorithm: one that is named comes from a V2 envelope.
    let foreign = [
        names::CONTENT_ALGORITHM,
        names::WRAP_ALGORITHM,
        names::TAG_LENGTH,
    ];
    if let Some(name) = envelope.first_of(&foreign) {
        return Err(MetadataError::ForeignName {
            format: FORMAT,
            name,
            place: envelope.place(),
        });
    }
    envelope.require(FORMAT, names::DESCRIPTION)?;
    let description = envelope.description(names::DESCRIPTION)?;
    Ok(ContentMetadata {
        format: FORMAT,
        content: ContentParameters::Cbc {
            iv: envelope.array(FORMAT, names::IV)?,
        },
        key: key(FORMAT, &AES_CBC, wrap, envelope, names::V1_KEY, None)?,
        description,
        unencrypted_length: recorded_length(&AES_CBC, object, envelope)?,
        place: envelope.place(),
    })
}

fn v2(
    policy: &ReadPolicy,
    object: &Fields,
    envelope: &Fields,
) -> Result<ContentMetadata, MetadataError> {
    const FORMAT: Format = Format::V2;
    let suite = v2_suite(envelope.require(FORMAT, names::CONTENT_ALGORITHM)?)?;
    let wrap = v2_wrap(envelope.require(FORMAT, names::WRAP_ALGORITHM)?)?;
    policy.check_algorithms(FORMAT, suite, wrap)?;
    if let KeyWrap::Authenticated(wrap) = wrap
        && !suite.is_authenticated()
    {
        let content = suite.name;
        return Err(MetadataError::WrapDoesNotFit { wrap, content });
    }
    // Writers always store it for GCM; readers never insist. For CBC, Go stores an empty one.
    match (envelope.get(names::TAG_LENGTH), suite.is_authenticated()) {
        (None | Some("128"), true) | (None | Some(""), false) => {}
        (Some(found), true) => return Err(value(names::TAG_LENGTH, "128", found)),
        (Some(found), false) => return Err(value(names::TAG_LENGTH, "none for CBC", found)),
    }
    let description = envelope.description(names::DESCRIPTION)?;
    match wrap {
        KeyWrap::Authenticated(WrapAlgorithm::KmsContext) => check_context(&description, suite)?,
        KeyWrap::Legacy(LegacyWrap::Kms) => check_legacy_context(&description)?,
        _ => {}
    }
    let content = if suite.is_authenticated() {
        let iv = envelope.array(FORMAT, names::IV)?;
        ContentParameters::V2 { iv }
    } else {
        let iv = envelope.array(FORMAT, names::IV)?;
        ContentParameters::Cbc { iv }
    };
    let context = wrap.is_kms().then(|| description.clone());
    Ok(ContentMetadata {
        format: FORMAT,
        content,
        key: key(FORMAT, suite, wrap, envelope, names::V2_KEY, context)?,
        description,
        unencrypted_length: recorded_length(suite, object, envelope)?,
        place: envelope.place(),
    })
}

fn v3(object: &Fields, envelope: &Fields) -> Result<ContentMetadata, MetadataError> {
    const FORMAT: Format = Format::V3;
    let content = object.require(FORMAT, names::V3_CONTENT)?;
    if content != AES_GCM_COMMIT_KEY.name {
        return Err(value(names::V3_CONTENT, "115", content));
    }
    let code = envelope.require(FORMAT, names::V3_WRAP)?;
    let wrap = WrapAlgorithm::from_v3_code(code)
        .ok_or_else(|| value(names::V3_WRAP, "one of: 02, 12, 22", code))?;
    // KMS has a context, the other wraps a description.
    let (mine, foreign) = match wrap {
        WrapAlgorithm::KmsContext => (names::V3_CONTEXT, names::V3_DESCRIPTION),
        WrapAlgorithm::AesGcm | WrapAlgorithm::RsaOaepSha1 => {
            (names::V3_DESCRIPTION, names::V3_CONTEXT)
        }
    };
    if envelope.has(foreign) {
        return Err(MetadataError::ForeignName {
            format: FORMAT,
            name: foreign,
            place: envelope.place(),
        });
    }
    let description = envelope.description(mine)?;
    let kms = wrap == WrapAlgorithm::KmsContext;
    if kms {
        check_context(&description, &AES_GCM_COMMIT_KEY)?;
    }
    let context = kms.then(|| description.clone());
    Ok(ContentMetadata {
        format: FORMAT,
        content: ContentParameters::V3 {
            message_id: object.array(FORMAT, names::V3_MESSAGE_ID)?,
            commitment: object.array(FORMAT, names::V3_COMMITMENT)?,
        },
        key: key(
            FORMAT,
            &AES_GCM_COMMIT_KEY,
            wrap.into(),
            envelope,
            names::V3_KEY,
            context,
        )?,
        description,
        unencrypted_length: object.unencrypted_length(AES_GCM_COMMIT_KEY.max_plaintext)?,
        place: envelope.place(),
    })
}

fn v2_suite(name: &str) -> Result<&'static AlgorithmSuite, MetadataError> {
    if name == AES_GCM.name {
        return Ok(&AES_GCM);
    }
    if [AES_CBC.name, AES_CBC_PKCS7_NAME].contains(&name) {
        return Ok(&AES_CBC);
    }
    Err(value(
        names::CONTENT_ALGORITHM,
        "AES/GCM/NoPadding, or in legacy objects AES/CBC/PKCS5Padding",
        name,
    ))
}

/// An unknown name is refused: taking it for "none" would mean an unauthenticated wrap.
fn v2_wrap(name: &str) -> Result<KeyWrap, MetadataError> {
    KeyWrap::from_name(name).ok_or_else(|| {
        value(
            names::WRAP_ALGORITHM,
            "one of: AES/GCM, RSA-OAEP-SHA1, kms+context",
            name,
        )
    })
}

/// On the object, or in the file: writers differ.
fn recorded_length(
    suite: &AlgorithmSuite,
    object: &Fields,
    envelope: &Fields,
) -> Result<Option<u64>, MetadataError> {
    let on_object = object.unencrypted_length(suite.max_plaintext)?;
    Ok(on_object.or(envelope.unencrypted_length(suite.max_plaintext)?))
}

fn key(
    format: Format,
    suite: &'static AlgorithmSuite,
    wrap: KeyWrap,
    envelope: &Fields,
    name: &'static str,
    context: Option<MaterialsDescription>,
) -> Result<EncryptedDataKey, MetadataError> {
    let bytes = envelope.bytes(format, name, &wrapped_bytes(wrap))?;
    Ok(EncryptedDataKey {
        suite,
        wrap,
        bytes,
        context,
    })
}

/// Before KMS is asked, its key is compared with those that are configured; and what binds a
/// content algorithm belongs to a wrap that checks it.
fn check_legacy_context(context: &MaterialsDescription) -> Result<(), MetadataError> {
    if let Some(found) = context.get(names::CONTEXT_CONTENT_ALGORITHM) {
        let found = shown(found);
        return Err(MetadataError::BoundContext { found });
    }
    match context.get(names::CONTEXT_KMS_KEY_ID) {
        None | Some("") => Err(MetadataError::NoKmsKeyId),
        Some(_) => Ok(()),
    }
}

fn check_context(
    context: &MaterialsDescription,
    suite: &'static AlgorithmSuite,
) -> Result<(), MetadataError> {
    match context.get(names::CONTEXT_CONTENT_ALGORITHM) {
        Some(found) if found == suite.name => Ok(()),
        found => Err(MetadataError::ContextAlgorithm {
            expected: suite.name,
            found: found.map(shown),
        }),
    }
}

fn value(name: &'static str, expected: &'static str, found: &str) -> MetadataError {
    MetadataError::Value {
        name,
        expected,
        found: shown(found),
    }
}
