//! Key ids and generations: short text that reaches requests, reports and logs.

use super::MaterialsError;

/// The longest generation, in bytes.
pub const MAX_GENERATION_BYTES: usize = 256;

/// The longest key id, in bytes.
pub const MAX_KEY_ID_BYTES: usize = 2048;

pub(super) fn check_generation(generation: &str) -> Result<(), MaterialsError> {
    check_text("generation", generation, MAX_GENERATION_BYTES)
}

pub(super) fn check_key_id(key_id: &str) -> Result<(), MaterialsError> {
    if key_id.is_empty() {
        return Err(MaterialsError::Empty { what: "key id" });
    }
    check_text("key id", key_id, MAX_KEY_ID_BYTES)
}

fn check_text(what: &'static str, text: &str, max: usize) -> Result<(), MaterialsError> {
    if text.len() > max {
        let got = text.len();
        return Err(MaterialsError::TooLong { what, max, got });
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(MaterialsError::ControlCharacter {
            what: what.to_owned(),
            code: c.into(),
        }),
        None => Ok(()),
    }
}
