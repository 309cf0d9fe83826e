//! Tampering never yields other bytes: any change to a stored envelope or body gives an error or
//! the same plaintext.

use std::collections::BTreeMap;

use provost_core::envelope::{WriteFormat, WritePlace};
use provost_core::materials::DecryptionMaterials;
use provost_plugin_api::MaterialsDescription;

use crate::support::{Key, Stored, aes, open_object, rsa, seal_object};

const PLAINTEXT: &[u8] = b"twenty bytes of data";

/// How many changes were refused, and how many did not matter, by what was changed.
type Tally = BTreeMap<String, (usize, usize)>;

struct Attack {
    materials: DecryptionMaterials,
    tally: Tally,
}

impl Attack {
    fn try_object(&mut self, what: &str, stored: &Stored) {
        let tally = self.tally.entry(what.to_owned()).or_default();
        match open_object(&self.materials, stored, 7) {
            Err(_) => tally.0 += 1,
            Ok(opened) => {
                assert_eq!(opened, PLAINTEXT, "other bytes after a change to {what}");
                tally.1 += 1;
            }
        }
    }
}

fn targets(key: &Key) -> Vec<Stored> {
    let description = MaterialsDescription::new().with("key", "7");
    let mut targets = Vec::new();
    for format in [WriteFormat::V2, WriteFormat::V3] {
        for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
            targets.push(seal_object(key, format, place, &description, PLAINTEXT, 20));
        }
    }
    targets
}

fn attack(key: &Key, changes: impl Fn(&mut Attack, &Stored)) -> Tally {
    let mut attack = Attack {
        materials: key.decryption(),
        tally: Tally::new(),
    };
    for target in targets(key) {
        let opened = open_object(&attack.materials, &target, 7);
        assert_eq!(opened.as_deref(), Ok(PLAINTEXT));
        changes(&mut attack, &target);
    }
    attack.tally
}

fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

fn flip_every_bit(attack: &mut Attack, stored: &Stored) {
    for (at, (name, value)) in stored.metadata.iter().enumerate() {
        // A store hands out names and values as text; what is not UTF-8 does not get here.
        for text in flipped(value.as_bytes()).filter_map(|b| String::from_utf8(b).ok()) {
            let mut changed = stored.clone();
            changed.metadata[at].1 = text;
            attack.try_object(&format!("value of {name}"), &changed);
        }
        for text in flipped(name.as_bytes()).filter_map(|b| String::from_utf8(b).ok()) {
            let mut changed = stored.clone();
            changed.metadata[at].0 = text;
            attack.try_object(&format!("name {name}"), &changed);
        }
    }
    for body in flipped(&stored.body) {
        let mut changed = stored.clone();
        changed.body = body;
        attack.try_object("body", &changed);
    }
    for file in stored.file.iter().flat_map(|file| flipped(file)) {
        let mut changed = stored.clone();
        changed.file = Some(file);
        attack.try_object("file", &changed);
    }
}

/// What the content depends on: no change may go unnoticed.
const BINDING: [&str; 9] = [
    "body",
    "value of x-amz-key-v2",
    "value of x-amz-iv",
    "value of x-amz-cek-alg",
    "value of x-amz-wrap-alg",
    "value of x-amz-3",
    "value of x-amz-c",
    "value of x-amz-d",
    "value of x-amz-i",
];

fn check_flips(tally: &Tally) {
    for what in BINDING {
        let (refused, harmless) = tally[what];
        assert!(refused > 0 && harmless == 0, "{what}: {harmless} harmless");
    }
    assert_eq!(tally["value of x-amz-w"].1, 0);
    assert_eq!(tally["value of x-amz-tag-len"].1, 0);
    // Letter case does not matter in names; a letter changed otherwise loses the name.
    for name in [
        "x-amz-key-v2",
        "x-amz-iv",
        "x-amz-c",
        "x-amz-d",
        "x-amz-i",
        "x-amz-w",
    ] {
        let targets = if ["x-amz-c", "x-amz-d", "x-amz-i"].contains(&name) {
            2
        } else {
            1
        };
        let letters = name.bytes().filter(u8::is_ascii_alphabetic).count();
        let (refused, harmless) = tally[&format!("name {name}")];
        assert_eq!(harmless, letters * targets, "{name}");
        assert_eq!(refused, (name.len() * 7 - letters) * targets, "{name}");
    }
}

