//! How a library declares its classes.

use provost_plugin_abi::v1::{ClassEntry, ClassKind};

use crate::bridge::{MaterialsClass, TlsClass};
use crate::{EncryptionMaterialsProvider, TlsArtifactsProvider};

/// Declares the provider classes of a library: the only way to make one.
///
/// Written once, in a crate of `crate-type = ["cdylib"]` (or `["cdylib", "rlib"]`, so that it can
/// have tests). Each class has a kind, `materials` or `tls`, a name, and the type that implements
/// [`EncryptionMaterialsProvider`] or [`TlsArtifactsProvider`]:
///
/// ```
/// # use provost_plugin_api::*;
/// # struct Vault;
/// # impl Provider for Vault {
/// #     fn new(_: &ClassContext) -> Result<Self, ProviderError> { Ok(Self) }
/// # }
/// # impl EncryptionMaterialsProvider for Vault {
/// #     fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
/// #         Err(ProviderError::not_found("no key"))
/// #     }
/// #     fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
/// #         Err(ProviderError::not_found("no key"))
/// #     }
/// # }
/// export_providers! {
///     materials "com.example.keys.Vault" => Vault {
///         conf: [
///             "vault.url" (required) "where the vault listens",
///             "vault.token" (required, secret) "the token to log in with",
///             "vault.mount" () "the engine's path; `transit` when absent",
///         ],
///         needs: [network, threads],
///     };
/// }
/// # fn main() {}
/// ```
///
/// - **The name** is what operators write into the security configuration: identifiers joined by
///   dots, as in Java, at least two, at most 255 bytes in all.
/// - **`conf`** lists the configuration keys that the class reads, each with what applies to it,
///   `required`, `secret` or nothing, and a line of help. The host shows it as documentation, and
///   finds missing and misspelt keys before it loads anything. It checks no values.
/// - **`needs`** lists what the class wants from the sandbox that it runs in: `network`, `files`,
///   `threads`, `environment`. These are requests; the operator grants.
///
/// The block, and each of its two lists, may be absent. Whatever is declared can be read from the
/// library's ELF section `.provost` (JSON) without executing any of it.
///
/// The compiler refuses a malformed class name, a name or configuration key that is repeated, a
/// type that does not implement its kind's trait, and `panic = "abort"`.
#[macro_export]
macro_rules! export_providers {
    ($($kind:ident $name:literal => $provider:ty $({ $($facts:tt)* })?);+ $(;)?) => {
        #[cfg(not(panic = "unwind"))]
        ::core::compile_error!(
            "a provider library must be built with panic = \"unwind\": with \"abort\" its panics \
             would end the host's process"
        );

        /// Where the host begins.
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #[unsafe(no_mangle)]
        pub static provost_plugin_v1: $crate::__private::Header = {
            struct ThisLibrary;

            impl $crate::__private::Library for ThisLibrary {
                const CLASSES: &'static [$crate::__private::ClassEntry] =
                    &[$($crate::__export_class!($kind, $name, $provider)),+];
                const UNWINDS: bool = ::core::cfg!(panic = "unwind");
            }

            $crate::__private::Header::of::<ThisLibrary>()
        };

        const _: () = {
            const FACTS: $crate::__private::Facts = $crate::__private::Facts {
                package: ::core::env!("CARGO_PKG_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
                panic: if ::core::cfg!(panic = "unwind") { "unwind" } else { "abort" },
                classes: &[$($crate::__private::Class {
                    kind: ::core::stringify!($kind),
                    name: $name,
                    conf: $crate::__export_conf!($($($facts)*)?),
                    needs: $crate::__export_needs!($($($facts)*)?),
                }),+],
            };

            $crate::__private::check_names(&[$(($name, ::core::concat!(
                "malformed class name \"", $name, "\", expected identifiers joined by dots, as in ",
                "\"com.example.Keys\", at most 255 bytes"
            ))),+]);
            $crate::__private::check_repeated(&[$(($name, ::core::concat!(
                "class name \"", $name, "\" is declared more than once"
            ))),+]);

            #[used]
            #[cfg_attr(target_os = "linux", unsafe(link_section = ".provost"))]
            static SECTION: [u8; $crate::__private::length(&FACTS)] =
                $crate::__private::bytes(&FACTS);
        };
    };
    ($($wrong:tt)*) => {
        ::core::compile_error!(
            "expected classes like: materials \"com.example.Keys\" => Keys; or: tls \
             \"com.example.Tls\" => Tls { conf: [\"key\" (required) \"help\"], needs: [files] };"
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_class {
    (materials, $name:literal, $provider:ty) => {
        $crate::__private::materials_class::<$provider>($name)
    };
    (tls, $name:literal, $provider:ty) => {
        $crate::__private::tls_class::<$provider>($name)
    };
    ($kind:ident, $name:literal, $provider:ty) => {
        ::core::compile_error!(::core::concat!(
            "unknown kind `",
            ::core::stringify!($kind),
            "` of class \"",
            $name,
            "\", expected `materials` or `tls`"
        ))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_conf {
    () => { &[] };
    (needs: [$($needs:tt)*] $(,)?) => { &[] };
    (conf: [
        $($key:literal $(($($flag:ident),* $(,)?))? $help:literal),* $(,)?
    ] $(, needs: [$($needs:tt)*])? $(,)?) => {{
        $crate::__private::check_repeated(&[$(($key, ::core::concat!(
            "configuration key \"", $key, "\" is declared more than once"
        ))),*]);
        &[$($crate::__private::ConfKey {
            key: $key,
            required: false $($(|| $crate::__export_flag!(required $flag))*)?,
            secret: false $($(|| $crate::__export_flag!(secret $flag))*)?,
            help: $help,
        }),*]
    }};
    ($($wrong:tt)*) => {
        ::core::compile_error!(
            "expected: conf: [\"key\" (required, secret) \"a line of help\", \"other\" () \"help\"], \
             needs: [network, files, threads, environment]"
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_flag {
    (required required) => {
        true
    };
    (secret secret) => {
        true
    };
    (required secret) => {
        false
    };
    (secret required) => {
        false
    };
    (required $flag:ident) => {
        ::core::compile_error!(::core::concat!(
            "unknown flag `",
            ::core::stringify!($flag),
            "`, expected `required` or `secret`"
        ))
    };
    (secret $flag:ident) => {
        false
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_needs {
    ($(conf: [$($conf:tt)*] $(,)?)? needs: [$($need:ident),* $(,)?] $(,)?) => {
        &[$($crate::__export_need!($need)),*]
    };
    // What is malformed has been reported by the other list.
    ($($other:tt)*) => { &[] };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_need {
    (network) => {
        "network"
    };
    (files) => {
        "files"
    };
    (threads) => {
        "threads"
    };
    (environment) => {
        "environment"
    };
    ($need:ident) => {
        ::core::compile_error!(::core::concat!(
            "unknown need `",
            ::core::stringify!($need),
            "`, expected `network`, `files`, `threads` or `environment`"
        ))
    };
}

/// A class of keys.
pub const fn materials_class<P: EncryptionMaterialsProvider>(name: &'static str) -> ClassEntry {
    ClassEntry::new::<MaterialsClass<P>>(ClassKind::MATERIALS, name)
}

/// A class of TLS artifacts.
pub const fn tls_class<P: TlsArtifactsProvider>(name: &'static str) -> ClassEntry {
    ClassEntry::new::<TlsClass<P>>(ClassKind::TLS, name)
}

/// Ends the compilation, with the message beside it, at the first name that no class can have.
#[track_caller]
pub const fn check_names(names: &[(&str, &str)]) {
    let mut index = 0;
    while index < names.len() {
        let (name, message) = names[index];
        if !is_class_name(name.as_bytes()) {
            refuse(message);
        }
        index += 1;
    }
}

/// The same, at the first text that occurs twice.
#[track_caller]
pub const fn check_repeated(texts: &[(&str, &str)]) {
    let mut later = 1;
    while later < texts.len() {
        let (text, message) = texts[later];
        let mut earlier = 0;
        while earlier < later {
            if equal(texts[earlier].0.as_bytes(), text.as_bytes()) {
                refuse(message);
            }
            earlier += 1;
        }
        later += 1;
    }
}

/// Points at the declaration, not at this crate.
#[track_caller]
const fn refuse(message: &str) -> ! {
    panic!("{}", message)
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Identifiers of `[A-Za-z_$][A-Za-z0-9_$]*`, at least two, joined by dots, at most 255 bytes.
const fn is_class_name(name: &[u8]) -> bool {
    let mut dots = 0;
    let mut at_start = true;
    let mut index = 0;
    while index < name.len() {
        at_start = match name[index] {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => false,
            b'0'..=b'9' if !at_start => false,
            b'.' if !at_start => {
                dots += 1;
                true
            }
            _ => return false,
        };
        index += 1;
    }
    dots > 0 && !at_start && name.len() <= 255
}

#[cfg(test)]
mod tests {
    use super::is_class_name;

    #[test]
    fn class_names_are_identifiers_joined_by_dots() {
        for good in ["a.B", "com.example.keys.Static$Key_2", "_._", "$.$"] {
            assert!(is_class_name(good.as_bytes()), "{good}");
        }
        let long = format!("a.{}", "b".repeat(254));
        for bad in [
            "", "Keys", ".a", "a.", "a..b", "a.2b", "a b.c", "a-b.c", "é.b", &long,
        ] {
            assert!(!is_class_name(bad.as_bytes()), "{bad}");
        }
    }
}
