//! The host's half of an answer: nothing in it is believed.
//!
//! Sizes are looked at before anything is copied, text is checked as bytes. The limits are far
//! above what any provider needs: tighter ones, such as what fits object metadata, are the host's.

use std::time::Duration;

use provost_plugin_abi::v1::{
    AttributesAnswer, CandidatesAnswer, ErrorAnswer, GenerateAnswer, KeyAnswer, KeyKind, List,
    MaterialsAnswer, SecretBuf, StatusAnswer, Text, TextEntry, TlsAnswer, UnwrapAnswer, WrapAnswer,
};

use super::kinds::error_kind;
use crate::host::limits;
use crate::{
    Attributes, Candidates, MaterialsDescription, ProviderError, RawKey, RawMaterials,
    RawTlsArtifacts, SecretBytes, Status, Wrapped,
};

/// What is wrong with an answer: the field, what was found, what would be right.
pub(crate) struct Malformed(pub(crate) String);

type Checked<T> = Result<T, Malformed>;

fn at_most(field: &str, length: usize, max: usize, unit: &str) -> Checked<()> {
    if length <= max {
        return Ok(());
    }
    Err(Malformed(format!(
        "`{field}` has {length} {unit}, at most {max} are allowed"
    )))
}

pub(crate) fn text(field: &str, from: Text, max: usize) -> Checked<String> {
    let mut text = String::new();
    copy_text(field, from, max, &mut text)?;
    Ok(text)
}

/// Drops what was copied at once: allocators are fast while few small pieces live at a time.
#[inline]
fn copy_text(field: &str, from: Text, max: usize, into: &mut String) -> Checked<()> {
    at_most(field, from.as_bytes().len(), max, "bytes")?;
    match std::str::from_utf8(from.as_bytes()) {
        Ok(text) => *into = String::from(text),
        Err(error) => return Err(not_utf8(field, error)),
    }
    Ok(())
}

fn not_utf8(field: &str, error: std::str::Utf8Error) -> Malformed {
    let at = error.valid_up_to();
    Malformed(format!("`{field}` is not UTF-8 from byte {at} on"))
}

/// Text for people: cut off rather than refused when it is long.
fn cut_text(field: &str, from: &Text, max: usize) -> Checked<String> {
    let bytes = from.as_bytes();
    let cut = bytes.get(..max).unwrap_or(bytes);
    match std::str::from_utf8(cut) {
        Ok(text) => Ok(text.to_owned()),
        // The cut went through a character.
        Err(error) if cut.len() < bytes.len() && error.error_len().is_none() => {
            let whole = cut.get(..error.valid_up_to()).unwrap_or_default();
            Ok(String::from_utf8_lossy(whole).into_owned())
        }
        Err(error) => Err(not_utf8(field, error)),
    }
}

fn bytes(field: &str, from: &List<u8>, max: usize) -> Checked<Vec<u8>> {
    at_most(field, from.len(), max, "bytes")?;
    Ok(from.to_vec())
}

fn secret(field: &str, from: SecretBuf, max: usize) -> Checked<SecretBytes> {
    at_most(field, from.as_slice().len(), max, "bytes")?;
    Ok(SecretBytes::from_abi(from))
}

fn attributes(from: AttributesAnswer) -> Checked<Attributes> {
    let mut attributes = Attributes::new();
    if from.plain.is_empty() && from.secret.is_empty() {
        return Ok(attributes);
    }
    let count = from.plain.len().saturating_add(from.secret.len());
    at_most("attributes", count, limits::ATTRIBUTES, "entries")?;
    attributes.reserve(from.plain.len(), from.secret.len());
    for entry in from.plain {
        let name = text("attributes: name", entry.name, limits::NAME)?;
        let value = bytes("attributes: value", &entry.value, limits::ATTRIBUTE)?;
        attributes.push(name, value);
    }
    for entry in from.secret {
        let name = text("attributes: name", entry.name, limits::NAME)?;
        let value = secret("attributes: value", entry.value, limits::ATTRIBUTE)?;
        attributes.push_secret(name, value);
    }
    Ok(attributes)
}

fn description(from: List<TextEntry>) -> Checked<MaterialsDescription> {
    at_most(
        "description",
        from.len(),
        limits::DESCRIPTION_ENTRIES,
        "entries",
    )?;
    let sizes = from.as_slice().iter();
    let size = sizes.fold(0_usize, |size, entry| {
        size.saturating_add(entry.name.as_bytes().len())
            .saturating_add(entry.value.as_bytes().len())
    });
    at_most("description", size, limits::DESCRIPTION, "bytes")?;
    // Text is written where it stays: to move a string that was just made waits for its making.
    let mut entries: Vec<(String, String)> = Vec::with_capacity(from.len());
    for entry in from {
        entries.push((String::new(), String::new()));
        if let Some((name, value)) = entries.last_mut() {
            copy_text("description: name", entry.name, limits::DESCRIPTION, name)?;
            copy_text(
                "description: value",
                entry.value,
                limits::DESCRIPTION,
                value,
            )?;
        }
    }
    MaterialsDescription::of_entries(entries)
        .map_err(|index| Malformed(format!("`description` repeats a name at entry {index}")))
}

