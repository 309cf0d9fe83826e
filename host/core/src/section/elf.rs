//! The ELF file: whole, and what the dynamic linker would do with it.

use std::fmt;

use object::LittleEndian as Le;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::read::elf::{SectionTable, Sym as _};

use super::error::quoted;
use super::image::Image;
use super::{ENTRY_SYMBOL, SECTION_LIMIT, SECTION_NAME, SectionError};

/// A processor, as ELF names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine(u16);

impl Machine {
    /// The processor that this host was built for.
    pub const THIS: Self = if cfg!(target_arch = "x86_64") {
        Self(elf::EM_X86_64.0)
    } else if cfg!(target_arch = "aarch64") {
        Self(elf::EM_AARCH64.0)
    } else {
        Self(elf::EM_NONE.0)
    };

    /// The number of the processor: `e_machine`.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match elf::Machine(self.0) {
            elf::EM_X86_64 => f.write_str("x86-64"),
            elf::EM_AARCH64 => f.write_str("aarch64"),
            elf::EM_RISCV => f.write_str("riscv"),
            elf::EM_386 => f.write_str("x86"),
            elf::EM_ARM => f.write_str("arm"),
            _ => write!(f, "ELF machine {}", self.0),
        }
    }
}

/// How many needed libraries are read, and the longest name of one.
const NEEDED_LIMIT: usize = 256;
const NAME_LIMIT: usize = 4096;

pub(super) struct Elf<'data> {
    pub(super) machine: Machine,
    pub(super) needed: Vec<String>,
    pub(super) run_path: Option<String>,
    pub(super) has_entry: bool,
    pub(super) section: &'data [u8],
}

pub(super) fn read(bytes: &[u8]) -> Result<Elf<'_>, SectionError> {
    check_ident(bytes)?;
    let header = FileHeader64::<Le>::parse(bytes).map_err(|_| SectionError::Truncated {
        what: "the ELF header".to_owned(),
        end: size_of::<FileHeader64<Le>>() as u64,
        len: bytes.len() as u64,
    })?;
    let file_type = header.e_type(Le);
    if file_type != elf::ET_DYN {
        return Err(SectionError::FileType { got: file_type.0 });
    }
    // The section headers come last in a file, so they tell of a cut first.
    check_table(
        bytes,
        "the section header table",
        header.e_shoff(Le),
        header.e_shentsize(Le),
        header.e_shnum(Le),
    )?;
    check_table(
        bytes,
        "the program header table",
        header.e_phoff(Le),
        header.e_phentsize(Le),
        header.e_phnum(Le),
    )?;
    // With this number, the headers' count would be elsewhere, where the dynamic linker never looks.
    if header.e_phnum(Le) == elf::PN_XNUM {
        return Err(SectionError::Malformed {
            what: "program headers",
            reason: format!("there are {} or more", elf::PN_XNUM),
        });
    }
    let segments = header
        .program_headers(Le, bytes)
        .map_err(malformed("program headers"))?;
    check_segments(bytes, segments)?;
    let dynamic = Dynamic::read(bytes, segments)?;
    let sections = header
        .sections(Le, bytes)
        .map_err(malformed("section headers"))?;
    Ok(Elf {
        machine: Machine(header.e_machine(Le).0),
        needed: dynamic.needed,
        run_path: dynamic.run_path,
        has_entry: has_entry(bytes, &sections)?,
        section: find_section(bytes, &sections)?,
    })
}

fn check_ident(bytes: &[u8]) -> Result<(), SectionError> {
    if !bytes.starts_with(&elf::ELFMAG) {
        let got: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
        let got = if got.is_empty() {
            "nothing".to_owned()
        } else {
            got.join(" ")
        };
        return Err(SectionError::NotElf { got });
    }
    match bytes.get(4) {
        None | Some(2) => {}
        Some(&got) => return Err(SectionError::Class { got }),
    }
    match bytes.get(5) {
        None | Some(1) => Ok(()),
        Some(&got) => Err(SectionError::Endian { got }),
    }
}

fn check_table(
    bytes: &[u8],
    what: &str,
    offset: u64,
    entry: u16,
    count: u16,
) -> Result<(), SectionError> {
    inside(bytes, what, offset, u64::from(entry) * u64::from(count))
}

/// Mapping a segment that ends outside the file succeeds, and using it is a bus error.
fn check_segments(bytes: &[u8], segments: &[ProgramHeader64<Le>]) -> Result<(), SectionError> {
    for (index, segment) in segments.iter().enumerate() {
        let (offset, size) = segment.file_range(Le);
        inside(bytes, &format!("segment {index}"), offset, size)?;
        if segment.p_type(Le) == elf::PT_LOAD && segment.p_memsz(Le) < size {
            return Err(SectionError::Malformed {
                what: "program headers",
                reason: format!("segment {index} is larger in the file than in memory"),
            });
        }
    }
    Ok(())
}

fn inside(bytes: &[u8], what: &str, offset: u64, size: u64) -> Result<(), SectionError> {
    let (end, len) = (offset.saturating_add(size), bytes.len() as u64);
    if size > 0 && end > len {
        return Err(SectionError::Truncated {
            what: what.to_owned(),
            end,
            len,
        });
    }
    Ok(())
}

/// What the dynamic linker reads: the segment, not the section, which it never looks at.
#[derive(Default)]
struct Dynamic {
    needed: Vec<String>,
    run_path: Option<String>,
}

