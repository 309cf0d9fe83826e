//! The library's side: its classes, and the header that it exports.

// The header promises that its constructor returns the module type it names.
#![allow(unsafe_code)]

use abi_stable::library::{CheckTypeLayout, LibHeader, RootModuleResult};
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::RResult;

use super::{
    ClassAnswer, ClassKind, ContextRef, Dispatch, ErrorAnswer, ErrorKind, List, MINOR,
    ProviderModuleV1, ProviderModuleV1Ref, ProviderObject, shim,
};

/// A provider library: its classes, as `export_providers!` lists them.
pub trait Library: 'static {
    /// The classes.
    const CLASSES: &'static [ClassEntry];
    /// Whether the library was built with `panic = "unwind"`.
    const UNWINDS: bool;
}

/// One class of a library.
pub struct ClassEntry {
    kind: ClassKind,
    name: &'static str,
    create: fn(&'static str, &ContextRef<'_>) -> RResult<ProviderObject, ErrorAnswer>,
}

impl ClassEntry {
    /// The class `name`, implemented by `D`.
    pub const fn new<D: Dispatch>(kind: ClassKind, name: &'static str) -> Self {
        Self {
            kind,
            name,
            create: shim::create::<D>,
        }
    }
}

/// What a library exports as [`SYMBOL`](super::SYMBOL).
#[repr(transparent)]
pub struct Header(LibHeader);

impl Header {
    /// The header of the library `L`.
    pub const fn of<L: Library>() -> Self {
        // SAFETY: `module::<L>` returns the prefix of a `ProviderModuleV1`.
        Self(unsafe {
            LibHeader::from_constructor::<ProviderModuleV1Ref>(module::<L>, CheckTypeLayout::Yes)
        })
    }
}

extern "C" fn module<L: Library>() -> RootModuleResult {
    let module = ProviderModuleV1 {
        abi_minor: MINOR,
        unwinds: u32::from(L::UNWINDS && cfg!(panic = "unwind")),
        classes: classes::<L>,
        create: create::<L>,
    };
    // SAFETY: only the type is erased; the header says which one it is.
    RResult::ROk(unsafe { module.leak_into_prefix().to_prefix_ref().cast() })
}

extern "C" fn classes<L: Library>() -> List<ClassAnswer> {
    let entries = L::CLASSES.iter().map(|class| ClassAnswer {
        name: class.name.to_owned().into(),
        kind: class.kind,
    });
    entries.collect::<Vec<_>>().into()
}

extern "C" fn create<L: Library>(context: &ContextRef<'_>) -> RResult<ProviderObject, ErrorAnswer> {
    let asked = context.class.as_str();
    match L::CLASSES.iter().find(|class| class.name == asked) {
        Some(class) => (class.create)(class.name, context),
        None => shim::guard(|| {
            let message = format!("this library has no class `{asked}`");
            Err(ErrorAnswer::new(ErrorKind::NOT_FOUND, message))
        }),
    }
}
