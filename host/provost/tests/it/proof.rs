//! Proof before the first write: what is written can be read again from its description.

use std::fs;

use provost::Error;
use provost::provider::{KeyError, Proven};
use provost::store::encrypted::ObjectError;
use provost_core::config::Isolation;
use provost_plugin_api::ErrorKind;

use crate::rig::{Rig, Setup, in_both_modes, rig, says};

fn key_error(error: Error) -> KeyError {
    match error {
        Error::Object(ObjectError::Key { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

/// What a fresh proof is called in this mode.
fn fresh(isolation: Isolation) -> Proven {
    match isolation {
        Isolation::Process => Proven::NewWorker,
        Isolation::InProcess => Proven::SecondInstance,
    }
}

fn put(rig: &Rig) -> Result<Proven, Error> {
    Ok(rig.put("memory://m/x", b"text")?.proof)
}

#[test]
fn the_first_write_with_a_key_is_proved_and_later_ones_rely_on_it() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        let other = rig.put("memory://other/y", b"text").unwrap();
        assert_eq!(other.proof, Proven::Earlier);
    });
}

#[test]
fn a_new_generation_needs_a_proof_of_its_own() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Rotating", isolation);
        let file = setup.root().join("generation");
        fs::write(&file, "1").unwrap();
        let rig = setup
            .conf(
                "generation.file",
                format!("{:?}", file.display().to_string()),
            )
            .build();
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        fs::write(&file, "2").unwrap();
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        let provider = rig.provider().unwrap();
        provider.refresh(&provider.new_call()).unwrap();
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn a_key_that_changes_under_one_description_never_writes() {
    in_both_modes(|isolation| {
        let rig = rig("ChangingKey", isolation);
        for _ in 0..3 {
            let error = put(&rig).unwrap_err();
            says(
                &error,
                &["`provost.hostile.ChangingKey`", "is not authentic"],
            );
            let error = key_error(error);
            assert!(matches!(error, KeyError::Unproven { .. }), "{error:?}");
            assert!(!rig.exists("memory://m/x"));
            rig.goes_on();
        }
    });
}

#[test]
fn a_key_that_only_its_instance_knows_is_found_out_and_quarantined() {
    in_both_modes(|isolation| {
        let rig = rig("ForgetfulKey", isolation);
        let error = key_error(put(&rig).unwrap_err());
        let KeyError::Unproven { reason, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains("is not authentic"), "{reason}");
        // The same key again: it is not even asked for another proof.
        let error = key_error(put(&rig).unwrap_err());
        let KeyError::Quarantined {
            class,
            reason: again,
            ..
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!(
            (class.as_str(), again),
            ("provost.hostile.ForgetfulKey", reason)
        );
        // Nobody is told to switch the proof off.
        assert!(!error.hint().unwrap().contains("elsewhere"));
        assert!(!rig.exists("memory://m/x"));
        rig.goes_on();
    });
}

#[test]
fn a_provider_that_breaks_its_contract_during_the_proof_is_quarantined() {
    in_both_modes(|isolation| {
        let rig = rig("PanicOnDecrypt", isolation);
        let error = key_error(put(&rig).unwrap_err());
        assert!(matches!(error, KeyError::Unproven { .. }), "{error:?}");
        let error = put(&rig).unwrap_err();
        says(
            &error,
            &["quarantined for writes", "hostile: asked to decrypt"],
        );
        assert!(!rig.exists("memory://m/x"));
    });
}

#[test]
fn a_backend_that_is_away_never_quarantines() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Away", isolation);
        let file = setup.root().join("away");
        fs::write(&file, "").unwrap();
        let rig = setup
            .conf("while", format!("{:?}", file.display().to_string()))
            .build();
        for _ in 0..2 {
            let error = key_error(put(&rig).unwrap_err());
            let KeyError::Provider(failure) = &error else {
                panic!("{error:?}")
            };
            assert_eq!(failure.kind(), Some(ErrorKind::Unavailable));
            assert!(!rig.exists("memory://m/x"));
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        // Nor does it ask for another proof when it is away again.
        fs::write(&file, "").unwrap();
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        let error = key_error(rig.get("memory://m/x").unwrap_err());
        assert!(matches!(error, KeyError::Provider(_)), "{error:?}");
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
    });
}

