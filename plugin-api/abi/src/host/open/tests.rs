//! Headers that must not be opened, each for its own reason.

use std::ptr;

use abi_stable::library::{
    AbiHeader, CheckTypeLayout, LibHeader, RootModule, RootModuleError, RootModuleResult,
};
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::std_types::{RBoxError, RResult};

use self::elsewhere::{LaterRef, OtherRef};
use super::{OpenError, open, open_static, reduce};
use crate::v1::{
    CallRef, ClassEntry, ClassKind, ContextRef, Dispatch, ErrorAnswer, Header, Library,
    ProviderModuleV1Ref, RefreshAnswer, StatusAnswer,
};

struct Nothing;

impl Dispatch for Nothing {
    fn create(_: &ContextRef<'_>) -> Result<Self, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("create"))
    }

    fn refresh(&self, _: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("refresh"))
    }

    fn status(&self, _: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
        Err(ErrorAnswer::unsupported("status"))
    }
}

struct Good;

impl Library for Good {
    const CLASSES: &'static [ClassEntry] = &[ClassEntry::new::<Nothing>(
        ClassKind::MATERIALS,
        "a.Nothing",
    )];
    const UNWINDS: bool = true;
}

struct Aborting;

impl Library for Aborting {
    const CLASSES: &'static [ClassEntry] = Good::CLASSES;
    const UNWINDS: bool = false;
}

/// Modules of libraries that were built from other sources.
#[allow(dead_code, clippy::pedantic)] // what the derive writes
mod elsewhere {
    use abi_stable::StableAbi;
    use abi_stable::library::RootModule;
    use abi_stable::sabi_types::VersionStrings;

    /// The same name and version, with one field in front and most of them gone.
    #[repr(C)]
    #[derive(StableAbi)]
    #[sabi(kind(Prefix(prefix_ref = OtherRef)))]
    #[sabi(missing_field(panic))]
    pub(super) struct ProviderModuleV1 {
        pub(super) surplus: u64,
        #[sabi(last_prefix_field)]
        pub(super) abi_minor: u32,
    }

    impl RootModule for OtherRef {
        abi_stable::declare_root_module_statics! {OtherRef}
        const BASE_NAME: &'static str = "provost_plugin";
        const NAME: &'static str = "provost_plugin";
        const VERSION_STRINGS: VersionStrings = abi_stable::package_version_strings!();
    }

    /// Another major version.
    #[repr(C)]
    #[derive(StableAbi)]
    #[sabi(kind(Prefix(prefix_ref = LaterRef)))]
    #[sabi(missing_field(panic))]
    pub(super) struct Later {
        #[sabi(last_prefix_field)]
        pub(super) abi_minor: u32,
    }

    impl RootModule for LaterRef {
        abi_stable::declare_root_module_statics! {LaterRef}
        const BASE_NAME: &'static str = "provost_plugin";
        const NAME: &'static str = "provost_plugin";
        const VERSION_STRINGS: VersionStrings = VersionStrings::new("2.0.0");
    }
}

extern "C" fn other() -> RootModuleResult {
    let module = elsewhere::ProviderModuleV1 {
        surplus: 0,
        abi_minor: 0,
    };
    // SAFETY: only the type is erased.
    RResult::ROk(unsafe { module.leak_into_prefix().to_prefix_ref().cast() })
}

extern "C" fn refuses() -> RootModuleResult {
    let error = RBoxError::from_fmt("no licence found");
    RResult::RErr(RootModuleError::Returned(error))
}

extern "C" fn unwound() -> RootModuleResult {
    RResult::RErr(RootModuleError::Unwound)
}

fn opened(header: &'static LibHeader) -> Result<(), OpenError> {
    // SAFETY: a static header.
    unsafe { open(ptr::from_ref(header).cast()) }.map(|_| ())
}

fn leaked<M: RootModule>(
    constructor: extern "C" fn() -> RootModuleResult,
    checks: CheckTypeLayout,
) -> &'static LibHeader {
    // SAFETY: every test that gets as far as the module names its real type.
    Box::leak(Box::new(unsafe {
        LibHeader::from_constructor::<M>(constructor, checks)
    }))
}

