//! Provider-held keys: what the provider is asked makes the same envelope as a key at hand, and
//! what it answers is not trusted.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use provost_core::envelope::key_wrap::{
    KeyWrapError, compose_generate, compose_unwrap, compose_wrap, unwrap, wrap,
};
use provost_core::envelope::{DataKey, WrapAlgorithm, WriteFormat, open, seal};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, MaterialsError};
use provost_plugin_api::{MaterialsDescription, RawMaterials, SecretBytes, Wrapped};

use crate::independent::{gcm_decrypt, gcm_encrypt, unwrap as unwrap_independently};
use crate::support::{Key, Seeded, aes, rsa};

const FORMATS: [(WriteFormat, &[u8]); 2] = [
    (WriteFormat::V2, b"AES/GCM/NoPadding"),
    (WriteFormat::V3, b"115"),
];
const IV: &[u8; 12] = b"provider's I";

fn data_key() -> DataKey {
    DataKey::generate(&mut Seeded(3)).unwrap()
}

fn held(algorithm: &str) -> RawMaterials {
    RawMaterials::provider_held("hsm/7", algorithm)
        .with_description(MaterialsDescription::new().with("key", "7"))
}

fn encryption(algorithm: &str) -> EncryptionMaterials {
    EncryptionMaterials::validate(held(algorithm)).unwrap()
}

fn decryption(algorithm: &str) -> DecryptionMaterials {
    DecryptionMaterials::validate(held(algorithm)).unwrap()
}

/// What an honest provider does with what it is asked to wrap.
fn provider_wraps(key: &Key, payload: &[u8], aad: &[u8]) -> Vec<u8> {
    match key {
        Key::Aes(key) => [IV, &gcm_encrypt(key, IV, aad, payload)[..]].concat(),
        Key::Rsa(pair) => {
            assert!(aad.is_empty());
            let public = PublicEncryptingKey::from_der(&pair.spki).unwrap();
            let public = OaepPublicEncryptingKey::new(public).unwrap();
            let mut wrapped = vec![0; public.ciphertext_size()];
            public
                .encrypt(&OAEP_SHA1_MGF1SHA1, payload, &mut wrapped, None)
                .unwrap();
            wrapped
        }
    }
}

#[test]
fn composed_wrap_opens_with_the_same_key_at_hand() {
    for (format, binding) in FORMATS {
        for (key, algorithm) in [(aes(32), "AES/GCM"), (rsa(), "RSA-OAEP-SHA1")] {
            let materials = encryption(algorithm);
            let question = compose_wrap(&materials, format, data_key()).unwrap();
            assert_eq!(question.key_id(), "hsm/7");
            assert_eq!(question.algorithm().name(), algorithm);
            let payload = question.payload().secret_bytes();
            let bytes = provider_wraps(&key, payload, question.aad());
            let additions = MaterialsDescription::new().with("version", "2");
            let answer = Wrapped::new(bytes.clone()).with_description(additions);
            let wrapped = question.accept(answer).unwrap();
            assert!(wrapped.unwraps_to(&data_key()));
            let stored = MaterialsDescription::new()
                .with("key", "7")
                .with("version", "2");
            assert_eq!(wrapped.description(), &stored);
            let at_hand = unwrap(&key.decryption(), wrapped.encrypted()).unwrap();
            assert_eq!(at_hand, data_key());
            let independent = unwrap_independently(&key, algorithm, &bytes, binding);
            assert_eq!(independent.len(), 32);
            let (_, envelope) = seal(wrapped, None, &mut Seeded(4)).unwrap();
            assert_eq!(envelope.metadata().description(), Some(&stored));
        }
    }
}

