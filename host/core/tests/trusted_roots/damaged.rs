//! Damaged and hostile stores: an error, or certificates that are really in them, never a panic.

use crate::made::{
    Entry, JKS, Made, PKCS12, PKCS12_LEGACY, PKCS12_WITHOUT_PASSWORD, jks, run, text,
};
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

/// An element, DER.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).unwrap();
    let long: &[u8] = if length < 0x80 { &[] } else { &[0x81] };
    [&[tag], long, &[length], &content].concat()
}

/// A store without a digest, of one part, whose encryption takes 1 GiB: scrypt with N = 2^20.
fn scrypt_store() -> Vec<u8> {
    let sequence = |parts: &[&[u8]]| element(0x30, parts);
    let data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let encrypted_data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
    let pbes2 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
    let scrypt = b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
    let aes = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
    let numbers = b"\x02\x03\x10\x00\x00\x02\x01\x08\x02\x01\x01";
    let parameters = sequence(&[&element(4, &[b"saltsalt"]), numbers]);
    let derivation = sequence(&[scrypt, &parameters]);
    let cipher = sequence(&[aes, &element(4, &[&[0; 16]])]);
    let algorithm = sequence(&[pbes2, &sequence(&[&derivation, &cipher])]);
    let content = sequence(&[data, &algorithm, &element(0x80, &[&[0; 32]])]);
    let part = sequence(&[b"\x02\x01\x00", &content]);
    let part = sequence(&[encrypted_data, &element(0xa0, &[&part])]);
    let parts = element(4, &[&sequence(&[&part])]);
    let safe = sequence(&[data, &element(0xa0, &[&parts])]);
    sequence(&[b"\x02\x01\x03", &safe])
}

#[test]
fn a_store_that_takes_any_amount_of_memory_is_refused_before_it_is_read() {
    let (made, store) = (Made::new(), scrypt_store());
    let path = made.path("scrypt.p12");
    std::fs::write(&path, &store).unwrap();
    // It is what it says: OpenSSL finds the derivation, and its N.
    let printed = run(
        "openssl",
        [
            "asn1parse",
            "-inform",
            "DER",
            "-strparse",
            "23",
            "-in",
            text(&path),
        ],
    );
    assert_has(&printed, ":scrypt");
    assert_has(&printed, ":100000");
    let error = refused(read(&store));
    assert_has(
        &error.to_string(),
        "the PKCS#12 store cannot be read: it names scrypt",
    );
    assert_has(&error.to_string(), "expected PBKDF2");
    assert_has(&error.hint().unwrap(), "`keytool -list -rfc -keystore FILE");
}
