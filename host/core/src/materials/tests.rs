use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey};
use provost_plugin_api::{MaterialsDescription, RawMaterials, SecretBytes};

use super::*;
use crate::envelope::WrapAlgorithm;

fn secret(bytes: &[u8]) -> SecretBytes {
    SecretBytes::copy_from(bytes)
}

fn aes() -> RawMaterials {
    RawMaterials::symmetric(secret(b"sixteen byte key"))
}

fn both(raw: impl Fn() -> RawMaterials) -> (Option<MaterialsError>, Option<MaterialsError>) {
    (
        EncryptionMaterials::validate(raw()).err(),
        DecryptionMaterials::validate(raw()).err(),
    )
}

fn refused(raw: impl Fn() -> RawMaterials) -> MaterialsError {
    let (encryption, decryption) = both(raw);
    assert_eq!(encryption, decryption, "the rule holds both ways");
    encryption.expect("refused")
}

fn accepted(raw: impl Fn() -> RawMaterials) {
    assert_eq!(both(raw), (None, None));
}

fn pair() -> (Vec<u8>, Vec<u8>) {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let spki: PublicKeyX509Der<'_> = private.public_key().as_der().unwrap();
    let pkcs8: Pkcs8V1Der<'_> = private.as_der().unwrap();
    (spki.as_ref().to_vec(), pkcs8.as_ref().to_vec())
}

#[test]
fn algorithm_name_must_be_the_one_there_is() {
    for name in ["AES", "AES/CBC/PKCS5Padding", "aes/gcm/nopadding", ""] {
        let raw = || {
            let mut raw = aes();
            name.clone_into(&mut raw.algorithm);
            raw
        };
        let expected = "AES/GCM/NoPadding";
        let got = name.to_owned();
        assert_eq!(refused(raw), MaterialsError::Algorithm { expected, got });
    }
}

#[test]
fn aes_key_must_be_16_24_or_32_bytes() {
    for length in 0..=64_u8 {
        let key: Vec<u8> = (0..length).map(|i| i ^ 0x5a).collect();
        let raw = || RawMaterials::symmetric(secret(&key));
        if [16, 24, 32].contains(&length) {
            accepted(raw);
        } else {
            let got = usize::from(length);
            assert_eq!(refused(raw), MaterialsError::AesKeyLength { got });
        }
    }
}

#[test]
fn zero_and_constant_keys_are_refused() {
    for length in [16, 24, 32] {
        for byte in 0..=255 {
            let raw = || RawMaterials::symmetric(secret(&vec![byte; length]));
            let expected = match byte {
                0 => MaterialsError::ZeroKey,
                _ => MaterialsError::ConstantKey,
            };
            assert_eq!(refused(raw), expected);
        }
        let mut key = vec![0; length];
        key[length - 1] = 1;
        accepted(|| RawMaterials::symmetric(secret(&key)));
    }
}

#[test]
fn rsa_halves_must_belong_together() {
    let (public, private) = pair();
    let (other, _) = pair();
    accepted(|| RawMaterials::rsa(public.clone(), Some(secret(&private))));
    let mixed = || RawMaterials::rsa(other.clone(), Some(secret(&private)));
    let (public_bits, private_bits) = (2048, 2048);
    assert_eq!(
        refused(mixed),
        MaterialsError::RsaMismatch {
            public_bits,
            private_bits
        }
    );
}

#[test]
fn rsa_private_half_is_optional_only_for_encryption() {
    let (public, _) = pair();
    let raw = || RawMaterials::rsa(public.clone(), None);
    let (encryption, decryption) = both(raw);
    assert_eq!(encryption, None);
    assert_eq!(decryption, Some(MaterialsError::NoPrivateKey));
}

#[test]
fn rsa_key_below_2048_bits_is_refused() {
    // Made with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024
    let private = include_bytes!("../../../../tests/vectors/keys/rsa-1024.pkcs8.der");
    let public = include_bytes!("../../../../tests/vectors/keys/rsa-1024.spki.der");
    let small = |half| MaterialsError::RsaTooSmall {
        half,
        minimum: 2048,
    };
    let weak = || RawMaterials::rsa(public.to_vec(), Some(secret(private)));
    assert_eq!(refused(weak), small("public"));
    let (good, _) = pair();
    let mixed = || RawMaterials::rsa(good.clone(), Some(secret(private)));
    assert_eq!(refused(mixed), small("private"));
}

