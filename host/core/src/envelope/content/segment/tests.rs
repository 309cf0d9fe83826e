use std::sync::Arc;

use aes_gcm::aead::array::Array;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use aws_lc_rs::aead::{self, LessSafeKey, UnboundKey};
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::cursor::Cursor;
use super::field::{dot, hash_key, inverse, power};
use super::hash::{Miscounted, Run, Runs};
use super::message::Message;
use crate::envelope::content::ContentError;
use crate::envelope::content::keyed::{ContentKey, Keyed};
use crate::envelope::content::length::Length;
use crate::envelope::evp::Direction::{self, Decrypt, Encrypt};
use crate::envelope::suite::GCM_MAX_PLAINTEXT;

/// An AAD of each suite, and one that is longer than a block.
const AADS: [&[u8]; 3] = [b"", b"\x00\x73", b"more than sixteen bytes of it"];

fn keyed(key: [u8; 32], iv: [u8; 12], aad: &'static [u8]) -> Keyed {
    let mut content_key = ContentKey::zeroed();
    *content_key.secret_bytes_mut() = key;
    Keyed {
        key: content_key,
        iv,
        aad,
    }
}

fn message(direction: Direction, aad: usize) -> Message {
    Message::new(keyed([7; 32], [1; 12], AADS[aad]), direction).unwrap()
}

/// What two other implementations make of it in one go, which is the same.
fn one_shot(key: [u8; 32], iv: [u8; 12], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let nonce: Nonce<_> = Array(iv);
    let payload = Payload {
        msg: plaintext,
        aad,
    };
    let cipher = Aes256Gcm::new_from_slice(&key).unwrap();
    let mut body = cipher.encrypt(&nonce, payload).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&aead::AES_256_GCM, &key).unwrap());
    let mut other = plaintext.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key(iv);
    key.seal_in_place_append_tag(nonce, aead::Aad::from(aad), &mut other)
        .unwrap();
    assert_eq!(body, other);
    let tag = body.split_off(plaintext.len());
    (body, tag.try_into().unwrap())
}

fn bytes(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

/// Cuts, in blocks of 16 bytes, as the ranges between them.
fn segments(length: usize, cuts: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut * 16).collect();
    ends.retain(|end| *end < length);
    ends.push(length);
    ends.sort_unstable();
    let starts = std::iter::once(0).chain(ends.clone());
    starts.zip(ends).map(|(start, end)| start..end).collect()
}

fn run(message: &Message, data: &mut [u8], order: &[std::ops::Range<usize>]) {
    for segment in order {
        let offset = segment.start as u64;
        message.run(offset, &mut data[segment.clone()]).unwrap();
    }
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(15),
        Just(16),
        Just(17),
        Just(32),
        0..5000_usize,
        (0..300_usize).prop_map(|blocks| blocks * 16),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_segmentation_in_every_order_makes_the_message_of_one_pass(
        key: [u8; 32],
        iv: [u8; 12],
        aad in 0..3_usize,
        length in lengths(),
        cuts in prop::collection::vec(0..310_usize, 0..12),
        keys in prop::collection::vec(any::<u32>(), 13),
    ) {
        let plaintext = bytes(length);
        let (ciphertext, tag) = one_shot(key, iv, AADS[aad], &plaintext);
        let mut order: Vec<_> = segments(length, &cuts).into_iter().zip(keys).collect();
        order.sort_by_key(|(_, key)| *key);
        let order: Vec<_> = order.into_iter().map(|(segment, _)| segment).collect();

        let sealing = Message::new(keyed(key, iv, AADS[aad]), Encrypt).unwrap();
        let mut data = plaintext.clone();
        run(&sealing, &mut data, &order);
        prop_assert_eq!(&data, &ciphertext);
        prop_assert_eq!(sealing.tag(length as u64).unwrap(), tag);

        let opening = Message::new(keyed(key, iv, AADS[aad]), Decrypt).unwrap();
        run(&opening, &mut data, &order);
        prop_assert_eq!(&data, &plaintext);
        prop_assert_eq!(opening.tag(length as u64).unwrap(), tag);
    }

    #[test]
    fn dividing_undoes_multiplying(a: u128, h in 1..u128::MAX) {
        prop_assert_eq!(dot(dot(a, h), inverse(h)), a);
        prop_assert_eq!(dot(dot(a, inverse(h)), h), a);
    }

    #[test]
    fn powers_multiply_as_their_exponents_add(h: u128, m in 1..1_u128 << 40, n in 1..1_u128 << 40) {
        prop_assert_eq!(dot(power(h, m), power(h, n)), power(h, m + n));
        prop_assert_eq!(power(h, 1), h);
    }
}

