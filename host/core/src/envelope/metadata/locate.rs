//! Reading: from stored names and values to a checked envelope.

use super::fields::Fields;
use super::layout::{self, Layout};
use super::{ContentMetadata, EnvelopePlace, MetadataError, ReadPolicy, parse};
use crate::envelope::Format;

/// Where an object's envelope is.
#[derive(Debug)]
pub enum Located {
    /// In the object's metadata: here it is.
    InMetadata(ContentMetadata),
    /// In an instruction file, which is to be fetched.
    InInstructionFile(InInstructionFile),
}

/// An object whose envelope, if it has one, is in an instruction file.
#[derive(Debug)]
pub struct InInstructionFile {
    object: Fields,
    layout: Layout,
    policy: ReadPolicy,
}

impl ContentMetadata {
    /// Reads the envelope in an object's user metadata, or says that the instruction file is
    /// needed. Names come without `x-amz-meta-`, in any letter case.
    ///
    /// What the policy does not accept is refused here, before anybody is asked for a key.
    pub fn locate<N: AsRef<str>, V: AsRef<str>>(
        metadata: impl IntoIterator<Item = (N, V)>,
        policy: &ReadPolicy,
    ) -> Result<Located, MetadataError> {
        let object = Fields::from_object(metadata)?;
        let layout = layout::of_object(&object)?;
        if policy.instruction_suffix().is_some() {
            policy.check_place(EnvelopePlace::InstructionFile)?;
            return Ok(in_instruction_file(object, layout, policy));
        }
        match layout {
            Layout::InMetadata(format) => {
                policy.check_format(format, EnvelopePlace::Metadata)?;
                parse::envelope(format, policy, &object, &object).map(Located::InMetadata)
            }
            Layout::V3Split => {
                policy.check_format(Format::V3, EnvelopePlace::InstructionFile)?;
                Ok(in_instruction_file(object, layout, policy))
            }
            Layout::NothingInMetadata => {
                if !policy.allows_place(EnvelopePlace::InstructionFile) {
                    return Err(MetadataError::NoEnvelopeInMetadata);
                }
                Ok(in_instruction_file(object, layout, policy))
            }
        }
    }
}

impl InInstructionFile {
    /// Reads the envelope, now that the instruction file is here.
    pub fn with_file(self, file: &[u8]) -> Result<ContentMetadata, MetadataError> {
        let file = Fields::from_instruction_file(file)?;
        let format = match self.layout {
            Layout::V3Split | Layout::InMetadata(Format::V3) => {
                layout::check_v3_instruction_file(&file)?;
                Format::V3
            }
            Layout::NothingInMetadata | Layout::InMetadata(Format::V1 | Format::V2) => {
                layout::of_instruction_file(&file)?
            }
        };
        self.policy
            .check_format(format, EnvelopePlace::InstructionFile)?;
        parse::envelope(format, &self.policy, &self.object, &file)
    }

    /// What it means that there is no instruction file.
    pub fn without_file(&self) -> MetadataError {
        match self.layout {
            Layout::V3Split => MetadataError::InstructionFileMissing { format: Format::V3 },
            Layout::InMetadata(format) => MetadataError::InstructionFileMissing { format },
            Layout::NothingInMetadata => MetadataError::NotEncrypted,
        }
    }
}

fn in_instruction_file(object: Fields, layout: Layout, policy: &ReadPolicy) -> Located {
    Located::InInstructionFile(InInstructionFile {
        object,
        layout,
        policy: policy.clone(),
    })
}