#[test]
fn composed_unwrap_opens_what_a_key_at_hand_wrapped() {
    for (format, binding) in FORMATS {
        for (key, algorithm) in [(aes(32), "AES/GCM"), (rsa(), "RSA-OAEP-SHA1")] {
            let at_hand = key.encryption(&MaterialsDescription::new());
            let wrapped = wrap(&at_hand, format, data_key(), &mut Seeded(5)).unwrap();
            let (sealer, envelope) = seal(wrapped, None, &mut Seeded(6)).unwrap();
            let mut body = b"plaintext".to_vec();
            sealer.seal_whole(&mut body).unwrap();

            let materials = decryption(algorithm);
            let stored = envelope.metadata().encrypted_data_key();
            let question = compose_unwrap(&materials, stored).unwrap();
            let answer = match &key {
                Key::Aes(key) => {
                    assert_eq!(question.aad(), binding);
                    let (iv, sealed) = question.ciphertext().split_at(12);
                    gcm_decrypt(key, iv, question.aad(), sealed).unwrap()
                }
                Key::Rsa(_) => {
                    assert!(question.aad().is_empty());
                    let cek = unwrap_independently(&key, "22", question.ciphertext(), binding);
                    [&[32], &cek[..], binding].concat()
                }
            };
            let key = question.accept(&SecretBytes::new(answer)).unwrap();
            assert_eq!(key, data_key());
            let opener = open(envelope.metadata(), &key, None).unwrap();
            opener.open_whole(&mut body).unwrap();
            assert_eq!(body, b"plaintext");
        }
    }
}

#[test]
fn generated_data_key_is_for_aes_gcm_only_and_must_be_random() {
    let rsa = encryption("RSA-OAEP-SHA1");
    let materials = encryption("AES/GCM");
    let Key::Aes(master) = aes(32) else {
        panic!("an AES key")
    };
    for (format, binding) in FORMATS {
        assert!(compose_generate(&rsa, format).unwrap().is_none());
        let question = || compose_generate(&materials, format).unwrap().unwrap();
        assert_eq!(question().aad(), binding);
        assert_eq!((question().length(), question().key_id()), (32, "hsm/7"));
        let accept = |key: &[u8]| {
            let bytes = [IV, &gcm_encrypt(&master, IV, binding, key)[..]].concat();
            question().accept(&SecretBytes::copy_from(key), Wrapped::new(bytes))
        };
        let good: Vec<u8> = (0..32).collect();
        let wrapped = accept(&good).unwrap();
        let unwrapped = unwrap(&aes(32).decryption(), wrapped.encrypted()).unwrap();
        assert!(wrapped.unwraps_to(&unwrapped));
        for constant in [[0; 32], [0xff; 32]] {
            assert_eq!(
                accept(&constant).unwrap_err(),
                KeyWrapError::ConstantDataKey
            );
        }
        for length in [0, 16, 31, 33] {
            let expected = KeyWrapError::DataKeyLength {
                expected: 32,
                got: length,
            };
            let key: Vec<u8> = (1..=33).take(length).collect();
            assert_eq!(accept(&key).unwrap_err(), expected);
        }
    }
}

#[test]
fn wrapped_key_of_a_length_that_the_algorithm_does_not_make_is_refused() {
    for (algorithm, wrong) in [
        ("AES/GCM", &[0, 28, 59, 61, 256][..]),
        ("RSA-OAEP-SHA1", &[0, 60, 255, 1025]),
    ] {
        for &length in wrong {
            let materials = encryption(algorithm);
            let question = compose_wrap(&materials, WriteFormat::V3, data_key()).unwrap();
            let error = question.accept(Wrapped::new(vec![9; length])).unwrap_err();
            assert!(
                matches!(error, KeyWrapError::WrappedLength { got, .. } if got == length),
                "{error}"
            );
        }
    }
}

#[test]
fn data_key_in_the_clear_is_not_a_wrapped_key() {
    let materials = encryption("AES/GCM");
    let question = compose_wrap(&materials, WriteFormat::V3, data_key()).unwrap();
    let copied = [IV, question.payload().secret_bytes(), &[0; 16]].concat();
    let error = question.accept(Wrapped::new(copied)).unwrap_err();
    assert_eq!(error, KeyWrapError::NotWrapped);
}