#[test]
fn a_node_that_cannot_decrypt_by_design_writes_when_its_operator_says_so() {
    in_both_modes(|isolation| {
        let node = Setup::new("PanicOnDecrypt", isolation)
            .setting("proof = \"elsewhere\"")
            .build();
        for _ in 0..2 {
            assert_eq!(put(&node).unwrap(), Proven::Elsewhere);
        }
        assert!(node.get("memory://m/x").is_err());
        // The other node has the same key.
        let (head, body) = node.stored("memory://m/x");
        let elsewhere = rig("Good", isolation);
        elsewhere.store("memory://m/x", head.metadata, body);
        assert_eq!(elsewhere.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn a_read_that_fails_never_quarantines() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        let flip = |value: &str| {
            let other = if value.starts_with('A') { "B" } else { "A" };
            format!("{other}{}", &value[1..])
        };
        rig.change_value("memory://m/x", "x-amz-3", flip);
        let error = key_error(rig.get("memory://m/x").unwrap_err());
        assert!(matches!(error, KeyError::Wrap { .. }), "{error:?}");
        rig.change_value("memory://m/x", "x-amz-m", |_| r#"{"k":"2"}"#.to_owned());
        let error = key_error(rig.get("memory://m/x").unwrap_err());
        assert!(matches!(error, KeyError::Provider(_)), "{error:?}");
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

/// A provider that holds its key, and the file that says how it wraps.
fn held(isolation: Isolation, setting: &str) -> (Rig, std::path::PathBuf) {
    let setup = Setup::new("Held", isolation).setting(setting);
    let file = setup.root().join("version");
    fs::write(&file, "1").unwrap();
    let shown = format!("{:?}", file.display().to_string());
    (setup.conf("version.file", shown).build(), file)
}

#[test]
fn a_wrap_that_breaks_the_contract_quarantines_its_key_whoever_proves_it() {
    in_both_modes(|isolation| {
        for setting in ["proof = \"required\"", "proof = \"elsewhere\""] {
            for wrap in ["empty", "panic"] {
                let (rig, file) = held(isolation, setting);
                put(&rig).unwrap();
                fs::write(&file, wrap).unwrap();
                let first = key_error(rig.put("memory://m/y", b"text").unwrap_err());
                assert!(!matches!(first, KeyError::Quarantined { .. }), "{first:?}");
                fs::write(&file, "1").unwrap();
                let error = key_error(rig.put("memory://m/y", b"text").unwrap_err());
                assert!(matches!(error, KeyError::Quarantined { .. }), "{error:?}");
                assert!(!rig.exists("memory://m/y"));
                // For writes alone.
                assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
            }
        }
    });
}

#[test]
fn a_wrap_that_is_denied_never_quarantines() {
    in_both_modes(|isolation| {
        let (rig, file) = held(isolation, "");
        fs::write(&file, "denied").unwrap();
        let error = key_error(put(&rig).unwrap_err());
        assert!(matches!(error, KeyError::Provider(_)), "{error:?}");
        fs::write(&file, "1").unwrap();
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
    });
}

#[test]
fn a_new_version_of_a_held_key_needs_a_proof_of_its_own() {
    in_both_modes(|isolation| {
        let (rig, file) = held(isolation, "");
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        fs::write(&file, "2").unwrap();
        assert_eq!(put(&rig).unwrap(), fresh(isolation));
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
        // One that is not found again, and the others are not in doubt for it.
        fs::write(&file, "lost").unwrap();
        let error = key_error(rig.put("memory://m/y", b"text").unwrap_err());
        assert!(matches!(error, KeyError::Unproven { .. }), "{error:?}");
        let error = key_error(rig.put("memory://m/y", b"text").unwrap_err());
        assert!(matches!(error, KeyError::Quarantined { .. }), "{error:?}");
        assert!(!rig.exists("memory://m/y"));
        fs::write(&file, "1").unwrap();
        assert_eq!(put(&rig).unwrap(), Proven::Earlier);
    });
}

#[test]
fn a_description_that_changes_with_each_wrap_is_never_proved() {
    in_both_modes(|isolation| {
        let (rig, file) = held(isolation, "");
        fs::write(&file, "each").unwrap();
        let error = put(&rig).unwrap_err();
        says(&error, &["`provost.hostile.Held`", "each wrap adds"]);
        assert!(!rig.exists("memory://m/x"));
    });
}

#[test]
fn each_format_needs_a_proof_of_its_own() {
    in_both_modes(|isolation| {
        let tables = "[[prefixes]]\nprefix = \"memory://m/v2/\"\nwrite.format = \"V2\"";
        for class in ["Good", "Held"] {
            let rig = Setup::new(class, isolation).tables(tables).build();
            for name in ["memory://m/v2/x", "memory://m/x"] {
                assert_eq!(rig.put(name, b"text").unwrap().proof, fresh(isolation));
                assert_eq!(rig.put(name, b"text").unwrap().proof, Proven::Earlier);
            }
        }
    });
}
