//! The operator's policies in the envelope's terms.

use provost_core::config::{self, PrefixPolicy};
use provost_core::envelope::{
    ContentMetadata, EnvelopePlace, Format, Legacy, Located, MetadataError, ReadPolicy,
    Unauthenticated, WriteFormat, WritePlace,
};

use super::ObjectError;
use crate::store::{Metadata, ObjectUri};

pub(super) fn read(policy: &PrefixPolicy) -> ReadPolicy {
    let formats = policy.read.formats.iter().map(|format| match format {
        config::ObjectFormat::V1 => Format::V1,
        config::ObjectFormat::V2 => Format::V2,
        config::ObjectFormat::V3 => Format::V3,
    });
    let places = policy.read.envelope.iter().map(|place| match place {
        config::EnvelopePlace::Metadata => EnvelopePlace::Metadata,
        config::EnvelopePlace::InstructionFile => EnvelopePlace::InstructionFile,
    });
    let legacy = match *policy.read.legacy {
        config::Legacy::Refuse => Legacy::Refuse,
        config::Legacy::Decrypt => Legacy::Decrypt,
    };
    let unauthenticated = match *policy.read.unauthenticated {
        config::Unauthenticated::Refuse => Unauthenticated::Refuse,
        config::Unauthenticated::Accept => Unauthenticated::Accept,
    };
    ReadPolicy::new(formats, places)
        .with_legacy(legacy)
        .with_unauthenticated(unauthenticated)
        .with_instruction_suffix(policy.read.instruction_suffix.as_deref())
}

/// Refuses to write where Provost's own envelopes would not be read.
pub(super) fn check_writable(uri: &ObjectUri, policy: &PrefixPolicy) -> Result<(), ObjectError> {
    match &*policy.read.instruction_suffix {
        Some(suffix) => Err(ObjectError::ReadsOtherFiles {
            uri: uri.clone(),
            suffix: suffix.clone(),
        }),
        None => Ok(()),
    }
}

/// Everything there is: for looking, never for opening.
pub(super) fn look_at_anything() -> ReadPolicy {
    let places = [EnvelopePlace::Metadata, EnvelopePlace::InstructionFile];
    ReadPolicy::new([Format::V1, Format::V2, Format::V3], places)
        .with_legacy(Legacy::Decrypt)
        .with_unauthenticated(Unauthenticated::Accept)
}

/// Where the envelope of any object is, whatever the policies say.
pub(super) fn located(metadata: &Metadata) -> Result<Located, MetadataError> {
    ContentMetadata::locate(metadata.iter(), &look_at_anything())
}

pub(super) fn write_format(policy: &PrefixPolicy) -> WriteFormat {
    match *policy.write.format {
        config::WriteFormat::V2 => WriteFormat::V2,
        config::WriteFormat::V3 => WriteFormat::V3,
    }
}

pub(super) fn write_place(policy: &PrefixPolicy) -> WritePlace {
    match *policy.write.envelope {
        config::WriteEnvelope::Metadata => WritePlace::Metadata,
        config::WriteEnvelope::InstructionFile => WritePlace::InstructionFile,
        config::WriteEnvelope::Overflow => WritePlace::Overflow,
    }
}
