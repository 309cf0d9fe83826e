//! What a provider library says about itself, read from its bytes without running any of them.
//!
//! Opening a shared library runs code of its author before any question can be asked, and a
//! truncated one ends the process with a bus error. So everything that can be told from the bytes
//! is told here first: the ELF file is whole and of this machine, what else it would load, and the
//! `.provost` section, in which the export macro wrote the library's package, contract version and
//! classes as JSON.
//!
//! [`LibraryFacts::read`] works for libraries that could never be loaded here, so that they can be
//! listed and inspected; [`check_loadable`] says whether one may be loaded, and why not.

mod check;
mod contents;
mod elf;
mod error;
mod image;

pub use check::{BASE_NEEDED, LoadPolicy, THIS_TARGET, check_loadable};
pub use contents::{AbiVersion, Build, ClassFacts, ClassKind, ConfKey, Package};
pub use elf::Machine;
pub use error::SectionError;

/// The symbol by which a provider library is entered.
pub const ENTRY_SYMBOL: &str = "provost_plugin_v1";

/// The ELF section that describes a provider library.
pub const SECTION_NAME: &str = ".provost";

/// The largest section that is read, in bytes.
pub const SECTION_LIMIT: usize = 256 * 1024;

/// What the bytes of a provider library say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LibraryFacts {
    /// The processor it was built for.
    pub machine: Machine,
    /// The libraries that the dynamic linker would load with it (`DT_NEEDED` and filters).
    pub needed: Vec<String>,
    /// Where it wants them to be looked for (`DT_RUNPATH` or `DT_RPATH`).
    pub run_path: Option<String>,
    /// Whether it exports [`ENTRY_SYMBOL`].
    pub has_entry: bool,
    /// The contract that it was built against.
    pub abi: AbiVersion,
    /// The package that it was built from.
    pub package: Package,
    /// How it was built.
    pub build: Build,
    /// Its provider classes, in the order of its export macro; at least one, names distinct.
    pub classes: Vec<ClassFacts>,
}

impl LibraryFacts {
    /// Reads the facts from the bytes of a whole library file.
    ///
    /// Nothing is trusted: sizes are bounded, names are checked, text is free of control
    /// characters.
    pub fn read(bytes: &[u8]) -> Result<Self, SectionError> {
        let elf = elf::read(bytes)?;
        let contents = contents::parse(elf.section)?;
        Ok(Self {
            machine: elf.machine,
            needed: elf.needed,
            run_path: elf.run_path,
            has_entry: elf.has_entry,
            abi: contents.abi,
            package: contents.package,
            build: contents.build,
            classes: contents.classes,
        })
    }

    /// The class of that name.
    pub fn class(&self, name: &str) -> Option<&ClassFacts> {
        self.classes.iter().find(|class| class.name == name)
    }
}
