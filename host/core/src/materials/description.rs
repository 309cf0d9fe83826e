//! The description's bounds, and the names it may not use.

use provost_plugin_api::MaterialsDescription;

use super::MaterialsError;

/// The most entries a description may have.
pub const MAX_DESCRIPTION_ENTRIES: usize = 64;

/// The longest name of an entry, in bytes.
pub const MAX_DESCRIPTION_NAME_BYTES: usize = 256;

/// The longest description, in bytes, names and values together. What exceeds object metadata
/// still fits an instruction file; whether that is allowed is the write policy's business.
pub const MAX_DESCRIPTION_BYTES: usize = 8 * 1024;

/// What will become of a description.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// It is stored with a new object.
    Stored,
    /// It came back with materials for decryption, and is dropped.
    Read,
}

pub(super) fn check(
    description: &MaterialsDescription,
    keeping: Keeping,
    kms: bool,
) -> Result<(), MaterialsError> {
    if description.len() > MAX_DESCRIPTION_ENTRIES {
        return Err(MaterialsError::DescriptionEntries {
            max: MAX_DESCRIPTION_ENTRIES,
            got: description.len(),
        });
    }
    let got = description
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .fold(0, usize::saturating_add);
    if got > MAX_DESCRIPTION_BYTES {
        return Err(MaterialsError::DescriptionTooLong {
            max: MAX_DESCRIPTION_BYTES,
            got,
        });
    }
    if keeping == Keeping::Read {
        return Ok(());
    }
    for (name, value) in description.iter() {
        if name.is_empty() || name.len() > MAX_DESCRIPTION_NAME_BYTES {
            return Err(MaterialsError::DescriptionName {
                name: shown(name),
                max: MAX_DESCRIPTION_NAME_BYTES,
                got: name.len(),
            });
        }
        if let Some(reserved) = reserved(name, kms) {
            return Err(MaterialsError::ReservedName {
                name: shown(name),
                reserved,
            });
        }
        if let Some(c) = name.chars().chain(value.chars()).find(|c| c.is_control()) {
            return Err(MaterialsError::ControlCharacter {
                what: format!("description entry '{}'", shown(name)),
                code: c.into(),
            });
        }
    }
    Ok(())
}

/// What `name` collides with. The Amazon clients keep these names for themselves, and some find
/// them without regard to case.
fn reserved(name: &str, kms: bool) -> Option<&'static str> {
    let starts_with = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if starts_with("x-amz-") {
        Some("'x-amz-'")
    } else if starts_with("aws:") {
        Some("'aws:'")
    } else if !kms && name.eq_ignore_ascii_case("kms_cmk_id") {
        Some("'kms_cmk_id', which names a KMS key")
    } else {
        None
    }
}

/// `text` as an error may show it: one line, at most 64 characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(64).flat_map(char::escape_debug).collect();
    if text.chars().nth(64).is_some() {
        shown.push('…');
    }
    shown
}
