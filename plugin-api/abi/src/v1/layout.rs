//! The layout of everything that crosses, as it was agreed. A change here is a change of the
//! interface: libraries that exist would no longer load.

#![cfg(target_pointer_width = "64")]
// A table of types reads better without their lifetimes.
#![allow(elided_lifetimes_in_paths)]

use std::mem::{align_of, offset_of, size_of};

use super::*;

/// One row: the type's size and alignment, then its fields at their offsets.
macro_rules! rows {
    ($($name:ident<$argument:ty> $size:literal $align:literal;)+) => {
        $(
            assert_eq!(
                (size_of::<$name<$argument>>(), align_of::<$name<$argument>>()),
                ($size, $align),
                concat!("size and alignment of ", stringify!($name<$argument>))
            );
        )+
    };
    ($($name:ident $size:literal $align:literal { $($field:ident $offset:literal)* })+) => {
        $(
            assert_eq!(
                (size_of::<$name>(), align_of::<$name>()),
                ($size, $align),
                concat!("size and alignment of ", stringify!($name))
            );
            assert_eq!(
                &[$((stringify!($field), offset_of!($name, $field))),*] as &[(&str, usize)],
                &[$((stringify!($field), $offset)),*],
                concat!("fields of ", stringify!($name))
            );
        )+
    };
}

#[test]
fn containers() {
    rows! {
        List<u8> 32 8;
        List<TextEntry> 32 8;
        Slice<u8> 16 8;
        Slice<TextPair> 16 8;
        Maybe<u64> 16 8;
        Maybe<Text> 40 8;
        Maybe<List<u8>> 40 8;
        Maybe<SecretBuf> 40 8;
        Maybe<Str> 24 8;
        Maybe<Slice<u8>> 24 8;
    }
    rows! {
        Str 16 8 {}
        Text 32 8 {}
        SecretBuf 32 8 {}
    }
}

#[test]
fn numbers() {
    rows! {
        ClassKind 4 4 {}
        ErrorKind 4 4 {}
        KeyKind 4 4 {}
        Purpose 4 4 {}
        ConfKind 4 4 {}
        LogLevel 4 4 {}
    }
}

#[test]
fn requests() {
    rows! {
        TextPair 32 8 { name 0 value 16 }
        BytesPair 32 8 { name 0 value 16 }
        ConfPair 40 8 { key 0 value 16 kind 32 }
        Log 16 8 { write 0 handle 8 }
        ContextRef 80 8 { class 0 conf 16 plain 32 secret 48 log 64 }
        CallRef 56 8 { request_id 0 remaining_ms 16 plain 24 secret 40 }
        EncryptRef 88 8 { call 0 description 56 purpose 80 }
        DecryptRef 104 8 { call 0 description 56 wrap_algorithm 80 purpose 96 }
        GenerateRef 112 8 { call 0 key_id 56 wrap_algorithm 72 length 88 aad 96 }
        WrapRef 120 8 { call 0 key_id 56 wrap_algorithm 72 plaintext 88 aad 104 }
        UnwrapRef 144 8 {
            call 0 key_id 56 wrap_algorithm 72 ciphertext 88 aad 104 description 120
        }
        TlsRef 96 8 { call 0 node_names 56 cluster_id 72 }
    }
}

#[test]
fn answers() {
    rows! {
        TextEntry 64 8 { name 0 value 32 }
        BytesEntry 64 8 { name 0 value 32 }
        SecretEntry 64 8 { name 0 value 32 }
        AttributesAnswer 64 8 { plain 0 secret 32 }
        ErrorAnswer 160 8 { message 0 conf_key 32 retry_after_ms 72 attributes 88 kind 152 }
        RefreshAnswer 64 8 { attributes 0 }
        StatusAnswer 136 8 { generation 0 message 32 attributes 64 healthy 128 }
        KeyAnswer 144 8 { secret 0 public 40 key_id 72 wrap_algorithm 104 kind 136 }
        MaterialsAnswer 304 8 { description 0 generation 32 algorithm 64 key 96 attributes 240 }
        CandidatesAnswer 96 8 { candidates 0 attributes 32 }
        WrapAnswer 128 8 { bytes 0 description 32 attributes 64 }
        GenerateAnswer 160 8 { data_key 0 wrapped 32 }
        UnwrapAnswer 96 8 { plaintext 0 attributes 32 }
        TlsAnswer 200 8 {
            private_key 0 certificate_chain 32 trusted_certificates 64 generation 104
            attributes 136
        }
    }
}