#[test]
fn wrap_that_changes_the_description_is_refused() {
    let materials = encryption("AES/GCM");
    let question = compose_wrap(&materials, WriteFormat::V3, data_key()).unwrap();
    let changed = MaterialsDescription::new().with("key", "8");
    let answer = Wrapped::new(vec![9; 60]).with_description(changed);
    let name = "key".to_owned();
    let expected = KeyWrapError::Materials(MaterialsError::ContradictingEntry { name });
    assert_eq!(question.accept(answer).unwrap_err(), expected);
}

#[test]
fn unwrapped_answer_must_be_a_data_key_bound_to_the_content() {
    for (format, binding) in FORMATS {
        let at_hand = rsa().encryption(&MaterialsDescription::new());
        let wrapped = wrap(&at_hand, format, data_key(), &mut Seeded(5)).unwrap();
        let materials = decryption("RSA-OAEP-SHA1");
        let question = compose_unwrap(&materials, wrapped.encrypted()).unwrap();
        let accept = |payload: Vec<u8>| question.accept(&SecretBytes::new(payload)).unwrap_err();
        let key = [7; 32];
        let wrong_length = |got| KeyWrapError::DataKeyLength { expected: 32, got };
        let expected = std::str::from_utf8(binding).unwrap();
        let unbound = KeyWrapError::Binding { expected };
        assert_eq!(accept(vec![]), wrong_length(0));
        assert_eq!(
            accept([&[16], &key[..], binding].concat()),
            wrong_length(16)
        );
        assert_eq!(accept([&[32], &key[..9]].concat()), wrong_length(9));
        for bad in [&b""[..], b"AES/GCM", b"1150", &binding[1..]] {
            assert_eq!(accept([&[32], &key[..], bad].concat()), unbound);
        }
        let longer = [&[32], &key[..], binding, b"\0"].concat();
        assert_eq!(accept(longer), unbound);
    }
    let at_hand = aes(32).encryption(&MaterialsDescription::new());
    let wrapped = wrap(&at_hand, WriteFormat::V3, data_key(), &mut Seeded(5)).unwrap();
    let materials = decryption("AES/GCM");
    let question = compose_unwrap(&materials, wrapped.encrypted()).unwrap();
    for got in [0, 16, 31, 33, 60] {
        let answer = SecretBytes::new(vec![7; got]);
        let expected = KeyWrapError::DataKeyLength { expected: 32, got };
        assert_eq!(question.accept(&answer).unwrap_err(), expected);
    }
}

#[test]
fn each_kind_of_key_goes_its_own_way() {
    let v3 = WriteFormat::V3;
    let kms = EncryptionMaterials::validate(RawMaterials::kms("arn")).unwrap();
    let at_hand = aes(32).encryption(&MaterialsDescription::new());
    let away = encryption("AES/GCM");
    let composed = |materials| compose_wrap(materials, v3, data_key()).err();
    let wrapped = |materials| wrap(materials, v3, data_key(), &mut Seeded(1)).err();
    for refused in [composed(&kms), wrapped(&kms)] {
        assert!(matches!(
            refused,
            Some(KeyWrapError::WrongPlace {
                kind: "KMS key",
                ..
            })
        ));
    }
    assert!(matches!(
        composed(&at_hand),
        Some(KeyWrapError::WrongPlace {
            kind: "AES key",
            ..
        })
    ));
    assert!(matches!(
        wrapped(&away),
        Some(KeyWrapError::WrongPlace {
            kind: "provider-held key",
            ..
        })
    ));
    let stored = wrap(&at_hand, v3, data_key(), &mut Seeded(1)).unwrap();
    let error = unwrap(&rsa().decryption(), stored.encrypted()).unwrap_err();
    let expected = KeyWrapError::KeyDoesNotFit {
        stored: WrapAlgorithm::AesGcm.into(),
        kind: "RSA key",
        offered: WrapAlgorithm::RsaOaepSha1,
    };
    assert_eq!(error, expected);
    assert!(error.is_wrong_key());
    let held = decryption("RSA-OAEP-SHA1");
    let error = compose_unwrap(&held, stored.encrypted()).unwrap_err();
    assert!(
        matches!(error, KeyWrapError::KeyDoesNotFit { .. }),
        "{error}"
    );
}
