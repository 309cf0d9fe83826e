//! Parsing survives anything, and sealing is undone by opening for any input.

use proptest::prelude::*;
use provost_core::envelope::{ContentMetadata, Located, WriteFormat, WritePlace};
use provost_plugin_api::MaterialsDescription;

use crate::independent;
use crate::support::{Stored, aes, any_policy, open_object, seal_object};

const NAMES: [&str; 17] = [
    "x-amz-key",
    "x-amz-key-v2",
    "x-amz-iv",
    "x-amz-matdesc",
    "x-amz-wrap-alg",
    "x-amz-cek-alg",
    "x-amz-tag-len",
    "x-amz-unencrypted-content-length",
    "x-amz-unencrypted-content-md5",
    "x-amz-c",
    "x-amz-d",
    "x-amz-i",
    "x-amz-3",
    "x-amz-w",
    "x-amz-m",
    "x-amz-t",
    "x-amz-crypto-instr-file",
];

const VALUES: [&str; 14] = [
    "",
    "115",
    "02",
    "12",
    "22",
    "128",
    "AES/GCM",
    "RSA-OAEP-SHA1",
    "kms+context",
    "AES/GCM/NoPadding",
    "{}",
    r#"{"aws:x-amz-cek-alg":"115"}"#,
    "AAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => "[xX]-amz-[a-z0-9]{1,3}",
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => Just("A".repeat(80)),
        1 => any::<String>(),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let json = prop::collection::btree_map(name(), value(), 0..8)
        .prop_map(|map| serde_json::to_vec(&map).unwrap());
    prop_oneof![
        4 => json,
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => r#"[\[\]{}":,0-9a-z\\ ]{0,60}"#.prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics_and_errors_are_one_short_line(
        metadata in prop::collection::vec((name(), value()), 0..10),
        file in file(),
    ) {
        let error = match ContentMetadata::locate(metadata, &any_policy()) {
            Ok(Located::InMetadata(_)) => return Ok(()),
            Ok(Located::InInstructionFile(waiting)) => match waiting.with_file(&file) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        let shown = error.to_string();
        prop_assert!(!shown.contains(char::is_control), "{shown:?}");
        prop_assert!(shown.chars().count() < 1200, "{shown:?}");
    }

    #[test]
    fn instruction_files_alone_never_panic(file in file()) {
        let nothing: [(&str, &str); 0] = [];
        let Ok(Located::InInstructionFile(waiting)) =
            ContentMetadata::locate(nothing, &any_policy())
        else {
            panic!("nothing in metadata");
        };
        let _ = waiting.with_file(&file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_plaintext_and_description_come_back(
        plaintext in prop::collection::vec(any::<u8>(), 0..5000),
        entries in prop::collection::btree_map("[^\\p{Cc}]{1,20}", "[^\\p{Cc}]{0,40}", 0..5),
        piece in 1_usize..3000,
        opened in 1_usize..3000,
        v3 in any::<bool>(),
        place in prop::sample::select(&[WritePlace::InstructionFile, WritePlace::Overflow][..]),
    ) {
        let description: MaterialsDescription = entries.into_iter().collect();
        let format = if v3 { WriteFormat::V3 } else { WriteFormat::V2 };
        let stored = seal_object(&aes(32), format, place, &description, &plaintext, piece);
        prop_assert_eq!(&independent::decrypt(&aes(32), &stored), &plaintext);
        let got = open_object(&aes(32).decryption(), &stored, opened);
        prop_assert_eq!(got.as_ref(), Ok(&plaintext));
        let Stored { metadata, file, .. } = stored;
        let parsed = crate::support::parse(&metadata, file.as_deref(), &any_policy()).unwrap();
        let expected = (!description.is_empty()).then_some(&description);
        prop_assert_eq!(parsed.description(), expected);
    }
}
