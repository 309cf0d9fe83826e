//! What each TLS class does, as far as this process survives it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::path::Path;
use std::time::Duration;

use provost_hostile_provider::provost_plugin_v1;
use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider};
use provost_plugin_api::{Attributes, Call, Conf, ErrorKind, RawTlsArtifacts, TlsRequest};

fn made(class: &str, conf: &Conf) -> ForeignProvider {
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    let class = format!("provost.hostile.{class}");
    let provider = module.create(&class, conf, &Attributes::new(), |_, _| ());
    provider.unwrap()
}

fn artifacts(provider: &ForeignProvider) -> Result<RawTlsArtifacts, CallError> {
    let call = Call::new("test", Duration::from_secs(10));
    provider.tls_artifacts(&TlsRequest::new(call, vec!["n".into()], Some("c".into())))
}

/// Two sets of files, which hold their own names.
fn two_sets(folder: &Path) -> Conf {
    let mut conf = Conf::new();
    for key in ["private_key", "certificate_chain", "trusted_certificates"] {
        for key in [key.to_owned(), format!("other.{key}")] {
            let path = folder.join(&key);
            std::fs::write(&path, &key).unwrap();
            conf = conf.with(key, path.to_str().unwrap());
        }
    }
    conf
}

fn key_and_chain(artifacts: &RawTlsArtifacts) -> (&[u8], &[u8]) {
    let key = artifacts.private_key.secret_bytes();
    (key, &artifacts.certificate_chain)
}

#[test]
fn the_sets_of_files_are_returned_whole_crosswise_and_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let conf = two_sets(folder.path());
    let own = (&b"private_key"[..], &b"certificate_chain"[..]);
    let other = (&b"other.private_key"[..], &b"other.certificate_chain"[..]);

    let good = artifacts(&made("TlsGood", &conf)).unwrap();
    assert_eq!(key_and_chain(&good), own);
    let trusted = good.trusted_certificates.as_deref();
    assert_eq!(trusted, Some(&b"trusted_certificates"[..]));

    let crossed = artifacts(&made("TlsOtherKey", &conf)).unwrap();
    assert_eq!(key_and_chain(&crossed), (other.0, own.1));

    let changing = made("TlsChangingLeaf", &conf);
    for expected in [own, other, own] {
        assert_eq!(key_and_chain(&artifacts(&changing).unwrap()), expected);
    }
}

#[test]
fn each_wrong_answer_is_wrong_in_its_way() {
    let none = Conf::new();
    let half = artifacts(&made("TlsHalf", &none)).unwrap();
    assert!(!half.private_key.is_empty() && half.certificate_chain.is_empty());
    let no_pem = artifacts(&made("TlsNotPem", &none)).unwrap();
    assert!(!no_pem.certificate_chain.starts_with(b"-----BEGIN"));
    let noisy = artifacts(&made("TlsNoisyGeneration", &none)).unwrap();
    assert!(noisy.generation.contains('\u{202e}'));
    for (class, kind) in [
        ("TlsPanic", ErrorKind::Internal),
        ("TlsNoisyError", ErrorKind::Denied),
    ] {
        match artifacts(&made(class, &none)).unwrap_err() {
            CallError::Provider(error) => assert_eq!(error.kind(), kind),
            CallError::Protocol(text) => panic!("{text}"),
        }
    }
    let picky = |cluster: &str| {
        let conf = Conf::new().with("node", "n").with("cluster", cluster);
        artifacts(&made("TlsPicky", &conf)).is_ok()
    };
    assert!(picky("c") && !picky("d"));
}

#[test]
fn a_huge_field_has_the_size_that_is_asked_for() {
    for (field, bytes) in [
        ("private_key", 1000),
        ("certificate_chain", 2_000_001),
        ("trusted_certificates", 7),
    ] {
        let conf = Conf::new().with("bytes", bytes.to_string());
        let found = artifacts(&made("TlsHuge", &conf.with("field", field))).unwrap();
        let size = match field {
            "private_key" => found.private_key.len(),
            "certificate_chain" => found.certificate_chain.len(),
            _ => found.trusted_certificates.unwrap().len(),
        };
        assert_eq!(size, bytes, "{field}");
    }
    let huge = artifacts(&made("TlsHuge", &Conf::new())).unwrap_err();
    assert!(huge.to_string().contains("104857600 bytes"), "{huge}");
}
