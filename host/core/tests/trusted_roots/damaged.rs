//! Damaged and hostile stores: an error, or certificates that are really in them, never a panic.

use crate::made::{Entry, JKS, Made, PKCS12, PKCS12_LEGACY, PKCS12_WITHOUT_PASSWORD, jks};
use crate::{assert_has, fingerprints, read, refused};

/// Each proper prefix, and each byte changed in three ways.
fn broken(store: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cuts = (0..store.len()).map(|end| store[..end].to_vec());
    let flips = (0..store.len()).flat_map(move |at| {
        [0x01, 0x10, 0x80].into_iter().map(move |mask| {
            let mut bytes = store.to_vec();
            bytes[at] ^= mask;
            bytes
        })
    });
    cuts.chain(flips)
}

#[test]
fn a_jks_store_that_was_cut_or_changed_anywhere_is_refused() {
    let made = Made::new();
    made.store_of_a_key(JKS);
    let store = made.store(JKS);
    assert_eq!(read(&store).unwrap().roots().len(), 2);
    for bytes in broken(&store) {
        refused(read(&bytes));
    }
}

#[test]
fn a_pkcs12_store_that_was_cut_or_changed_has_no_certificate_that_was_not_there() {
    let store = Made::new().store(PKCS12);
    let whole = fingerprints(&read(&store).unwrap());
    assert_eq!(whole.len(), 2);
    for bytes in broken(&store) {
        if let Ok(roots) = read(&bytes) {
            assert!(fingerprints(&roots).is_subset(&whole));
        }
    }
    for end in 0..store.len() {
        refused(read(&store[..end]));
    }
}

#[test]
fn a_store_without_a_digest_never_has_more_certificates_than_it_had() {
    let store = Made::new().store(PKCS12_WITHOUT_PASSWORD);
    assert_eq!(read(&store).unwrap().roots().len(), 2);
    for bytes in broken(&store) {
        if let Ok(roots) = read(&bytes) {
            assert!(roots.roots().len() + roots.skipped() <= 2);
        }
    }
}

#[test]
fn a_legacy_store_that_was_cut_is_refused() {
    let store = Made::new().store(PKCS12_LEGACY);
    for end in (0..store.len()).step_by(7) {
        refused(read(&store[..end]));
    }
}

#[test]
fn lengths_and_counts_of_a_jks_store_are_checked_before_anything_is_allocated() {
    let made = Made::new();
    // Its chain has a count of its own.
    made.store_of_a_key(JKS);
    let store = made.store(JKS);
    for at in 4..store.len() - 4 {
        for number in [u32::MAX, 0x7fff_ffff, 1 << 24] {
            let mut bytes = store.clone();
            bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
            refused(read(&bytes));
        }
    }
    // With a good digest, so that nothing but the numbers is wrong.
    let der = made.der("one");
    let entry = |tag| Entry {
        tag,
        alias: "a",
        certificate: &der,
    };
    for (store, part) in [
        (
            jks(2, u32::MAX, &[entry(2)]),
            "the JKS store cannot be read",
        ),
        (
            jks(2, 0, &[entry(2)]),
            "bytes follow its entries, expected the 20 of a digest",
        ),
        (jks(3, 1, &[entry(2)]), "it has version 3, expected 1 or 2"),
        (
            jks(2, 1, &[entry(3)]),
            "an entry has tag 3, expected 1 (a key) or 2 (a certificate)",
        ),
        // Read as the length of an encrypted key, this is far too much.
        (jks(2, 1, &[entry(1)]), "it is cut off or damaged"),
    ] {
        assert_has(&refused(read(&store)).to_string(), part);
    }
}

#[test]
fn a_jks_store_has_a_bounded_number_of_certificates() {
    let entry = |alias| Entry {
        tag: 2,
        alias,
        certificate: &[],
    };
    let aliases: Vec<String> = (0..10_001).map(|i| format!("{i}")).collect();
    let entries: Vec<Entry<'_>> = aliases.iter().map(|alias| entry(alias)).collect();
    let error = refused(read(&jks(2, 10_001, &entries)));
    assert_has(&error.to_string(), "more than 10000 certificates");
    assert_has(
        &refused(read(&jks(2, 10_000, &entries[..10_000]))).to_string(),
        "10000 certificates in it, and none of them can be parsed",
    );
}
