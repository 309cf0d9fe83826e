//! Legacy objects after any change: an error, or the same plaintext. What nothing authenticates may
//! come out as other bytes: the body and IV of CBC, and the data key in V1's wrap.

use std::collections::BTreeMap;

use provost_core::materials::DecryptionMaterials;

use crate::vector::{Vector, all, materials, read_with, unhex};

/// One object of each kind that is read.
const AUTHENTICATED: [&str; 4] = [
    "v2_aeswrap",
    "v2_aeswrap_aes24",
    "v2_oaep_sha256",
    "v2_oaep_sha256_mask_sha256",
];
const UNAUTHENTICATED: [&str; 6] = [
    "v1_aes",
    "v1_rsa",
    "v1_file",
    "v1_17_bytes",
    "v2_cbc_aeswrap",
    "v2_cbc_file_go",
];

/// How many changes were refused, left the plaintext as it was, and made other bytes of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    refused: usize,
    same: usize,
    other: usize,
}

struct Attack {
    materials: DecryptionMaterials,
    plaintext: Vec<u8>,
    body: Vec<u8>,
    tally: BTreeMap<String, Tally>,
}

impl Attack {
    fn new(vector: &Vector) -> Self {
        Self {
            materials: materials(&vector.key),
            plaintext: unhex(vector.plaintext.as_deref().unwrap()),
            body: unhex(&vector.body),
            tally: BTreeMap::new(),
        }
    }

    fn attempt(&mut self, what: &str, vector: &Vector, file: Option<&[u8]>, body: &[u8]) {
        let tally = self.tally.entry(what.to_owned()).or_default();
        match read_with(&self.materials, vector, file, body) {
            Err(_) => tally.refused += 1,
            Ok((plaintext, _)) if plaintext == self.plaintext => tally.same += 1,
            Ok(_) => tally.other += 1,
        }
    }

    /// Applies `changes` to each part of the object on its own.
    fn each_part(&mut self, vector: &Vector, changes: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
        let file = vector.instruction_file.as_deref().map(str::as_bytes);
        let body = self.body.clone();
        for (name, value) in &vector.metadata {
            // A store hands out text; what is not UTF-8 does not get here.
            for text in changes(value.as_bytes()) {
                let Ok(text) = String::from_utf8(text) else {
                    continue;
                };
                let mut changed = vector.clone();
                changed.metadata.insert(name.clone(), text);
                self.attempt(name, &changed, file, &body);
            }
            for text in changes(name.as_bytes()) {
                let Ok(text) = String::from_utf8(text) else {
                    continue;
                };
                let mut changed = vector.clone();
                changed.metadata.remove(name);
                changed.metadata.insert(text, value.clone());
                self.attempt("names", &changed, file, &body);
            }
        }
        for changed in changes(&body) {
            self.attempt("body", vector, file, &changed);
        }
        for changed in file.map(changes).unwrap_or_default() {
            self.attempt("file", vector, Some(&changed), &body);
        }
    }
}

fn flipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let flip = |bit: usize| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    };
    (0..bytes.len() * 8).map(flip).collect()
}

fn resized(bytes: &[u8]) -> Vec<Vec<u8>> {
    let resize = |length| {
        let mut changed = bytes.to_vec();
        changed.resize(length, b'0');
        changed
    };
    let lengths = (0..bytes.len()).chain(bytes.len() + 1..bytes.len() + 40);
    lengths.map(resize).collect()
}

fn attack(name: &str, changes: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> BTreeMap<String, Tally> {
    let vector = all().remove(name).unwrap();
    let mut attack = Attack::new(&vector);
    attack.each_part(&vector, changes);
    attack.tally
}

#[test]
fn gcm_content_under_a_legacy_wrap_never_comes_out_as_other_bytes() {
    for name in AUTHENTICATED {
        for (what, tally) in attack(name, flipped) {
            assert_eq!(tally.other, 0, "{name}: {what}");
            if !["names", "x-amz-matdesc"].contains(&what.as_str()) {
                assert_eq!(tally.same, 0, "{name}: {what}");
            }
        }
        for (what, tally) in attack(name, resized) {
            assert_eq!(tally.other, 0, "{name}: {what}");
        }
    }
}

#[test]
fn only_what_nothing_authenticates_makes_other_bytes() {
    for name in UNAUTHENTICATED {
        for (what, tally) in [attack(name, flipped), attack(name, resized)]
            .into_iter()
            .flatten()
        {
            let loose: &[&str] = match name {
                // A changed file is a changed IV or, in V1, a changed data key.
                "v1_file" | "v2_cbc_file_go" => &["body", "file"],
                "v1_rsa" | "v2_cbc_aeswrap" => &["body", "x-amz-iv"],
                _ => &["body", "x-amz-iv", "x-amz-key"],
            };
            if !loose.contains(&what.as_str()) {
                assert_eq!(tally.other, 0, "{name}: {what}");
            }
        }
    }
}

#[test]
fn flipped_iv_shows_in_the_same_bits_of_unauthenticated_plaintext() {
    // The malleability that the operator accepts, so that nobody takes CBC for authenticated.
    let vector = all().remove("v1_17_bytes").unwrap();
    let flips = attack("v1_17_bytes", flipped)["x-amz-iv"];
    // Four base64 characters of six bits each for three of the IV's sixteen bytes.
    assert!(flips.other >= 16 * 4, "{flips:?}");
    assert_eq!(flips.same, 0);
    assert_eq!(vector.expect, "opens");
}