#[test]
fn what_is_not_an_rsa_key_is_refused() {
    let (public, private) = pair();
    let cut = &public[..public.len() - 1];
    let long = [&public[..], &[0]].concat();
    for bad in [&[][..], b"-----BEGIN PUBLIC KEY-----", cut, &long, &private] {
        let error = refused(|| RawMaterials::rsa(bad.to_vec(), Some(secret(&private))));
        assert!(
            matches!(error, MaterialsError::RsaPublicKey { length, .. } if length == bad.len()),
            "{error}"
        );
    }
    for bad in [&[][..], &private[..private.len() - 1], &public] {
        let error = refused(|| RawMaterials::rsa(public.clone(), Some(secret(bad))));
        assert!(
            matches!(error, MaterialsError::RsaPrivateKey { length, .. } if length == bad.len()),
            "{error}"
        );
    }
    // Elliptic curve: a key, but of another kind.
    let ec = include_bytes!("../../../../tests/vectors/keys/p256.spki.der");
    let error = refused(|| RawMaterials::rsa(ec.to_vec(), Some(secret(&private))));
    assert!(
        matches!(error, MaterialsError::RsaPublicKey { .. }),
        "{error}"
    );
}

#[test]
fn provider_held_key_wraps_with_an_algorithm_that_the_format_has() {
    for name in ["AES/GCM", "RSA-OAEP-SHA1"] {
        accepted(|| RawMaterials::provider_held("key/1", name));
    }
    for name in ["kms+context", "AESWrap", "", "aes/gcm", "AES/GCM "] {
        let got = name.to_owned();
        assert_eq!(
            refused(|| RawMaterials::provider_held("key/1", name)),
            MaterialsError::WrapAlgorithm { got }
        );
    }
}

#[test]
fn key_ids_and_generations_are_bounded_text() {
    let what = "key id";
    for held in [true, false] {
        let raw = |id: &str| {
            if held {
                RawMaterials::provider_held(id, "AES/GCM")
            } else {
                RawMaterials::kms(id)
            }
        };
        assert_eq!(refused(|| raw("")), MaterialsError::Empty { what });
        let (max, got) = (2048, 2049);
        accepted(|| raw(&"k".repeat(max)));
        let error = refused(|| raw(&"k".repeat(got)));
        assert_eq!(error, MaterialsError::TooLong { what, max, got });
        let (what, code) = (what.to_owned(), 27);
        let error = refused(|| raw("k\u{1b}[2J"));
        assert_eq!(error, MaterialsError::ControlCharacter { what, code });
    }
    let (what, max, got) = ("generation", 256, 257);
    accepted(|| aes().with_generation("g".repeat(max)));
    let error = refused(|| aes().with_generation("g".repeat(got)));
    assert_eq!(error, MaterialsError::TooLong { what, max, got });
    let error = refused(|| aes().with_generation("1\n"));
    let (what, code) = (what.to_owned(), 10);
    assert_eq!(error, MaterialsError::ControlCharacter { what, code });
}

#[test]
fn description_is_bounded() {
    let with = |entries: usize, value: usize| {
        let entries = (0..entries).map(|i| (format!("n{i:02}"), "v".repeat(value)));
        aes().with_description(entries.collect())
    };
    accepted(|| with(64, 125));
    let (max, got) = (64, 65);
    let error = refused(|| with(65, 0));
    assert_eq!(error, MaterialsError::DescriptionEntries { max, got });
    let (max, got) = (8192, 64 * (3 + 126));
    let error = refused(|| with(64, 126));
    assert_eq!(error, MaterialsError::DescriptionTooLong { max, got });
}