#[test]
fn entry() {
    rows! {
        ClassAnswer 40 8 { name 0 kind 32 }
        ProviderModuleV1 24 8 { abi_minor 0 unwinds 4 classes 8 create 16 }
        ProviderObject 24 8 {}
    }
}

/// The table of functions: its order is its layout.
#[test]
fn operations() {
    use super::provider::ProviderV1_trait::VTable_Prefix;
    use abi_stable::abi_stability::PrefixStableAbi;
    use abi_stable::type_layout::{TLData, TLField};

    type Table = VTable_Prefix<(), abi_stable::std_types::RBox<()>>;

    let layout = <Table as PrefixStableAbi>::LAYOUT;
    let TLData::PrefixType(table) = layout.data() else {
        panic!("not a table of functions")
    };
    // Two fields of the foundation's own come first.
    let functions: Vec<_> = table.fields.iter().skip(2).collect();
    let expected = [
        ("class", "Slice<'a>"),
        ("refresh", "CallRef<'a>"),
        ("status", "CallRef<'a>"),
        ("materials_for_encrypt", "EncryptRef<'a>"),
        ("materials_for_decrypt", "DecryptRef<'a>"),
        ("generate_data_key", "GenerateRef<'a>"),
        ("wrap", "WrapRef<'a>"),
        ("unwrap", "UnwrapRef<'a>"),
        ("tls_artifacts", "TlsRef<'a>"),
    ];
    let names: Vec<_> = functions.iter().map(TLField::name).collect();
    assert_eq!(names, expected.map(|(name, _)| name));
    for (field, (name, about)) in functions.iter().zip(expected) {
        let signature = field.function_range().iter().next().unwrap().to_string();
        assert!(signature.contains(about), "{name}: {signature}");
    }
}

#[test]
fn numbers_keep_their_meaning() {
    assert_eq!([ClassKind::MATERIALS.0, ClassKind::TLS.0], [1, 2]);
    let kinds = [
        ErrorKind::CONFIGURATION,
        ErrorKind::NOT_FOUND,
        ErrorKind::DENIED,
        ErrorKind::UNAVAILABLE,
        ErrorKind::THROTTLED,
        ErrorKind::REJECTED,
        ErrorKind::UNSUPPORTED,
        ErrorKind::INTERNAL,
    ];
    assert_eq!(kinds.map(|kind| kind.0), [1, 2, 3, 4, 5, 6, 7, 8]);
    let keys = [
        KeyKind::SYMMETRIC,
        KeyKind::RSA,
        KeyKind::KMS,
        KeyKind::PROVIDER_HELD,
    ];
    assert_eq!(keys.map(|kind| kind.0), [1, 2, 3, 4]);
    assert_eq!([Purpose::OBJECT_STORE.0, Purpose::LOCAL_DISK.0], [1, 2]);
    assert_eq!([ConfKind::PLAIN.0, ConfKind::SECRET.0], [1, 2]);
    let levels = [
        LogLevel::DEBUG,
        LogLevel::INFO,
        LogLevel::WARN,
        LogLevel::ERROR,
    ];
    assert_eq!(levels.map(|level| level.0), [1, 2, 3, 4]);
    assert_eq!((SYMBOL, MINOR), ("provost_plugin_v1", 0));
}
