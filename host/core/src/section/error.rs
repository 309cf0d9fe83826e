//! Why a file is no provider library, or none that may be loaded here.

use super::{AbiVersion, ENTRY_SYMBOL, Machine, SECTION_NAME};

/// Why a file is no provider library, or none that may be loaded here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SectionError {
    /// The file is something else, or empty.
    #[error("not an ELF file: it starts with {got}, expected 7f 45 4c 46")]
    NotElf {
        /// The first bytes, in hexadecimal.
        got: String,
    },
    /// A 32-bit file.
    #[error("not a 64-bit library: ELF class {got}, expected 2")]
    Class {
        /// `EI_CLASS`.
        got: u8,
    },
    /// A big-endian file.
    #[error("not a little-endian library: ELF data encoding {got}, expected 1")]
    Endian {
        /// `EI_DATA`.
        got: u8,
    },
    /// An executable, an object file or a core dump.
    #[error("not a shared library: ELF type {got}, expected 3 (ET_DYN)")]
    FileType {
        /// `e_type`.
        got: u16,
    },
    /// A program that only looks like a library.
    #[error("not a shared library: it is a position-independent executable")]
    Executable,
    /// The file ends before something that it announces.
    #[error("truncated: {what} ends at byte {end}, and the file has {len}")]
    Truncated {
        /// What lies outside the file.
        what: String,
        /// Where it would end.
        end: u64,
        /// The size of the file.
        len: u64,
    },
    /// The file is whole, and contradicts itself.
    #[error("malformed ELF file: {what}: {reason}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A shared library, of something else.
    #[error("not a provider library: it has no section `{SECTION_NAME}`")]
    NoSection,
    /// The section is larger than any honest one.
    #[error("section `{SECTION_NAME}` has {got} bytes, at most {limit} are read")]
    SectionSize {
        /// Its size.
        got: u64,
        /// The limit.
        limit: u64,
    },
    /// The section is not the JSON it should be.
    #[error("section `{SECTION_NAME}` cannot be read: {reason}")]
    Json {
        /// The parser's words, with line and column.
        reason: String,
    },
    /// The section has a layout that this host does not know.
    #[error("section `{SECTION_NAME}` has layout {got}, this host reads layout {expected}")]
    Layout {
        /// The layout this host reads.
        expected: u32,
        /// The layout it has.
        got: u32,
    },
    /// A field holds what it may not.
    #[error("section `{SECTION_NAME}`: {field} is `{got}`, expected {expected}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What it holds, shortened and without control characters.
        got: String,
    },
    /// There is more of something than is read.
    #[error("section `{SECTION_NAME}`: {got} {what}, at most {limit} are read")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: usize,
        /// How many there are.
        got: usize,
    },
    /// One name stands twice.
    #[error("section `{SECTION_NAME}`: {what} `{name}` is declared twice")]
    Duplicate {
        /// A class, or a configuration key.
        what: &'static str,
        /// Its name.
        name: String,
    },

    /// Built for another processor.
    #[error("built for {got}, this host runs on {expected}")]
    Machine {
        /// This host's.
        expected: Machine,
        /// The library's.
        got: Machine,
    },
    /// Built for another target of the same processor.
    #[error("built for target `{got}`, this host is `{expected}`")]
    Target {
        /// This host's.
        expected: String,
        /// The library's.
        got: String,
    },
    /// Described, but without its entry.
    #[error("it does not export the symbol `{ENTRY_SYMBOL}`")]
    NoEntry,
    /// Built against another contract.
    #[error("built for plugin contract {got}, this host speaks {expected}.x")]
    Abi {
        /// The major version that this host speaks.
        expected: u32,
        /// The library's.
        got: AbiVersion,
    },
    /// A panic of it would end the host.
    #[error("built with panic = \"{got}\", expected \"unwind\": a panic could not be contained")]
    Panic {
        /// The library's panic strategy.
        got: String,
    },
    /// It says itself where its libraries come from.
    #[error("it brings its own library search path `{got}` (RUNPATH), expected none")]
    RunPath {
        /// The path.
        got: String,
    },
    /// It would load a library that nobody has allowed.
    #[error("it needs `{name}`, which is not allowed; allowed: {}", allowed.join(", "))]
    Needed {
        /// The library it needs.
        name: String,
        /// The libraries that are allowed.
        allowed: Vec<String>,
    },
}

/// Text from a file, fit for a message: at most 120 characters, controls escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out: String = text
        .chars()
        .take(120)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(120).is_some() {
        out.push('…');
    }
    out
}