#[test]
fn every_flipped_bit_of_an_aes_object_is_an_error_or_harmless() {
    check_flips(&attack(&aes(32), flip_every_bit));
}

#[test]
fn every_flipped_bit_of_an_rsa_object_is_an_error_or_harmless() {
    check_flips(&attack(&rsa(), flip_every_bit));
}

#[test]
fn every_truncation_is_an_error_or_harmless() {
    let truncate = |attack: &mut Attack, stored: &Stored| {
        for length in 0..stored.body.len() {
            let mut changed = stored.clone();
            changed.body.truncate(length);
            attack.try_object("body", &changed);
        }
        for extra in 1..40 {
            let mut changed = stored.clone();
            changed.body.resize(stored.body.len() + extra, 0);
            attack.try_object("body", &changed);
        }
        for (at, (name, value)) in stored.metadata.iter().enumerate() {
            for length in 0..value.len() {
                let mut changed = stored.clone();
                changed.metadata[at].1.truncate(length);
                attack.try_object(&format!("value of {name}"), &changed);
            }
            let mut changed = stored.clone();
            changed.metadata.remove(at);
            attack.try_object(&format!("absence of {name}"), &changed);
        }
        if let Some(file) = &stored.file {
            for length in 0..file.len() {
                let mut changed = stored.clone();
                changed.file = Some(file[..length].to_vec());
                attack.try_object("file", &changed);
            }
            let mut changed = stored.clone();
            changed.file = None;
            attack.try_object("absence of file", &changed);
        }
    };
    for key in [aes(32), rsa()] {
        let tally = attack(&key, truncate);
        let harmless: Vec<_> = tally.iter().filter(|(_, (_, same))| *same > 0).collect();
        let harmless: Vec<_> = harmless
            .into_iter()
            .map(|(what, _)| what.as_str())
            .collect();
        // What the plaintext does not depend on: the description chooses a key, the tag has one
        // length, the recorded length is only a hint (cut to a shorter number).
        assert_eq!(
            harmless,
            [
                "absence of x-amz-m",
                "absence of x-amz-matdesc",
                "absence of x-amz-tag-len",
                "absence of x-amz-unencrypted-content-length",
                "value of x-amz-unencrypted-content-length",
            ]
        );
    }
}

#[test]
fn parts_of_one_object_do_not_open_another() {
    for key in [aes(32), rsa()] {
        let materials = key.decryption();
        for (one, other) in targets(&key).into_iter().zip(other_objects(&key)) {
            for (at, (name, value)) in one.metadata.iter().enumerate() {
                let mut mixed = one.clone();
                mixed.metadata[at].1.clone_from(&other.metadata[at].1);
                if mixed.metadata[at].1 == *value {
                    continue;
                }
                let opened = open_object(&materials, &mixed, 7);
                assert!(opened.is_err(), "{name} of another object");
            }
            let mut mixed = one.clone();
            mixed.body.clone_from(&other.body);
            assert!(open_object(&materials, &mixed, 7).is_err());
            if one.file.is_some() {
                let mut mixed = one.clone();
                mixed.file.clone_from(&other.file);
                assert!(open_object(&materials, &mixed, 7).is_err());
            }
        }
    }
}

/// The same objects with other randomness.
fn other_objects(key: &Key) -> Vec<Stored> {
    let description = MaterialsDescription::new().with("key", "7");
    let mut targets = Vec::new();
    for format in [WriteFormat::V2, WriteFormat::V3] {
        for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
            targets.push(crate::support::seal_with(
                4242,
                key,
                format,
                place,
                &description,
                PLAINTEXT,
                20,
            ));
        }
    }
    targets
}

#[test]
fn wrong_keys_open_nothing() {
    for (key, wrong) in [
        (aes(32), crate::support::other_aes()),
        (rsa(), crate::support::other_rsa()),
        (aes(32), rsa()),
        (rsa(), aes(32)),
        (aes(16), aes(32)),
    ] {
        let materials = wrong.decryption();
        for target in targets(&key) {
            let refused = open_object(&materials, &target, 7).unwrap_err();
            assert!(
                matches!(&refused, crate::support::Refused::KeyWrap(e) if e.is_wrong_key()),
                "{refused:?}"
            );
        }
    }
}
