//! The values of an envelope whose format is decided.

use provost_plugin_api::MaterialsDescription;

use super::fields::Fields;
use super::{ContentMetadata, ContentParameters, MetadataError, shown};
use crate::envelope::key_wrap::{EncryptedDataKey, wrapped_bytes};
use crate::envelope::names;
use crate::envelope::suite::{
    AES_CBC, AES_CBC_PKCS7_NAME, AES_GCM, AES_GCM_COMMIT_KEY, AlgorithmSuite, Format, LegacyWrap,
    WrapAlgorithm,
};

/// Reads all values: `object` has what stays in object metadata, `envelope` the rest. They are the
/// same unless there is an instruction file.
pub(super) fn envelope(
    format: Format,
    object: &Fields,
    envelope: &Fields,
) -> Result<ContentMetadata, MetadataError> {
    match format {
        Format::V1 => Err(MetadataError::LegacyFormat { found: format }),
        Format::V2 => v2(object, envelope),
        Format::V3 => v3(object, envelope),
    }
}

fn v2(object: &Fields, envelope: &Fields) -> Result<ContentMetadata, MetadataError> {
    const FORMAT: Format = Format::V2;
    v2_suite(envelope.require(FORMAT, names::CONTENT_ALGORITHM)?)?;
    let wrap = v2_wrap(envelope.require(FORMAT, names::WRAP_ALGORITHM)?)?;
    // Writers always store it; readers never insist.
    if let Some(tag_length) = envelope.get(names::TAG_LENGTH)
        && tag_length != "128"
    {
        return Err(value(names::TAG_LENGTH, "128", tag_length));
    }
    let description = envelope.description(names::DESCRIPTION)?;
    if wrap == WrapAlgorithm::KmsContext {
        check_context(&description, &AES_GCM)?;
    }
    let recorded = object.unencrypted_length()?;
    Ok(ContentMetadata {
        content: ContentParameters::V2 {
            iv: envelope.array(FORMAT, names::IV)?,
        },
        key: key(FORMAT, &AES_GCM, wrap, envelope, names::V2_KEY)?,
        description,
        unencrypted_length: recorded.or(envelope.unencrypted_length()?),
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
    if wrap == WrapAlgorithm::KmsContext {
        check_context(&description, &AES_GCM_COMMIT_KEY)?;
    }
    Ok(ContentMetadata {
        content: ContentParameters::V3 {
            message_id: object.array(FORMAT, names::V3_MESSAGE_ID)?,
            commitment: object.array(FORMAT, names::V3_COMMITMENT)?,
        },
        key: key(FORMAT, &AES_GCM_COMMIT_KEY, wrap, envelope, names::V3_KEY)?,
        description,
        unencrypted_length: object.unencrypted_length()?,
        place: envelope.place(),
    })
}

fn v2_suite(name: &str) -> Result<(), MetadataError> {
    const NAME: &str = names::CONTENT_ALGORITHM;
    if name == AES_GCM.name {
        return Ok(());
    }
    match [AES_CBC.name, AES_CBC_PKCS7_NAME]
        .into_iter()
        .find(|cbc| *cbc == name)
    {
        Some(found) => Err(MetadataError::LegacyContentAlgorithm { found }),
        None => Err(value(NAME, AES_GCM.name, name)),
    }
}

/// An unknown name is refused: taking it for "none" would mean an unauthenticated wrap.
fn v2_wrap(name: &str) -> Result<WrapAlgorithm, MetadataError> {
    match (WrapAlgorithm::from_name(name), LegacyWrap::from_name(name)) {
        (Some(wrap), _) => Ok(wrap),
        (None, Some(found)) => Err(MetadataError::LegacyWrap { found }),
        (None, None) => Err(value(
            names::WRAP_ALGORITHM,
            "one of: AES/GCM, RSA-OAEP-SHA1, kms+context",
            name,
        )),
    }
}

fn key(
    format: Format,
    suite: &'static AlgorithmSuite,
    algorithm: WrapAlgorithm,
    envelope: &Fields,
    name: &'static str,
) -> Result<EncryptedDataKey, MetadataError> {
    let bytes = envelope.bytes(format, name, &wrapped_bytes(algorithm))?;
    Ok(EncryptedDataKey {
        suite,
        algorithm,
        bytes,
    })
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