fn doctored(change: impl FnOnce(&mut AbiHeader)) -> Result<(), OpenError> {
    let mut header = AbiHeader::VALUE;
    change(&mut header);
    // SAFETY: a header that is refused is read no further than its first struct.
    unsafe { open(ptr::from_ref(&header).cast()) }.map(|_| ())
}

#[test]
fn a_header_of_this_version_opens() {
    static HEADER: Header = Header::of::<Good>();
    let module = open_static(&HEADER).unwrap();
    assert_eq!(module.abi_minor(), 0);
    let classes = module.classes();
    assert_eq!(classes.len(), 1);
    assert_eq!(classes[0].name.as_bytes(), b"a.Nothing");
    assert_eq!(classes[0].kind, ClassKind::MATERIALS);
}

#[test]
fn an_address_that_cannot_be_a_header_is_refused_unread() {
    for address in [0_usize, 1, 7] {
        let address = ptr::without_provenance(address);
        // SAFETY: refused before anything is read.
        let error = unsafe { open(address) }.unwrap_err();
        assert_eq!(error, OpenError::NotAHeader);
    }
}

#[test]
fn another_magic_string_is_not_a_header() {
    let error = doctored(|header| header.magic_string[3] ^= 1).unwrap_err();
    assert_eq!(error, OpenError::NotAHeader);
}

#[test]
fn another_foundation_is_refused_with_both_versions() {
    let (major, minor) = (AbiHeader::VALUE.abi_major, AbiHeader::VALUE.abi_minor);
    let error = doctored(|header| header.abi_minor += 1).unwrap_err();
    let expected = (major, minor);
    let got = (major, minor + 1);
    assert_eq!(error, OpenError::Foundation { expected, got });
    let text = format!(
        "built on abi_stable {major}.{}, expected {major}.{minor}",
        minor + 1
    );
    assert_eq!(error.to_string(), text);
    assert!(doctored(|header| header.abi_major += 1).is_err());
}

#[test]
fn a_library_that_opted_out_of_layout_checks_is_refused() {
    let header = leaked::<OtherRef>(other, CheckTypeLayout::No);
    assert_eq!(opened(header), Err(OpenError::Unchecked));
}

#[test]
fn another_major_version_is_refused_with_both_versions() {
    let header = leaked::<LaterRef>(other, CheckTypeLayout::Yes);
    let error = opened(header).unwrap_err();
    let (expected, got) = ("1.0.0".to_owned(), "2.0.0".to_owned());
    assert_eq!(error, OpenError::Version { expected, got });
}

#[test]
fn another_layout_is_refused_in_few_words() {
    let header = leaked::<OtherRef>(other, CheckTypeLayout::Yes);
    let OpenError::Layout(text) = opened(header).unwrap_err() else {
        panic!("refused for another reason")
    };
    assert!(text.contains("Expected: "), "{text}");
    assert!(text.contains("Found: "), "{text}");
    assert!(text.len() <= 1100, "{} bytes: {text}", text.len());
}

#[test]
fn an_initialisation_that_fails_is_quoted() {
    let header = leaked::<ProviderModuleV1Ref>(refuses, CheckTypeLayout::Yes);
    let error = opened(header).unwrap_err();
    assert_eq!(
        error,
        OpenError::Initialisation("no licence found".to_owned())
    );
    let header = leaked::<ProviderModuleV1Ref>(unwound, CheckTypeLayout::Yes);
    let error = opened(header).unwrap_err();
    assert_eq!(error, OpenError::Initialisation("it panicked".to_owned()));
}

#[test]
fn a_library_that_aborts_on_panic_is_refused() {
    static HEADER: Header = Header::of::<Aborting>();
    assert_eq!(open_static(&HEADER).unwrap_err(), OpenError::Aborts);
}

#[test]
fn reports_are_reduced_to_their_errors() {
    let report = "Layout of everything\n  struct A\n\nError: too many fields\nExpected: 2\n\n\
                  more layout\n\nError: too small\nFound: 1\n";
    assert_eq!(
        reduce(report),
        "too many fields Expected: 2; too small Found: 1"
    );
    assert_eq!(reduce("  nothing known  "), "nothing known");
    let long = reduce(&"é".repeat(4000));
    assert_eq!(long.len(), 1024 + '…'.len_utf8());
}
