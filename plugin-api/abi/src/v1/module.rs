//! The root module: what the header leads to.

// The derive writes the prefix type's unsafe accessors, and public items without docs.
#![allow(unsafe_code, missing_docs, unreachable_pub, clippy::pedantic)]

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RResult;

use super::{ClassKind, ContextRef, ErrorAnswer, List, ProviderObject, Text};

/// Everything a library offers.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ProviderModuleV1Ref)))]
#[sabi(missing_field(panic))]
pub struct ProviderModuleV1 {
    /// [`MINOR`](super::MINOR), as the library was built with it.
    pub abi_minor: u32,
    /// 0 if the library was built with `panic = "abort"`: then nothing can guard the host.
    pub unwinds: u32,
    /// The classes, in the order of their declaration.
    pub classes: extern "C" fn() -> List<ClassAnswer>,
    /// Builds a provider of a class.
    #[sabi(last_prefix_field)]
    pub create: extern "C" fn(&ContextRef<'_>) -> RResult<ProviderObject, ErrorAnswer>,
}

impl RootModule for ProviderModuleV1Ref {
    abi_stable::declare_root_module_statics! {ProviderModuleV1Ref}
    const BASE_NAME: &'static str = "provost_plugin";
    const NAME: &'static str = "provost_plugin";
    const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
}

/// One class, as a library names it.
#[repr(C)]
#[derive(StableAbi)]
pub struct ClassAnswer {
    /// Its name.
    pub name: Text,
    /// What it provides.
    pub kind: ClassKind,
}
