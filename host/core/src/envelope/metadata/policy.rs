//! What a reader accepts, decided by the operator and checked before any key is used.

use std::fmt;

use crate::envelope::Format;

/// Where an envelope is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvelopePlace {
    /// In the object's own metadata.
    Metadata,
    /// In a second object beside it.
    InstructionFile,
}

/// The formats and places that a reader accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPolicy {
    formats: Vec<Format>,
    places: Vec<EnvelopePlace>,
}

impl ReadPolicy {
    /// Accepts exactly these.
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
        Self { formats, places }
    }

    /// Whether envelopes of this format are accepted.
    pub fn allows_format(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }

    /// Whether envelopes in this place are accepted.
    pub fn allows_place(&self, place: EnvelopePlace) -> bool {
        self.places.contains(&place)
    }

    pub(super) fn formats(&self) -> String {
        let names: Vec<_> = self.formats.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

impl Default for ReadPolicy {
    /// V3 and V2, in metadata.
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
