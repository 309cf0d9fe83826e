//! What a reader accepts, decided by the operator and checked before any key is used.

use std::fmt;

use super::MetadataError;
use crate::envelope::suite::{AlgorithmSuite, Format, KeyWrap};

/// Where an envelope is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvelopePlace {
    /// In the object's own metadata.
    Metadata,
    /// In a second object beside it.
    InstructionFile,
}

/// What happens to legacy objects: format V1, CBC content, and wraps that bind nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Legacy {
    /// They are refused.
    #[default]
    Refuse,
    /// They are decrypted.
    Decrypt,
}

/// What happens to content that nothing authenticates, which is CBC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unauthenticated {
    /// It is refused.
    #[default]
    Refuse,
    /// It is decrypted, though anyone who can write could have changed it.
    Accept,
}

/// The formats and places that a reader accepts, and whether legacy objects are decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPolicy {
    formats: Vec<Format>,
    places: Vec<EnvelopePlace>,
    legacy: Legacy,
    unauthenticated: Unauthenticated,
    instruction_suffix: Option<String>,
}

impl ReadPolicy {
    /// Accepts exactly these, and nothing legacy.
    pub fn new(
        formats: impl IntoIterator<Item = Format>,
        places: impl IntoIterator<Item = EnvelopePlace>,
    ) -> Self {
        let mut formats: Vec<_> = formats.into_iter().collect();
        let mut places: Vec<_> = places.into_iter().collect();
        formats.sort_unstable();
        formats.dedup();
        places.sort_unstable();
        places.dedup();
        Self {
            formats,
            places,
            legacy: Legacy::Refuse,
            unauthenticated: Unauthenticated::Refuse,
            instruction_suffix: None,
        }
    }

    /// With a suffix, reads envelopes in instruction files of that alone, whatever else there is: an
    /// object that is shared with the holder of another key has a second one. S3EC format,
    /// section 5.
    #[must_use]
    pub fn with_instruction_suffix(self, suffix: Option<&str>) -> Self {
        Self {
            instruction_suffix: suffix.map(str::to_owned),
            ..self
        }
    }

    /// The suffix of [`with_instruction_suffix`](Self::with_instruction_suffix).
    pub fn instruction_suffix(&self) -> Option<&str> {
        self.instruction_suffix.as_deref()
    }

    /// Says what happens to legacy objects.
    #[must_use]
    pub fn with_legacy(self, legacy: Legacy) -> Self {
        Self { legacy, ..self }
    }

    /// Says what happens to content that nothing authenticates. It is legacy too, so both must
    /// be accepted.
    #[must_use]
    pub fn with_unauthenticated(self, unauthenticated: Unauthenticated) -> Self {
        Self {
            unauthenticated,
            ..self
        }
    }

    /// Whether envelopes of this format are accepted.
    pub fn allows_format(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }

    /// Whether envelopes in this place are accepted.
    pub fn allows_place(&self, place: EnvelopePlace) -> bool {
        self.places.contains(&place)
    }

    pub(super) fn check_format(
        &self,
        format: Format,
        place: EnvelopePlace,
    ) -> Result<(), MetadataError> {
        if !self.allows_format(format) {
            return Err(MetadataError::FormatNotAllowed {
                found: format,
                accepted: self.formats(),
            });
        }
        self.check_place(place)
    }

    pub(super) fn check_place(&self, place: EnvelopePlace) -> Result<(), MetadataError> {
        if !self.allows_place(place) {
            return Err(MetadataError::PlaceNotAllowed { found: place });
        }
        Ok(())
    }

    pub(super) fn check_algorithms(
        &self,
        format: Format,
        content: &AlgorithmSuite,
        wrap: KeyWrap,
    ) -> Result<(), MetadataError> {
        let authenticated = content.is_authenticated();
        if self.legacy == Legacy::Refuse {
            if format == Format::V1 {
                return Err(MetadataError::LegacyFormat { found: format });
            }
            if !authenticated {
                let found = content.name;
                return Err(MetadataError::LegacyContentAlgorithm { found });
            }
            if let KeyWrap::Legacy(found) = wrap {
                return Err(MetadataError::LegacyWrap { found });
            }
        }
        if !authenticated && self.unauthenticated == Unauthenticated::Refuse {
            let found = content.name;
            return Err(MetadataError::UnauthenticatedContent { found });
        }
        Ok(())
    }

    fn formats(&self) -> String {
        let names: Vec<_> = self.formats.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

impl Default for ReadPolicy {
    /// V3 and V2, in metadata, and nothing legacy.
    fn default() -> Self {
        Self::new([Format::V2, Format::V3], [EnvelopePlace::Metadata])
    }
}

impl fmt::Display for EnvelopePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "object metadata",
            Self::InstructionFile => "instruction file",
        })
    }
}
