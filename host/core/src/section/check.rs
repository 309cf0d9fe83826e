//! Whether a library may be loaded here.

use super::{LibraryFacts, Machine, SectionError};

/// The libraries that every provider library may need: the C library's own.
pub const BASE_NEEDED: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// The Rust target that a library must have been built for, where this host can load any.
pub const THIS_TARGET: &str = if cfg!(target_arch = "x86_64") {
    "x86_64-unknown-linux-gnu"
} else if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-gnu"
} else {
    "none"
};

/// The major version of the plugin contract that this host speaks.
const ABI_MAJOR: u32 = 1;

/// What the operator allows a library.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LoadPolicy {
    /// Names of libraries that it may need besides [`BASE_NEEDED`], exactly as `DT_NEEDED` says.
    pub needed: Vec<String>,
}

impl LoadPolicy {
    /// Nothing but [`BASE_NEEDED`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows these as well.
    #[must_use]
    pub fn allow_needed(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.needed.extend(names.into_iter().map(Into::into));
        self
    }
}

/// Checks everything that can be known before the library is opened.
pub fn check_loadable(facts: &LibraryFacts, policy: &LoadPolicy) -> Result<(), SectionError> {
    if facts.machine != Machine::THIS {
        return Err(SectionError::Machine {
            expected: Machine::THIS,
            got: facts.machine,
        });
    }
    if facts.abi.major != ABI_MAJOR {
        return Err(SectionError::Abi {
            expected: ABI_MAJOR,
            got: facts.abi,
        });
    }
    if facts.build.target != THIS_TARGET {
        return Err(SectionError::Target {
            expected: THIS_TARGET.to_owned(),
            got: facts.build.target.clone(),
        });
    }
    if facts.build.panic != "unwind" {
        return Err(SectionError::Panic {
            got: facts.build.panic.clone(),
        });
    }
    if !facts.has_entry {
        return Err(SectionError::NoEntry);
    }
    if let Some(path) = &facts.run_path {
        return Err(SectionError::RunPath { got: path.clone() });
    }
    check_needed(&facts.needed, &policy.needed)
}

fn check_needed(needed: &[String], extra: &[String]) -> Result<(), SectionError> {
    let allowed = |name: &String| BASE_NEEDED.contains(&name.as_str()) || extra.contains(name);
    match needed.iter().find(|name| !allowed(name)) {
        None => Ok(()),
        Some(name) => Err(SectionError::Needed {
            name: name.clone(),
            allowed: BASE_NEEDED
                .iter()
                .map(|&base| base.to_owned())
                .chain(extra.iter().cloned())
                .collect(),
        }),
    }
}
