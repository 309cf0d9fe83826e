//! Where the dynamic linker finds the file's bytes in memory.
//!
//! It maps whole pages, one `PT_LOAD` after the other, and what is mapped later wins. So a table
//! at an address has the bytes that the file suggests only if no other segment reaches its pages.

use object::LittleEndian as Le;
use object::elf::{self, ProgramHeader64};
use object::read::elf::ProgramHeader as _;

use super::SectionError;

/// The smallest and the largest page of a Linux system. The linker refuses a segment whose
/// alignment is no multiple of the system's page, so the smallest alignment of a file bounds it.
const PAGES: [u64; 2] = [0x1000, 0x1_0000];

pub(super) struct Image<'data> {
    bytes: &'data [u8],
    loads: Vec<Load>,
    page: u64,
}

struct Load {
    index: usize,
    address: u64,
    offset: u64,
    in_file: u64,
    /// Where it ends in memory.
    end: u64,
}

impl<'data> Image<'data> {
    /// The image of a file whose segments all lie inside it.
    pub(super) fn of(
        bytes: &'data [u8],
        segments: &[ProgramHeader64<Le>],
    ) -> Result<Self, SectionError> {
        let [smallest, mut page] = PAGES;
        let mut loads: Vec<Load> = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            if segment.p_type(Le) != elf::PT_LOAD {
                continue;
            }
            let (address, align) = (segment.p_vaddr(Le), segment.p_align(Le));
            let (offset, in_file) = segment.file_range(Le);
            if !align.is_power_of_two() || align < smallest {
                return Err(bad(&format!(
                    "segment {index} is aligned to {align:#x}, expected a power of two from {smallest:#x}"
                )));
            }
            if address.wrapping_sub(offset) % align != 0 {
                return Err(bad(&format!(
                    "segment {index} is at address {address:#x} and file offset {offset:#x}, which differ in an alignment of {align:#x}"
                )));
            }
            let end = address
                .checked_add(segment.p_memsz(Le))
                .ok_or_else(|| bad(&format!("segment {index} ends outside the address space")))?;
            if let Some(before) = loads.last()
                && address < before.end
            {
                return Err(bad(&format!(
                    "segment {index} starts at address {address:#x}, before segment {} ends at {:#x}",
                    before.index, before.end
                )));
            }
            page = page.min(align);
            loads.push(Load {
                index,
                address,
                offset,
                in_file,
                end,
            });
        }
        Ok(Self { bytes, loads, page })
    }

    /// The bytes that are at an address once everything is mapped, and their offset in the file;
    /// `what` is for the error.
    pub(super) fn at(
        &self,
        what: &str,
        address: u64,
        size: u64,
    ) -> Result<(u64, &'data [u8]), SectionError> {
        let outside = || bad(&format!("{what} is outside every segment"));
        let end = address.checked_add(size).ok_or_else(outside)?;
        let is_home = |load: &&Load| {
            load.address <= address && end <= load.address.saturating_add(load.in_file)
        };
        let home = self.loads.iter().find(is_home).ok_or_else(outside)?;
        let reaches = |load: &&Load| {
            load.index != home.index
                && load.address / self.page < end.div_ceil(self.page)
                && address / self.page < load.end.div_ceil(self.page)
                // The same page of the file, mapped again, changes nothing.
                && load.address.wrapping_sub(load.offset) != home.address.wrapping_sub(home.offset)
        };
        if let Some(other) = self.loads.iter().find(reaches) {
            return Err(bad(&format!(
                "{what} shares a page of {:#x} bytes with segment {}",
                self.page, other.index
            )));
        }
        let offset = home.offset.saturating_add(address - home.address);
        let range = usize::try_from(offset).ok().zip(usize::try_from(size).ok());
        let found = range
            .and_then(|(offset, size)| self.bytes.get(offset..)?.get(..size))
            .ok_or_else(outside)?;
        Ok((offset, found))
    }
}

fn bad(reason: &str) -> SectionError {
    SectionError::Malformed {
        what: "program headers",
        reason: reason.to_owned(),
    }
}
