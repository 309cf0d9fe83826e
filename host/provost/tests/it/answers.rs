//! Answers that no host may use: refused with the class, the call and what is wrong.

use provost::provider::{KeyError, ProviderFailure};
use provost::store::encrypted::ObjectError;
use provost::{Error, ProviderHandle};
use provost_core::config::Isolation;
use provost_core::materials::{DecryptionMaterials, MaterialsError};
use provost_plugin_api::{DecryptRequest, ErrorKind, Purpose};

use crate::rig::{Rig, Setup, in_both_modes, rig, says};

fn failure(error: Error) -> ProviderFailure {
    match error {
        Error::Object(ObjectError::Key {
            source: KeyError::Provider(failure),
            ..
        }) => failure,
        other => panic!("{other:?}"),
    }
}

fn decrypt(handle: &ProviderHandle) -> Result<Vec<DecryptionMaterials>, ProviderFailure> {
    let request = DecryptRequest::new(handle.new_call(), Purpose::ObjectStore, "AES/GCM");
    handle.materials_for_decrypt(&request)
}

/// A provider whose materials are refused, in both calls, again and again.
fn refused(setup: impl Fn(Isolation) -> Setup, class: &str, words: &str) {
    in_both_modes(|isolation| {
        let rig: Rig = setup(isolation).build();
        for _ in 0..2 {
            let error = rig.put("memory://m/x", b"x").unwrap_err();
            says(&error, &[class, "materials_for_encrypt", words]);
            assert!(failure(error).is_violation());
            assert!(!rig.exists("memory://m/x"));

            let error = decrypt(&rig.provider().unwrap()).unwrap_err();
            assert!(error.is_violation(), "{error}");
            says(&error.into(), &[class, "materials_for_decrypt", words]);
            rig.goes_on();
        }
    });
}

#[test]
fn a_key_of_fifteen_bytes_is_refused() {
    let words = "AES key is 15 bytes long; expected 16, 24 or 32";
    refused(
        |mode| Setup::new("ShortKey", mode),
        "`provost.hostile.ShortKey`",
        words,
    );
}

#[test]
fn a_key_of_zeros_is_refused() {
    let words = "AES key is all zero";
    refused(
        |mode| Setup::new("ZeroKey", mode),
        "`provost.hostile.ZeroKey`",
        words,
    );
}

#[test]
fn another_content_algorithm_is_refused() {
    let words = "algorithm is 'AES/CBC/PKCS5Padding'; expected 'AES/GCM/NoPadding'";
    let class = "`provost.hostile.WrongAlgorithm`";
    refused(|mode| Setup::new("WrongAlgorithm", mode), class, words);
}

#[test]
fn a_description_that_no_host_takes_is_refused_by_its_size() {
    let class = "`provost.hostile.HugeDescription`";
    // Too large for the boundary between host and library.
    let words = "`description` has 1048576 bytes, at most 65536 are allowed";
    refused(|mode| Setup::new("HugeDescription", mode), class, words);
    // Too large for an object.
    let words = "description is 8193 bytes long; at most 8192 are allowed";
    let setup = |mode| Setup::new("HugeDescription", mode).conf("bytes", "\"8193\"");
    refused(setup, class, words);
}

#[test]
fn a_description_that_is_not_utf8_is_refused() {
    let class = "`provost.hostile.NotUtf8Description`";
    let words = "`description: value` is not UTF-8 from byte 0 on";
    refused(|mode| Setup::new("NotUtf8Description", mode), class, words);
}

#[test]
fn a_refusal_is_typed_for_programs() {
    in_both_modes(|isolation| {
        let rig = rig("ShortKey", isolation);
        let error = rig.put("memory://m/x", b"x").unwrap_err();
        match failure(error) {
            ProviderFailure::Materials {
                provider,
                operation,
                source,
            } => {
                assert_eq!(provider.class, rig.class);
                assert_eq!(operation, "materials_for_encrypt");
                assert_eq!(source, MaterialsError::AesKeyLength { got: 15 });
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_noisy_error_is_capped_and_without_control_characters() {
    in_both_modes(|isolation| {
        let rig = rig("NoisyError", isolation);
        let error = rig.put("memory://m/x", b"x").unwrap_err();
        let text = error.to_string();
        // The provider's words are cut at 2048 bytes; the rest is the host's.
        assert!(text.len() < 2048 + 200, "{} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        says(
            &error,
            &[
                "`provost.hostile.NoisyError`",
                "materials_for_encrypt",
                "red",
            ],
        );
        assert_eq!(failure(error).kind(), Some(ErrorKind::Denied));
        rig.goes_on();
    });
}