impl Dynamic {
    fn read(bytes: &[u8], segments: &[ProgramHeader64<Le>]) -> Result<Self, SectionError> {
        let mut found = segments.iter().filter(|s| s.p_type(Le) == elf::PT_DYNAMIC);
        let Some(segment) = found.next() else {
            return Err(bad_dynamic("there is no dynamic segment"));
        };
        if found.next().is_some() {
            return Err(bad_dynamic("there is more than one dynamic segment"));
        }
        let image = Image::of(bytes, segments)?;
        let (address, (offset, size)) = (segment.p_vaddr(Le), segment.file_range(Le));
        let (mapped, _) = image.at("the dynamic segment", address, size)?;
        if mapped != offset {
            return Err(bad_dynamic(&format!(
                "it is at file offset {offset:#x}, and its address {address:#x} at {mapped:#x}"
            )));
        }
        let entries = segment
            .dynamic(Le, bytes)
            .map_err(malformed("dynamic segment"))?
            .unwrap_or_default();
        let all = entries.len();
        let entries: Vec<_> = entries
            .iter()
            .map(|entry| (entry.d_tag(Le), entry.d_val(Le)))
            .take_while(|(tag, _)| *tag != elf::DT_NULL)
            .collect();
        // The dynamic linker reads on until there is one.
        if entries.len() == all {
            return Err(bad_dynamic("it has no last entry (DT_NULL)"));
        }
        let is_program = |(tag, value): &(elf::DynamicTag, u64)| {
            *tag == elf::DT_FLAGS_1 && value & u64::from(PIE) != 0
        };
        if entries.iter().any(is_program) {
            return Err(SectionError::Executable);
        }
        let strings = strings(&image, &entries)?;
        let mut dynamic = Self::default();
        for (tag, value) in entries {
            match tag {
                // A filter loads another library too.
                elf::DT_NEEDED | elf::DT_FILTER | elf::DT_AUXILIARY => {
                    dynamic.needed.push(string(strings, value)?);
                }
                elf::DT_RUNPATH | elf::DT_RPATH => {
                    dynamic.run_path = Some(string(strings, value)?);
                }
                _ => {}
            }
            if dynamic.needed.len() > NEEDED_LIMIT {
                return Err(bad_dynamic("more than 256 libraries are needed"));
            }
        }
        Ok(dynamic)
    }
}

/// `DF_1_PIE` of `DT_FLAGS_1`.
const PIE: u32 = 0x0800_0000;

/// The dynamic string table, found as the dynamic linker finds it: by its address in memory.
fn strings<'data>(
    image: &Image<'data>,
    entries: &[(elf::DynamicTag, u64)],
) -> Result<&'data [u8], SectionError> {
    // The last entry of a tag wins, as it does in glibc.
    let value = |wanted| {
        let found = entries.iter().rev().find(|(tag, _)| *tag == wanted);
        found.map(|&(_, value)| value)
    };
    let (Some(address), Some(size)) = (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) else {
        return Err(bad_dynamic("there is no string table"));
    };
    let (_, strings) = image.at("the dynamic string table", address, size)?;
    Ok(strings)
}

fn string(strings: &[u8], offset: u64) -> Result<String, SectionError> {
    let tail = usize::try_from(offset)
        .ok()
        .and_then(|offset| strings.get(offset..))
        .ok_or_else(|| bad_dynamic("a name is outside the string table"))?;
    let end = tail.iter().take(NAME_LIMIT).position(|&byte| byte == 0);
    let name = end.and_then(|end| tail.get(..end));
    let name = name.ok_or_else(|| bad_dynamic("a name does not end"))?;
    Ok(quoted(&String::from_utf8_lossy(name)))
}

fn has_entry(
    bytes: &[u8],
    sections: &SectionTable<'_, FileHeader64<Le>>,
) -> Result<bool, SectionError> {
    let symbols = sections
        .symbols(Le, bytes, elf::SHT_DYNSYM)
        .map_err(malformed("dynamic symbols"))?;
    let strings = symbols.strings();
    let is_entry = |symbol: &&elf::Sym64<Le>| {
        !symbol.is_undefined(Le)
            && symbol
                .name(Le, strings)
                .is_ok_and(|name| name == ENTRY_SYMBOL.as_bytes())
    };
    Ok(symbols.iter().any(|symbol| is_entry(&symbol)))
}

fn find_section<'data>(
    bytes: &'data [u8],
    sections: &SectionTable<'data, FileHeader64<Le>>,
) -> Result<&'data [u8], SectionError> {
    let mut found = sections.iter().filter(|section| {
        let name = sections.section_name(Le, section);
        name.is_ok_and(|name| name == SECTION_NAME.as_bytes())
    });
    let section = found.next().ok_or(SectionError::NoSection)?;
    if found.next().is_some() {
        return Err(SectionError::Duplicate {
            what: "the section",
            name: SECTION_NAME.to_owned(),
        });
    }
    let size = section.sh_size(Le);
    if size > SECTION_LIMIT as u64 {
        return Err(SectionError::SectionSize {
            got: size,
            limit: SECTION_LIMIT as u64,
        });
    }
    inside(bytes, "section `.provost`", section.sh_offset(Le), size)?;
    section
        .data(Le, bytes)
        .map_err(malformed("section `.provost`"))
}

fn bad_dynamic(reason: &str) -> SectionError {
    SectionError::Malformed {
        what: "dynamic segment",
        reason: reason.to_owned(),
    }
}

fn malformed(what: &'static str) -> impl Fn(object::read::Error) -> SectionError {
    move |error| SectionError::Malformed {
        what,
        reason: error.to_string(),
    }
}
