//! The envelope's names and values, wherever they were stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_plugin_api::MaterialsDescription;

use super::{EnvelopePlace, MetadataError, double_encoding, shown};
use crate::envelope::{Format, flat_json, names};

/// The longest instruction file that is read or written, in bytes.
pub const MAX_INSTRUCTION_FILE_BYTES: usize = 64 * 1024;

/// The most object metadata that is looked at: far more than S3 keeps.
const MAX_READ_BYTES: usize = 64 * 1024;

/// The longest description text that is read.
const MAX_DESCRIPTION_TEXT_BYTES: usize = 32 * 1024;

/// The names that mean something, with their values.
#[derive(Debug)]
pub(super) struct Fields {
    place: EnvelopePlace,
    values: BTreeMap<&'static str, String>,
}

impl Fields {
    /// From user metadata, whose names stores and clients spell in any case. Other names are the
    /// user's own.
    pub(super) fn from_object<N: AsRef<str>, V: AsRef<str>>(
        metadata: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, MetadataError> {
        let mut fields = Self::empty(EnvelopePlace::Metadata);
        let mut got = 0_usize;
        for (name, value) in metadata {
            let (name, value) = (name.as_ref(), value.as_ref());
            got = got.saturating_add(name.len()).saturating_add(value.len());
            if got > MAX_READ_BYTES {
                let max = MAX_READ_BYTES;
                return Err(MetadataError::TooLong { max, got });
            }
            if let Some(known) = known(name) {
                fields.insert(known, value.to_owned())?;
            }
        }
        Ok(fields)
    }

    /// From an instruction file's bytes.
    pub(super) fn from_instruction_file(file: &[u8]) -> Result<Self, MetadataError> {
        // Go reads numbers here.
        let numbers = [names::TAG_LENGTH, names::UNENCRYPTED_LENGTH];
        let entries = flat_json::parse(file, MAX_INSTRUCTION_FILE_BYTES, &numbers)
            .map_err(MetadataError::InstructionFile)?;
        let mut fields = Self::empty(EnvelopePlace::InstructionFile);
        let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
        let of_old_dotnet = names::OLD_DOTNET.iter().all(|(old, _)| has(old));
        let renamed = |name: &str| {
            let (_, new) = names::OLD_DOTNET.iter().find(|(old, _)| *old == name)?;
            of_old_dotnet.then_some(*new)
        };
        for (name, value) in entries {
            if let Some(known) = renamed(&name).or_else(|| known(&name)) {
                fields.insert(known, value)?;
            }
        }
        if of_old_dotnet && !fields.has(names::DESCRIPTION) {
            fields.insert(names::DESCRIPTION, "{}".to_owned())?;
        }
        Ok(fields)
    }

    fn empty(place: EnvelopePlace) -> Self {
        Self {
            place,
            values: BTreeMap::new(),
        }
    }

    fn insert(&mut self, name: &'static str, value: String) -> Result<(), MetadataError> {
        match self.values.insert(name, value) {
            None => Ok(()),
            Some(_) => Err(MetadataError::DuplicateName {
                name,
                place: self.place,
            }),
        }
    }

    pub(super) fn place(&self) -> EnvelopePlace {
        self.place
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The first of `names` that is here.
    pub(super) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.has(name))
    }

    pub(super) fn require(
        &self,
        format: Format,
        name: &'static str,
    ) -> Result<&str, MetadataError> {
        self.get(name).ok_or(MetadataError::MissingName {
            format,
            name,
            place: self.place,
        })
    }

    /// A binary value of exactly `N` bytes.
    pub(super) fn array<const N: usize>(
        &self,
        format: Format,
        name: &'static str,
    ) -> Result<[u8; N], MetadataError> {
        let bytes = decode(name, self.require(format, name)?)?;
        <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| MetadataError::Length {
            name,
            expected: N.to_string(),
            got: bytes.len(),
        })
    }

    /// A binary value of a length in `accepted`.
    pub(super) fn bytes(
        &self,
        format: Format,
        name: &'static str,
        accepted: &std::ops::RangeInclusive<usize>,
    ) -> Result<Vec<u8>, MetadataError> {
        let bytes = decode(name, self.require(format, name)?)?;
        if accepted.contains(&bytes.len()) {
            return Ok(bytes);
        }
        let (start, end) = (accepted.start(), accepted.end());
        let expected = if start == end {
            start.to_string()
        } else {
            format!("{start} to {end}")
        };
        Err(MetadataError::Length {
            name,
            expected,
            got: bytes.len(),
        })
    }

    /// A description; empty if it is absent.
    pub(super) fn description(
        &self,
        name: &'static str,
    ) -> Result<MaterialsDescription, MetadataError> {
        let Some(text) = self.get(name) else {
            return Ok(MaterialsDescription::new());
        };
        let text = match self.place {
            EnvelopePlace::Metadata => Cow::Owned(double_encoding::undo(text)),
            // A body, which arrives as it was sent.
            EnvelopePlace::InstructionFile => Cow::Borrowed(text),
        };
        flat_json::parse(text.as_bytes(), MAX_DESCRIPTION_TEXT_BYTES, &[])
            .map(|entries| entries.into_iter().collect())
            .map_err(|error| MetadataError::Description { name, error })
    }

    /// The plaintext's length as recorded, if it is; at most `max`.
    pub(super) fn unencrypted_length(&self, max: u64) -> Result<Option<u64>, MetadataError> {
        const NAME: &str = names::UNENCRYPTED_LENGTH;
        let Some(text) = self.get(NAME) else {
            return Ok(None);
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(length) if digits && length <= max => Ok(Some(length)),
            _ => Err(MetadataError::Number {
                name: NAME,
                max,
                found: shown(text),
            }),
        }
    }
}

fn known(name: &str) -> Option<&'static str> {
    names::ALL
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

fn decode(name: &'static str, text: &str) -> Result<Vec<u8>, MetadataError> {
    STANDARD.decode(text).map_err(|e| MetadataError::Base64 {
        name,
        reason: shown(&e.to_string()),
    })
}