/// RFC 8452, appendix A: `mulX_POLYVAL` by its definition, and the example of POLYVAL, whose
/// numbers are little-endian.
#[test]
fn the_field_is_that_of_rfc_8452() {
    assert_eq!(hash_key(1), 2);
    assert_eq!(hash_key(1 << 127), (1 << 127) | (1 << 126) | (1 << 121) | 1);
    let h = 0x25_62_93_47_58_92_42_76_1d_31_f8_26_ba_4b_75_7b_u128.swap_bytes();
    let x1 = 0x4f_4f_95_66_8c_83_df_b6_40_17_62_bb_2d_01_a2_62_u128.swap_bytes();
    let x2 = 0xd1_a2_4d_dd_27_21_d0_06_bb_e4_5f_20_d3_c9_f3_62_u128.swap_bytes();
    let polyval = 0xf7_a3_b4_7b_84_61_19_fa_e5_b7_86_6c_f5_e5_b7_7e_u128.swap_bytes();
    assert_eq!(dot(dot(x1, h) ^ x2, h), polyval);
}

#[test]
fn threads_may_seal_and_open_at_the_same_time() {
    let plaintext = bytes(1 << 20);
    let (ciphertext, tag) = one_shot([7; 32], [1; 12], AADS[1], &plaintext);
    for (direction, from, to) in [
        (Encrypt, &plaintext, &ciphertext),
        (Decrypt, &ciphertext, &plaintext),
    ] {
        let message = Arc::new(message(direction, 1));
        let mut data = from.clone();
        std::thread::scope(|scope| {
            for (number, segment) in data.chunks_mut(1 << 14).enumerate() {
                let message = &message;
                scope.spawn(move || message.run((number << 14) as u64, segment).unwrap());
            }
        });
        assert!(&data == to);
        assert_eq!(message.tag(1 << 20), Ok(tag));
    }
}

#[test]
fn a_change_of_any_bit_gives_another_tag() {
    let (ciphertext, tag) = one_shot([7; 32], [1; 12], AADS[1], &bytes(40));
    for bit in 0..ciphertext.len() * 8 {
        let mut changed = ciphertext.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let message = message(Decrypt, 1);
        run(&message, &mut changed, &[16..40, 0..16]);
        assert_ne!(message.tag(40).unwrap(), tag, "bit {bit}");
    }
}

/// aws-lc does not document that the tag of a decryption can be had: see `SegmentGcm::tag`.
#[test]
fn the_tag_of_a_decryption_is_that_of_its_encryption() {
    use crate::envelope::evp::SegmentGcm;
    let mut gcm = SegmentGcm::new(&[7; 32]).unwrap();
    for length in [0, 1, 15, 16, 17, 4096, 70_001] {
        let mut data = bytes(length);
        gcm.start(Encrypt, &[9; 16]).unwrap();
        gcm.update(&mut data).unwrap();
        let tag = gcm.tag().unwrap();
        gcm.start(Decrypt, &[9; 16]).unwrap();
        for piece in data.chunks_mut(4097) {
            gcm.update(piece).unwrap();
        }
        assert_eq!(gcm.tag().unwrap(), tag, "{length} bytes");
        assert_eq!(data, bytes(length));
    }
}

