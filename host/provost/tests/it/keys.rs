//! Keys of every kind, in both formats.

use std::path::{Path, PathBuf};

use provost::Error;
use provost::provider::{KeyError, Proven};
use provost::store::encrypted::ObjectError;
use provost_core::config::Isolation;
use provost_core::envelope::{Format, WrapAlgorithm};

use crate::rig::{Rig, Setup, in_both_modes, private, says};

const V2_AND_V3: &str = "[[prefixes]]\nprefix = \"memory://v2/\"\nwrite.format = \"V2\"";

/// Writes and reads an object of each format; says how they were wrapped.
fn round_trips(rig: &Rig, wrap: WrapAlgorithm) {
    for (name, format) in [("memory://v2/x", Format::V2), ("memory://v3/x", Format::V3)] {
        let stored = rig.put(name, b"a secret text").unwrap();
        assert_eq!((stored.format, stored.wrap), (format, wrap.into()));
        let (_, body) = rig.stored(name);
        assert!(!body.windows(6).any(|w| w == b"secret"));
        assert_eq!(rig.get(name).unwrap(), b"a secret text");
    }
}

fn refused_for_the_wrong_key(rig: &Rig, name: &str) {
    let error = rig.get(name).unwrap_err();
    let Error::Object(ObjectError::Key {
        source: KeyError::Wrap { source, .. },
        ..
    }) = &error
    else {
        panic!("{error:?}")
    };
    assert!(source.is_wrong_key(), "{source}");
}

#[test]
fn an_aes_key_of_the_provider_wraps_in_both_formats() {
    in_both_modes(|isolation| {
        let rig = Setup::new("Good", isolation).tables(V2_AND_V3).build();
        round_trips(&rig, WrapAlgorithm::AesGcm);
        let other = Setup::new("Good", isolation)
            .conf("seed", "{ secret = \"another seed\" }")
            .build();
        for name in ["memory://v2/x", "memory://v3/x"] {
            let (head, body) = rig.stored(name);
            other.store(name, head.metadata, body);
            refused_for_the_wrong_key(&other, name);
        }
    });
}

#[test]
fn a_key_that_its_provider_holds_wraps_in_both_formats() {
    in_both_modes(|isolation| {
        let rig = Setup::new("Held", isolation).tables(V2_AND_V3).build();
        round_trips(&rig, WrapAlgorithm::AesGcm);
        // What the wrap added is stored, and given back to unwrap.
        let stored = rig.put("memory://v3/x", b"text").unwrap();
        assert_eq!(stored.description.get("held"), Some("held-1"));
        assert_eq!(stored.description.get("key-version"), Some("1"));
        rig.change_value("memory://v3/x", "x-amz-m", |_| {
            r#"{"held":"held-1"}"#.to_owned()
        });
        says(
            &rig.get("memory://v3/x").unwrap_err(),
            &["names no key version"],
        );

        let other = Setup::new("Held", isolation)
            .conf("seed", "{ secret = \"another seed\" }")
            .build();
        let (head, body) = rig.stored("memory://v2/x");
        other.store("memory://v2/x", head.metadata, body);
        refused_for_the_wrong_key(&other, "memory://v2/x");
    });
}

#[test]
fn what_a_holding_provider_writes_is_what_a_key_in_the_host_would_write() {
    in_both_modes(|isolation| {
        let held = Setup::new("Held", isolation).tables(V2_AND_V3).build();
        // The same key, handed out; it accepts any description without `k`.
        let good = Setup::new("Good", isolation).build();
        for name in ["memory://v2/x", "memory://v3/x"] {
            held.put(name, b"text").unwrap();
            let (head, body) = held.stored(name);
            good.store(name, head.metadata, body);
            assert_eq!(good.get(name).unwrap(), b"text");
        }
    });
}

fn key_file(name: &str) -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    plugins.join("rsa-keys/tests/keys").join(name)
}

/// A node with the public half, or with both.
fn rsa(isolation: Isolation, both: bool, settings: &str) -> Rig {
    let setup = Setup::new("provost.keys.Rsa", isolation)
        .tables(V2_AND_V3)
        .setting(settings)
        .conf("fs.s3.cse.rsa.name", "\"key-1\"");
    let root = setup.root();
    let copied = |name: &str| {
        let copy = root.join(name);
        private(&copy, std::fs::read(key_file(name)).unwrap());
        format!("{:?}", copy.display().to_string())
    };
    let setup = setup.conf("fs.s3.cse.rsa.public", copied("public.pem"));
    if both {
        let private_half = copied("private.pem");
        return setup.conf("fs.s3.cse.rsa.private", private_half).build();
    }
    setup.build()
}

#[test]
fn an_rsa_key_pair_wraps_in_both_formats() {
    in_both_modes(|isolation| {
        let rig = rsa(isolation, true, "");
        round_trips(&rig, WrapAlgorithm::RsaOaepSha1);
        let stored = rig.put("memory://v3/x", b"text").unwrap();
        assert_eq!(stored.description.get("rsa_name"), Some("key-1"));
        assert_eq!(stored.proof, Proven::Earlier);
    });
}

#[test]
fn a_node_with_the_public_half_writes_what_it_cannot_read() {
    in_both_modes(|isolation| {
        let strict = rsa(isolation, false, "");
        let error = strict.put("memory://v3/x", b"text").unwrap_err();
        says(&error, &["could not be read back", "no private key"]);
        assert!(error.hint().unwrap().contains("proof = \"elsewhere\""));
        assert!(!strict.exists("memory://v3/x"));

        let node = rsa(isolation, false, "proof = \"elsewhere\"");
        let reader = rsa(isolation, true, "");
        for name in ["memory://v2/x", "memory://v3/x"] {
            let stored = node.put(name, b"text").unwrap();
            assert_eq!(stored.proof, Proven::Elsewhere);
            says(&node.get(name).unwrap_err(), &["no private key"]);
            let (head, body) = node.stored(name);
            reader.store(name, head.metadata, body);
            assert_eq!(reader.get(name).unwrap(), b"text");
        }
    });
}
