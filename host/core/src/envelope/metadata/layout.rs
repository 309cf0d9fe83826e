//! Which envelope an object has, decided by names alone. S3EC format, section 2.

use super::fields::Fields;
use super::{EnvelopePlace, MetadataError};
use crate::envelope::{Format, names};

/// Where the parts of the envelope are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// All of it in object metadata.
    InMetadata(Format),
    /// V3: commitment and message id in object metadata, the wrapped key in the instruction file.
    V3Split,
    /// Nothing in object metadata: V1 or V2 in the instruction file, or no envelope at all.
    NothingInMetadata,
}

/// Decides from the object's metadata. Parts that fit no layout are refused rather than passed
/// over: an envelope that lost a name is not a plaintext object.
pub(super) fn of_object(object: &Fields) -> Result<Layout, MetadataError> {
    if object.has(names::INSTRUCTION_FILE_MARKER) {
        return Err(MetadataError::IsInstructionFile);
    }
    check_exclusive(object)?;
    let v3 = names::V3_OBJECT_NAMES.iter().all(|name| object.has(name));
    if object.has(names::IV)
        && let Some(format) = old_format(object)
    {
        refuse_v3_names(object, format)?;
        return Ok(Layout::InMetadata(format));
    }
    if v3 {
        refuse_old_names(object)?;
        if object.has(names::V3_KEY) {
            return Ok(Layout::InMetadata(Format::V3));
        }
        // A wrap without its key: not what a split leaves here.
        if object.first_of(&names::V3_MOVABLE_NAMES).is_some() {
            object.require(Format::V3, names::V3_KEY)?;
        }
        return Ok(Layout::V3Split);
    }
    check_nothing_left(object)?;
    Ok(Layout::NothingInMetadata)
}

/// Decides from an instruction file, beside an object with nothing in its metadata.
pub(super) fn of_instruction_file(file: &Fields) -> Result<Format, MetadataError> {
    refuse_commitment(file)?;
    check_exclusive(file)?;
    let Some(format) = old_format(file) else {
        if file.has(names::V3_KEY) {
            // What V3 keeps on the object was taken away.
            return Err(MetadataError::MissingName {
                format: Format::V3,
                name: names::V3_MESSAGE_ID,
                place: EnvelopePlace::Metadata,
            });
        }
        return Err(MetadataError::MissingName {
            format: Format::V2,
            name: names::V2_KEY,
            place: EnvelopePlace::InstructionFile,
        });
    };
    refuse_v3_names(file, format)?;
    Ok(format)
}

/// Checks the instruction file of a V3 object: an older envelope there is a downgrade attack.
pub(super) fn check_v3_instruction_file(file: &Fields) -> Result<(), MetadataError> {
    refuse_commitment(file)?;
    refuse_old_names(file)
}

/// At most one wrapped key.
fn check_exclusive(fields: &Fields) -> Result<(), MetadataError> {
    let mut keys = [names::V1_KEY, names::V2_KEY, names::V3_KEY]
        .into_iter()
        .filter(|name| fields.has(name));
    match (keys.next(), keys.next()) {
        (Some(first), Some(second)) => Err(MetadataError::ExclusiveNames {
            first,
            second,
            place: fields.place(),
        }),
        _ => Ok(()),
    }
}

fn old_format(fields: &Fields) -> Option<Format> {
    if fields.has(names::V2_KEY) {
        Some(Format::V2)
    } else if fields.has(names::V1_KEY) {
        Some(Format::V1)
    } else {
        None
    }
}

fn refuse_v3_names(fields: &Fields, format: Format) -> Result<(), MetadataError> {
    let found = fields
        .first_of(&names::V3_OBJECT_NAMES)
        .or_else(|| fields.first_of(&names::V3_MOVABLE_NAMES));
    foreign(fields, format, found)
}

fn refuse_old_names(fields: &Fields) -> Result<(), MetadataError> {
    foreign(fields, Format::V3, fields.first_of(&names::OLD_NAMES))
}

fn foreign(
    fields: &Fields,
    format: Format,
    found: Option<&'static str>,
) -> Result<(), MetadataError> {
    match found {
        Some(name) => Err(MetadataError::ForeignName {
            format,
            name,
            place: fields.place(),
        }),
        None => Ok(()),
    }
}

fn refuse_commitment(file: &Fields) -> Result<(), MetadataError> {
    match file.first_of(&names::V3_OBJECT_NAMES) {
        Some(name) => Err(MetadataError::CommitmentInInstructionFile { name }),
        None => Ok(()),
    }
}

/// Names the part that is missing where only some of an envelope is there.
fn check_nothing_left(object: &Fields) -> Result<(), MetadataError> {
    let v3 = object
        .first_of(&names::V3_OBJECT_NAMES)
        .or_else(|| object.first_of(&names::V3_MOVABLE_NAMES));
    if v3.is_some() {
        for name in names::V3_OBJECT_NAMES {
            object.require(Format::V3, name)?;
        }
        return Ok(());
    }
    if object.first_of(&names::OLD_NAMES).is_some() {
        let format = old_format(object).unwrap_or(Format::V2);
        object.require(format, names::IV)?;
        object.require(format, names::V2_KEY)?;
    }
    Ok(())
}
