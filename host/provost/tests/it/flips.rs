//! Tampering never yields other bytes: any one flipped bit of what is stored gives an error or the
//! same plaintext, through the whole host.

use std::fs;
use std::path::Path;

use provost::store::Metadata;
use provost_core::config::Isolation;

use crate::rig::{Rig, Setup, private};

const TEXT: &[u8] = b"twenty-one bytes, yes";

/// In this process, where thousands of calls are quick: what opens objects is the same code.
fn setup(class: &str, policy: &str) -> Setup {
    let tables = format!(
        "[[prefixes]]\nprefix = \"memory://m/\"\n{policy}\n\
         [[prefixes]]\nprefix = \"file:///\"\n{policy}"
    );
    Setup::new(class, Isolation::InProcess).tables(&tables)
}

/// What became of the flips.
#[derive(Debug, Default)]
struct Outcomes {
    refused: usize,
    same: usize,
}

impl Outcomes {
    fn note(&mut self, rig: &Rig, name: &str, what: &str) {
        match rig.get(name) {
            Err(_) => self.refused += 1,
            Ok(text) if text == TEXT => self.same += 1,
            Ok(other) => panic!("{what}: {} bytes other than were written", other.len()),
        }
    }
}

/// Every bit of every metadata value and of the body, past the store.
fn in_the_store(rig: &Rig, name: &str) -> Outcomes {
    let (head, body) = rig.stored(name);
    let mut outcomes = Outcomes::default();
    for (entry, value) in head.metadata.iter() {
        for bit in 0..value.len() * 8 {
            let mut bytes = value.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // What is no text cannot be in metadata: a store that holds it refuses it itself.
            let Ok(flipped) = String::from_utf8(bytes) else {
                continue;
            };
            let mut metadata = Metadata::new();
            let mut fits = true;
            for (other, value) in head.metadata.iter() {
                let value = if other == entry { &flipped } else { value };
                fits &= metadata.insert(other, value).is_ok();
            }
            if fits {
                rig.store(name, metadata, body.clone());
                outcomes.note(rig, name, &format!("bit {bit} of {entry}"));
            }
        }
    }
    for bit in 0..body.len() * 8 {
        let mut body = body.clone();
        body[bit / 8] ^= 1 << (bit % 8);
        rig.store(name, head.metadata.clone(), body);
        outcomes.note(rig, name, &format!("bit {bit} of the body"));
    }
    rig.store(name, head.metadata, body);
    assert_eq!(rig.get(name).unwrap(), TEXT);
    outcomes
}

/// Every bit of a file of the store.
fn on_disk(rig: &Rig, name: &str, file: &Path) -> Outcomes {
    let bytes = fs::read(file).unwrap();
    let mut outcomes = Outcomes::default();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(file, flipped).unwrap();
        outcomes.note(rig, name, &format!("bit {bit} of {}", file.display()));
    }
    fs::write(file, bytes).unwrap();
    assert_eq!(rig.get(name).unwrap(), TEXT);
    outcomes
}

/// The body, the commitment and the wrapped key have no bit to spare; a description may.
fn mostly_refused(outcomes: &Outcomes) {
    assert!(outcomes.refused > 1000, "{outcomes:?}");
    assert!(outcomes.same * 2 < outcomes.refused, "{outcomes:?}");
}

#[test]
fn every_flipped_bit_of_a_v3_object() {
    for class in ["Good", "Rotating", "NoDescription", "Held"] {
        println!("{class}");
        let rig = setup(class, "").build();
        rig.put("memory://m/x", TEXT).unwrap();
        mostly_refused(&in_the_store(&rig, "memory://m/x"));
    }
}

#[test]
fn every_flipped_bit_of_a_v2_object() {
    for class in ["Good", "Held"] {
        println!("{class}");
        let rig = setup(class, "write.format = \"V2\"").build();
        rig.put("memory://m/x", TEXT).unwrap();
        mostly_refused(&in_the_store(&rig, "memory://m/x"));
    }
}

#[test]
fn every_flipped_bit_of_an_object_with_static_keys_of_two_prefixes() {
    let setup = setup("provost.keys.Static", "");
    let root = setup.root();
    let list =
        "memory://m/ 1 1.key\nmemory://m/ 2 2.key\nmemory://n/ 1 1.key\nmemory://n/ 3 3.key\n";
    private(&root.join("keys.list"), list);
    for number in 1..=3_u8 {
        let key: Vec<u8> = (0..32).map(|n| n * 7 + number).collect();
        private(&root.join(format!("{number}.key")), key);
    }
    let list = format!("{:?}", root.join("keys.list").display().to_string());
    let rig = setup.conf("keys", list).build();
    rig.put("memory://m/x", TEXT).unwrap();
    mostly_refused(&in_the_store(&rig, "memory://m/x"));
}

#[test]
fn every_flipped_bit_of_a_file_and_of_the_metadata_beside_it() {
    for format in ["V2", "V3"] {
        println!("{format}");
        let rig = setup("Good", &format!("write.format = \"{format}\"")).build();
        rig.put("x", TEXT).unwrap();
        mostly_refused(&on_disk(&rig, "x", &rig.root().join("x.metadata.json")));
        let body = on_disk(&rig, "x", &rig.root().join("x"));
        assert_eq!((body.refused, body.same), ((TEXT.len() + 16) * 8, 0));
    }
}

#[test]
fn every_flipped_bit_of_an_instruction_file() {
    for format in ["V2", "V3"] {
        println!("{format}");
        let policy = format!(
            "write.format = \"{format}\"\nwrite.envelope = \"instruction-file\"\n\
             read.envelope = [\"metadata\", \"instruction-file\"]"
        );
        let rig = setup("Good", &policy).build();
        rig.put("x", TEXT).unwrap();
        let outcomes = on_disk(&rig, "x", &rig.root().join("x.instruction"));
        mostly_refused(&outcomes);
    }
}

#[test]
fn a_stored_object_that_was_cut_anywhere_is_refused() {
    let rig = setup("Good", "").build();
    rig.put("x", TEXT).unwrap();
    for name in ["x", "x.metadata.json"] {
        let file = rig.root().join(name);
        let bytes = fs::read(&file).unwrap();
        let whole = bytes.strip_suffix(b"\n").unwrap_or(&bytes).len();
        for length in 0..whole {
            fs::write(&file, &bytes[..length]).unwrap();
            assert!(rig.get("x").is_err(), "{name} of {length} bytes");
        }
        fs::write(&file, bytes).unwrap();
        assert_eq!(rig.get("x").unwrap(), TEXT);
    }
}