pub(crate) fn error(from: ErrorAnswer) -> Checked<ProviderError> {
    let message = cut_text("error: message", &from.message, limits::MESSAGE)?;
    let mut error = ProviderError::new(error_kind(from.kind), message);
    if let Some(key) = from.conf_key.into_option() {
        error = error.at_key(text("error: conf key", key, limits::NAME)?);
    }
    if let Some(delay) = from.retry_after_ms.into_option() {
        error = error.retry_after(Duration::from_millis(delay));
    }
    Ok(error.with_attributes(attributes(from.attributes)?))
}

pub(crate) fn status(from: StatusAnswer) -> Checked<Status> {
    Ok(Status {
        healthy: from.healthy != 0,
        generation: text("generation", from.generation, limits::NAME)?,
        message: cut_text("message", &from.message, limits::MESSAGE)?,
        attributes: attributes(from.attributes)?,
    })
}

fn key(from: KeyAnswer) -> Checked<RawKey> {
    let held = match from.secret.into_option() {
        Some(bytes) => Some(secret("key", bytes, limits::KEY)?),
        None => None,
    };
    match from.kind {
        KeyKind::SYMMETRIC => held
            .map(RawKey::Symmetric)
            .ok_or_else(|| Malformed("`key` is symmetric and has no bytes".to_owned())),
        KeyKind::RSA => Ok(RawKey::Rsa {
            public: bytes("public key", &from.public, limits::KEY)?,
            private: held,
        }),
        KeyKind::KMS => Ok(RawKey::Kms {
            key_id: text("key id", from.key_id, limits::NAME)?,
        }),
        KeyKind::PROVIDER_HELD => Ok(RawKey::ProviderHeld {
            key_id: text("key id", from.key_id, limits::NAME)?,
            wrap_algorithm: text("wrap algorithm", from.wrap_algorithm, limits::NAME)?,
        }),
        unknown => Err(Malformed(format!(
            "`key` is of the unknown kind {}, expected 1 to 4",
            unknown.0
        ))),
    }
}

pub(crate) fn materials(from: MaterialsAnswer) -> Checked<RawMaterials> {
    Ok(RawMaterials {
        description: description(from.description)?,
        generation: text("generation", from.generation, limits::NAME)?,
        algorithm: text("algorithm", from.algorithm, limits::NAME)?,
        key: key(from.key)?,
        attributes: attributes(from.attributes)?,
    })
}

pub(crate) fn candidates(from: CandidatesAnswer) -> Checked<Candidates> {
    let count = from.candidates.len();
    if count == 0 {
        return Err(Malformed("`candidates` has no entry".to_owned()));
    }
    at_most("candidates", count, Candidates::MAX, "entries")?;
    attributes(from.attributes)?;
    let checked = from.candidates.into_iter().enumerate();
    let checked = checked.map(|(index, candidate)| {
        let checked = materials(candidate);
        checked.map_err(|Malformed(text)| Malformed(format!("candidate {index}: {text}")))
    });
    let checked = checked.collect::<Checked<Vec<_>>>()?;
    Candidates::try_from(checked).map_err(|error| Malformed(error.message().to_owned()))
}

pub(crate) fn wrapped(from: WrapAnswer) -> Checked<Wrapped> {
    Ok(Wrapped {
        bytes: bytes("wrapped key", &from.bytes, limits::KEY)?,
        description: description(from.description)?,
        attributes: attributes(from.attributes)?,
    })
}

pub(crate) fn generated(from: GenerateAnswer) -> Checked<(SecretBytes, Wrapped)> {
    let data_key = secret("data key", from.data_key, limits::KEY)?;
    Ok((data_key, wrapped(from.wrapped)?))
}

pub(crate) fn unwrapped(from: UnwrapAnswer) -> Checked<SecretBytes> {
    attributes(from.attributes)?;
    secret("unwrapped key", from.plaintext, limits::KEY)
}

pub(crate) fn tls(from: TlsAnswer) -> Checked<RawTlsArtifacts> {
    let trusted = match from.trusted_certificates.into_option() {
        Some(pem) => Some(bytes("trusted certificates", &pem, limits::CERTIFICATES)?),
        None => None,
    };
    let chain = bytes(
        "certificate chain",
        &from.certificate_chain,
        limits::CERTIFICATES,
    )?;
    Ok(RawTlsArtifacts {
        private_key: secret("private key", from.private_key, limits::PRIVATE_KEY)?,
        certificate_chain: chain,
        trusted_certificates: trusted,
        generation: text("generation", from.generation, limits::NAME)?,
        attributes: attributes(from.attributes)?,
    })
}