/// Nobody can find a key whose hash key is zero; what it would do is known all the same.
#[test]
fn with_a_hash_key_of_zero_everything_hashes_to_zero() {
    let plaintext = bytes(100);
    let (ciphertext, _) = one_shot([7; 32], [1; 12], AADS[1], &plaintext);
    let keyed = keyed([7; 32], [1; 12], AADS[1]);
    let message = Message::with_hash_key(keyed, Encrypt, 0).unwrap();
    let mut data = plaintext;
    run(&message, &mut data, &[48..100, 0..48]);
    assert_eq!(data, ciphertext);
    // The tag is then the mask alone: what the tag of nothing is without AAD, whatever the key.
    let (_, mask) = one_shot([7; 32], [1; 12], b"", b"");
    assert_eq!(message.tag(100), Ok(mask));
}

#[test]
fn a_segment_that_is_missing_or_came_twice_is_refused() {
    let message = message(Encrypt, 0);
    let mut data = bytes(64);
    run(&message, &mut data, &[0..16, 32..64]);
    assert_eq!(message.tag(64), Err(ContentError::Segments));
    let again = message.run(48, &mut [0; 16]);
    assert_eq!(again, Err(ContentError::Segments));
}

#[test]
fn a_message_of_another_length_than_its_segments_is_refused() {
    for total in [0, 15, 16, 49] {
        let message = message(Encrypt, 0);
        run(&message, &mut bytes(48), &[0..16, 16..48]);
        assert_eq!(message.tag(total), Err(ContentError::Segments), "{total}");
    }
}

#[test]
fn the_last_segment_of_the_longest_message_is_sealed_and_none_after_it() {
    // The counter of the last block is 2^32 - 1: what the bytes are, plain counter mode says.
    let message = message(Encrypt, 0);
    let mut data = [0; 32];
    message.run(GCM_MAX_PLAINTEXT - 32, &mut data).unwrap();
    let blocks = &mut crate::envelope::evp::Blocks::new(&[7; 32]).unwrap();
    let mut expected = Vec::new();
    for counter in [u32::MAX - 1, u32::MAX] {
        let block = [&[1; 12][..], &counter.to_be_bytes()].concat();
        expected.extend(blocks.encrypt(block.try_into().unwrap()).unwrap());
    }
    assert_eq!(data[..], expected);

    let mut cursor = Cursor::new(Length::new(GCM_MAX_PLAINTEXT, None).unwrap());
    for _ in 0..63 {
        cursor.reserve(1 << 30).unwrap();
    }
    assert_eq!(cursor.reserve((1 << 30) - 32), Ok(63 << 30));
    assert_eq!(cursor.finish(), Ok(GCM_MAX_PLAINTEXT));
    let (max, got) = (GCM_MAX_PLAINTEXT, GCM_MAX_PLAINTEXT + 1);
    assert_eq!(cursor.reserve(1), Err(ContentError::TooLong { max, got }));
    assert_eq!(cursor.finish(), Err(ContentError::Abandoned));
}

#[test]
fn only_the_last_segment_may_end_inside_a_block() {
    let mut cursor = Cursor::new(Length::new(GCM_MAX_PLAINTEXT, None).unwrap());
    assert_eq!(cursor.reserve(32), Ok(0));
    assert_eq!(cursor.reserve(17), Ok(32));
    assert_eq!(cursor.finish(), Ok(49));
    // Nothing is not a segment after it.
    assert_eq!(cursor.reserve(0), Ok(49));
    assert_eq!(cursor.reserve(16), Err(ContentError::Unaligned { got: 17 }));
    assert_eq!(cursor.reserve(16), Err(ContentError::Abandoned));
}

#[test]
fn runs_take_no_block_twice() {
    let mut runs = Runs::default();
    let run = |start, blocks| Run {
        start,
        blocks,
        hash: Zeroizing::new(1),
        power: Zeroizing::new(1),
    };
    runs.add(run(4, 4)).unwrap();
    for (start, blocks) in [(4, 4), (3, 2), (7, 1), (7, 9), (0, 5), (5, 1), (0, 100)] {
        assert_eq!(
            runs.add(run(start, blocks)),
            Err(Miscounted),
            "{start}+{blocks}"
        );
    }
    runs.add(run(10, 2)).unwrap();
    runs.add(run(0, 4)).unwrap();
    assert!(runs.whole(12).is_err());
    runs.add(run(8, 2)).unwrap();
    assert!(runs.whole(12).is_ok_and(|run| run.is_some()));
}
