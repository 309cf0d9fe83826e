//! From the address of a library's symbol to a checked module.

// Turning an address into a reference, after all that can be checked has been.
#![allow(unsafe_code)]

use std::fmt;
use std::ptr;

use abi_stable::library::{AbiHeader, AbiHeaderRef, LibraryError, RootModuleError};

use super::Module;
use crate::v1::{Header, ProviderModuleV1Ref};

/// Why a library's header was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The symbol does not lead to a header.
    NotAHeader,
    /// The library's `abi_stable` lays out its own types differently.
    Foundation {
        /// Major and minor version of this side's.
        expected: (u32, u32),
        /// Of the library's.
        got: (u32, u32),
    },
    /// The library was compiled by a compiler that passes arguments differently.
    CallingConvention,
    /// The library was built without the facts that its layout could be checked by.
    Unchecked,
    /// The library was built against another major version of the interface.
    Version {
        /// This side's version.
        expected: String,
        /// The library's.
        got: String,
    },
    /// The library's types differ from this side's, although the version says they do not.
    Layout(String),
    /// The library's own initialisation failed.
    Initialisation(String),
    /// The library was built with `panic = "abort"`: a panic in it would end the host.
    Aborts,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAHeader => f.write_str("the entry symbol does not lead to a provider header"),
            Self::Foundation { expected, got } => write!(
                f,
                "built on abi_stable {}.{}, expected {}.{}",
                got.0, got.1, expected.0, expected.1
            ),
            Self::CallingConvention => {
                f.write_str("built by a compiler whose calling convention differs from the host's")
            }
            Self::Unchecked => f.write_str("built without layout information, which is needed"),
            Self::Version { expected, got } => write!(
                f,
                "built against version {got} of the provider interface, expected {expected}"
            ),
            Self::Layout(text) => write!(f, "types differ from the host's: {text}"),
            Self::Initialisation(text) => write!(f, "initialisation failed: {text}"),
            Self::Aborts => f.write_str(
                "built with panic = \"abort\", expected \"unwind\": a panic would end the host",
            ),
        }
    }
}

impl std::error::Error for OpenError {}

/// Checks the header of a library, runs its initialisation, and returns its module.
///
/// In order: the address and the magic string, the version of `abi_stable`, the calling
/// convention, that the library did not opt out of layout checks, the interface's version, every
/// type's layout, `panic = "unwind"`.
///
/// # Safety
///
/// `symbol` is null, or the address of [`SYMBOL`](crate::v1::SYMBOL) in a library that stays
/// loaded until the process ends, and that was made by `export_providers!` of some version: what
/// a library made to deceive can do is not limited by any check here.
pub unsafe fn open(symbol: *const ()) -> Result<Module, OpenError> {
    let header = symbol.cast::<AbiHeader>();
    if header.is_null() || !header.is_aligned() {
        return Err(OpenError::NotAHeader);
    }
    // SAFETY: not null, aligned, and by contract a static of a library that stays loaded; every
    // version of a header begins with this plain data, in which any bytes are valid.
    let found: AbiHeader = unsafe { ptr::read(header) };
    let expected = AbiHeader::VALUE;
    if found.magic_string != expected.magic_string {
        return Err(OpenError::NotAHeader);
    }
    if !found.is_compatible(&expected) {
        return Err(OpenError::Foundation {
            expected: (expected.abi_major, expected.abi_minor),
            got: (found.abi_major, found.abi_minor),
        });
    }
    // SAFETY: `AbiHeaderRef` is a transparent reference to an `AbiHeader`, which was just read.
    let header: AbiHeaderRef = unsafe { std::mem::transmute(header) };
    let header = header.upgrade().map_err(refusal)?;
    if header.layout().is_none() {
        return Err(OpenError::Unchecked);
    }
    let module = header
        .init_root_module::<ProviderModuleV1Ref>()
        .map_err(refusal)?;
    if module.unwinds() == 0 {
        return Err(OpenError::Aborts);
    }
    Ok(Module(module))
}

/// The same, for a library that is part of this program.
pub fn open_static(header: &'static Header) -> Result<Module, OpenError> {
    // SAFETY: a static header of this very interface; its library is this program.
    unsafe { open(ptr::from_ref(header).cast()) }
}

fn refusal(error: LibraryError) -> OpenError {
    match error {
        LibraryError::InvalidCAbi { .. } => OpenError::CallingConvention,
        LibraryError::IncompatibleVersionNumber {
            expected_version,
            actual_version,
            ..
        } => OpenError::Version {
            expected: expected_version.to_string(),
            got: actual_version.to_string(),
        },
        LibraryError::AbiInstability(report) => OpenError::Layout(reduce(&report.to_string())),
        LibraryError::RootModule { err, .. } => OpenError::Initialisation(match err {
            RootModuleError::Returned(error) => reduce(&error.to_string()),
            RootModuleError::Unwound => "it panicked".to_owned(),
        }),
        other => OpenError::Initialisation(reduce(&other.to_string())),
    }
}

/// A layout report is tens of kilobytes, most of them both layouts in full. What tells something
/// are its `Error:` blocks; text without any is kept from its beginning.
fn reduce(report: &str) -> String {
    const MAX: usize = 1024;
    let mut kept = String::new();
    let mut in_block = false;
    for line in report.lines().map(str::trim) {
        let error = line.strip_prefix("Error:");
        in_block = error.is_some() || (in_block && !line.is_empty());
        if !in_block || kept.len() > MAX {
            continue;
        }
        if !kept.is_empty() {
            kept.push_str(if error.is_some() { "; " } else { " " });
        }
        kept.push_str(error.unwrap_or(line).trim_start());
    }
    if kept.is_empty() {
        kept.push_str(report.trim());
    }
    if kept.len() > MAX {
        let end = (0..=MAX).rev().find(|&at| kept.is_char_boundary(at));
        kept.truncate(end.unwrap_or(0));
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests;
