//! What needs no key: looking, listing and removing.

use std::os::unix::fs::symlink;

use provost::store::ObjectPrefix;
use provost::store::encrypted::{ObjectError, delete, list};
use provost_core::config::Isolation;
use provost_core::envelope::{EnvelopePlace, Format, MetadataError};

use crate::rig::{Rig, Setup};

fn with_instruction_files() -> Rig {
    Setup::new("Good", Isolation::InProcess)
        .tables(
            "[[prefixes]]\nprefix = \"memory://m/file/\"\nwrite.envelope = \"instruction-file\"\n\
             read.envelope = [\"metadata\", \"instruction-file\"]",
        )
        .build()
}

fn listed(rig: &Rig, prefix: &str) -> Vec<(String, Option<u64>)> {
    let prefix: ObjectPrefix = prefix.parse().unwrap();
    let listed = rig.wait(list(rig.host.stores(), &prefix, 4)).unwrap();
    listed
        .into_iter()
        .map(|object| (object.info.uri.to_string(), object.plaintext))
        .collect()
}

#[test]
fn a_listing_has_objects_with_the_size_of_their_plaintext_and_no_instruction_files() {
    let rig = with_instruction_files();
    rig.put("memory://m/a", b"four").unwrap();
    rig.put("memory://m/file/b", b"").unwrap();
    rig.store(
        "memory://m/plain",
        provost::store::Metadata::new(),
        vec![0; 100],
    );
    assert!(rig.exists("memory://m/file/b.instruction"));
    let expected = [("a", Some(4)), ("file/b", Some(0)), ("plain", None)];
    let expected = expected.map(|(key, size)| (format!("memory://m/{key}"), size));
    assert_eq!(listed(&rig, "memory://m/"), expected);
}

#[test]
fn an_object_that_cannot_be_looked_at_does_not_hide_the_others() {
    let rig = with_instruction_files();
    for name in ["store/a", "store/b", "store/c", "store/d"] {
        rig.put(name, b"four").unwrap();
    }
    let folder = rig.root().join("store");
    std::fs::write(folder.join("a.metadata.json"), "{").unwrap();
    // Links are not followed, so this one cannot be opened.
    std::fs::remove_file(folder.join("c.metadata.json")).unwrap();
    symlink("d.metadata.json", folder.join("c.metadata.json")).unwrap();
    let prefix = format!("file://{}", folder.display()).parse().unwrap();
    let listed = rig.wait(list(rig.host.stores(), &prefix, 4)).unwrap();
    let words = [
        "`a.metadata.json` is damaged",
        "",
        "cannot read its metadata file",
        "",
    ];
    assert_eq!(listed.len(), words.len());
    for (object, words) in listed.iter().zip(words) {
        let problem = object.problem.as_deref().unwrap_or_default();
        assert!(problem.contains(words), "{object:?}");
        assert_eq!(problem.is_empty(), words.is_empty(), "{object:?}");
        assert_eq!(object.plaintext, words.is_empty().then_some(4));
        assert_eq!(object.info.size, 20);
    }
}

#[test]
fn removing_an_object_removes_its_instruction_file() {
    let rig = with_instruction_files();
    let name = "memory://m/file/b";
    rig.put(name, b"text").unwrap();
    rig.wait(delete(rig.host.stores(), &rig.uri(name))).unwrap();
    assert!(!rig.exists(name));
    assert!(!rig.exists("memory://m/file/b.instruction"));
    let error = rig
        .wait(delete(rig.host.stores(), &rig.uri(name)))
        .unwrap_err();
    assert!(matches!(error, ObjectError::Store(_)), "{error:?}");
}

#[test]
fn looking_at_an_object_says_what_the_read_policy_would() {
    let rig = with_instruction_files();
    rig.put("memory://m/file/b", b"text").unwrap();
    let found = rig.inspect("memory://m/file/b").unwrap();
    assert_eq!(found.plaintext, Some(4));
    assert_eq!(found.envelope.format, Format::V3);
    assert_eq!(found.envelope.place, EnvelopePlace::InstructionFile);
    assert!(found.refusal.is_none());

    // The same object where instruction files are not read.
    for suffix in ["", ".instruction"] {
        let (head, body) = rig.stored(&format!("memory://m/file/b{suffix}"));
        rig.store(&format!("memory://m/b{suffix}"), head.metadata, body);
    }
    let found = rig.inspect("memory://m/b").unwrap();
    let refusal = MetadataError::PlaceNotAllowed {
        found: EnvelopePlace::InstructionFile,
    };
    assert_eq!(found.refusal, Some(refusal));
    rig.store(
        "memory://m/plain",
        provost::store::Metadata::new(),
        vec![0; 100],
    );
    assert!(rig.inspect("memory://m/plain").is_err());
}