#[test]
fn stored_description_may_not_use_reserved_names() {
    let with = |name: &str| {
        let description = MaterialsDescription::new().with(name, "v");
        both(|| aes().with_description(description.clone()))
    };
    for name in [
        "x-amz-matdesc",
        "X-Amz-Foo",
        "x-amz-",
        "aws:x-amz-cek-alg",
        "AWS:anything",
        "kms_cmk_id",
        "KMS_CMK_ID",
    ] {
        let (encryption, decryption) = with(name);
        assert!(
            matches!(&encryption, Some(MaterialsError::ReservedName { name: n, .. }) if n == name),
            "{name}: {encryption:?}"
        );
        assert_eq!(decryption, None, "other clients' objects stay readable");
    }
    for name in ["x-amz", "x_amz-matdesc", "my-x-amz-key", "aws", "kms", "é"] {
        assert_eq!(with(name), (None, None), "{name}");
    }
    let kms = MaterialsDescription::new().with("kms_cmk_id", "k");
    accepted(|| RawMaterials::kms("k").with_description(kms.clone()));
}

#[test]
fn stored_description_holds_no_control_characters_and_no_empty_names() {
    for (name, value) in [("a\n", "v"), ("a", "v\0"), ("a", "\u{85}"), ("a", "\u{7f}")] {
        let description = MaterialsDescription::new().with(name, value);
        let error = EncryptionMaterials::validate(aes().with_description(description)).unwrap_err();
        assert!(
            matches!(error, MaterialsError::ControlCharacter { .. }),
            "{error}"
        );
        assert!(!error.to_string().contains(char::is_control));
    }
    for name in [String::new(), "n".repeat(257)] {
        let (max, got) = (256, name.len());
        let description = MaterialsDescription::new().with(name, "v");
        let error = EncryptionMaterials::validate(aes().with_description(description)).unwrap_err();
        assert!(
            matches!(error, MaterialsError::DescriptionName { max: m, got: g, .. } if (m, g) == (max, got)),
            "{error}"
        );
    }
}

#[test]
fn wrap_may_add_to_the_description_but_not_change_it() {
    let description = MaterialsDescription::new().with("key", "7");
    let materials = EncryptionMaterials::validate(aes().with_description(description)).unwrap();
    let add =
        |name, value| materials.description_with(&MaterialsDescription::new().with(name, value));
    let merged = add("version", "3").unwrap();
    let expected = MaterialsDescription::new()
        .with("key", "7")
        .with("version", "3");
    assert_eq!(merged, expected);
    assert_eq!(add("key", "7").as_ref(), Ok(materials.description()));
    let name = "key".to_owned();
    assert_eq!(
        add("key", "8"),
        Err(MaterialsError::ContradictingEntry { name })
    );
    assert!(matches!(
        add("x-amz-iv", "v"),
        Err(MaterialsError::ReservedName { .. })
    ));
}

#[test]
fn fingerprint_tells_keys_apart_and_not_materials() {
    let of = |raw| {
        EncryptionMaterials::validate(raw)
            .unwrap()
            .wrapping_key()
            .fingerprint()
    };
    let (public, private) = pair();
    let (other, _) = pair();
    let keys = [
        of(aes()),
        of(RawMaterials::symmetric(secret(b"sixteen byte kez"))),
        of(RawMaterials::rsa(public.clone(), None)),
        of(RawMaterials::rsa(other, None)),
        of(RawMaterials::kms("k")),
        of(RawMaterials::provider_held("k", "AES/GCM")),
        of(RawMaterials::provider_held("k", "RSA-OAEP-SHA1")),
        of(RawMaterials::provider_held("l", "AES/GCM")),
    ];
    for (i, a) in keys.iter().enumerate() {
        for b in &keys[..i] {
            assert_ne!(a, b);
        }
    }
    assert_eq!(of(aes().with_generation("2")), keys[0]);
    let with_private = of(RawMaterials::rsa(public, Some(secret(&private))));
    assert_eq!(with_private, keys[2], "the halves of one pair are one key");
}

#[test]
fn wrapping_key_says_what_it_is_for_and_never_what_it_is() {
    let key = b"0123456789abcdef";
    let materials = EncryptionMaterials::validate(RawMaterials::symmetric(secret(key))).unwrap();
    assert_eq!(materials.wrapping_key().algorithm(), WrapAlgorithm::AesGcm);
    let debug = format!("{materials:?}");
    assert!(debug.contains("SecretBytes(16 bytes)"), "{debug}");
    assert!(
        !debug.contains("0123") && !debug.contains("48, 49"),
        "{debug}"
    );
}
