//! Opening a sealed library in this process. An unsafe room: loading code is.

#![allow(unsafe_code)] // dlopen and the library's entry

use std::error::Error;
use std::mem;
use std::os::fd::{AsFd, AsRawFd};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use provost_plugin_api::host::{self, CallError, ForeignModule};

use crate::SealedLibrary;

/// Why a library was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The dynamic linker refused it.
    #[error("library `{library}` cannot be opened: {reason}")]
    Link {
        /// The library.
        library: String,
        /// The dynamic linker's words.
        reason: String,
    },
    /// It does not export its entry.
    #[error("library `{library}` has no entry: {reason}")]
    NoEntry {
        /// The library.
        library: String,
        /// The dynamic linker's words.
        reason: String,
    },
    /// Its header, layout or class list was refused.
    #[error("library `{library}` is refused: {reason}")]
    Refused {
        /// The library.
        library: String,
        /// Why.
        reason: String,
    },
}

/// Opens a library and checks it against the plugin contract. It stays loaded until the process
/// ends: its thread-local destructors and unwinding tables make unloading unsound.
///
/// This runs the library's constructors. Check its bytes first, and only open what the operator
/// trusts as much as this process.
pub fn open(library: &SealedLibrary) -> Result<ForeignModule, OpenError> {
    // The dynamic linker takes equal paths for the same library, so this number must never lead to
    // another file.
    library.keep_open();
    let path = format!("/proc/self/fd/{}", library.as_fd().as_raw_fd());
    let name = || library.name().to_owned();
    let reason = |error: &dyn Error| reason(error, &path, library.name());
    // SAFETY: the caller's promise to trust the library's constructors; nothing is unloaded.
    let handle = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) };
    let handle = handle.map_err(|error| OpenError::Link {
        library: name(),
        reason: reason(&error),
    })?;
    // SAFETY: the symbol's address is only passed on, not used as anything here.
    let symbol = unsafe { handle.get::<*const ()>(host::SYMBOL) };
    let symbol = symbol.map(|symbol| symbol.as_raw_ptr().cast_const().cast::<()>());
    let symbol = symbol.map_err(|error| OpenError::NoEntry {
        library: name(),
        reason: reason(&error),
    });
    mem::forget(handle);
    let refused = |reason: String| OpenError::Refused {
        library: name(),
        reason,
    };
    // SAFETY: the address of the entry symbol, in a library that is never unloaded.
    let module = unsafe { host::open(symbol?) }.map_err(|error| refused(error.to_string()))?;
    ForeignModule::new(module).map_err(|error| match error {
        CallError::Provider(error) => refused(error.to_string()),
        CallError::Protocol(text) => refused(text),
    })
}

/// The innermost cause, with the library's name in place of its descriptor's path: the outer ones
/// say only that opening failed.
fn reason(error: &dyn Error, path: &str, name: &str) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().replace(path, name)
}
