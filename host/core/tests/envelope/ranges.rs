//! Parts of an object: which bytes are fetched, and what they decrypt to.

use std::ops::Range;

use aes_gcm::aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use provost_core::envelope::key_wrap::{unwrap, wrap};
use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, Randomness, UnverifiedRange, WriteFormat,
    open_range_unverified, open_unauthenticated_range, seal,
};

use crate::legacy::v1;
use crate::support::{Seeded, aes, description, plaintext};

const FORMATS: [WriteFormat; 2] = [WriteFormat::V2, WriteFormat::V3];
const LENGTH: usize = 1000;

fn sealed(format: WriteFormat, text: &[u8]) -> (Vec<u8>, ContentMetadata) {
    let mut randomness = Seeded(7);
    let key = DataKey::generate(&mut randomness).unwrap();
    let materials = aes(32).encryption(&description());
    let wrapped = wrap(&materials, format, key, &mut randomness).unwrap();
    let (sealer, envelope) = seal(wrapped, None, &mut randomness).unwrap();
    let mut body = text.to_vec();
    sealer.seal_whole(&mut body).unwrap();
    (body, envelope.metadata().clone())
}

fn begin(
    metadata: &ContentMetadata,
    body: u64,
    range: Range<u64>,
) -> Result<UnverifiedRange, ContentError> {
    let key = unwrap(&aes(32).decryption(), metadata.encrypted_data_key()).unwrap();
    open_range_unverified(metadata, &key, body, range)
}

/// The range, from the bytes of the body that it asked for, in pieces.
fn read(metadata: &ContentMetadata, body: &[u8], range: Range<u64>, piece: usize) -> Vec<u8> {
    let mut opener = begin(metadata, body.len() as u64, range.clone()).unwrap();
    let part = opener.body();
    assert_eq!(part.start, range.start - range.start % 16);
    assert_eq!(part.end, range.end);
    let part = usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
    let mut read = Vec::new();
    for piece in body[part].to_vec().chunks_mut(piece) {
        read.extend_from_slice(opener.update_unverified(piece).unwrap());
    }
    opener.finish_unverified().unwrap();
    read
}

#[test]
fn a_range_is_that_part_of_the_plaintext_at_the_edges_of_blocks_and_elsewhere() {
    let text = plaintext(LENGTH);
    let edges = [0, 1, 15, 16, 17, 31, 32, 33, 500, 991, 992, 993, 999, 1000];
    for format in FORMATS {
        let (body, metadata) = sealed(format, &text);
        for start in edges {
            for end in edges.into_iter().filter(|end| *end > start) {
                for piece in [1, 7, 16, 4096] {
                    let range = start as u64..end as u64;
                    let read = read(&metadata, &body, range, piece);
                    assert_eq!(read, &text[start..end], "{format}, {start}..{end}");
                }
            }
        }
    }
}

#[test]
fn a_range_that_is_empty_inverted_or_past_the_end_is_refused() {
    let length = LENGTH as u64;
    for format in FORMATS {
        let (body, metadata) = sealed(format, &plaintext(LENGTH));
        let inverted = Range { start: 9, end: 8 };
        let past = [length - 1..length + 1, length..length + 16, 0..u64::MAX];
        for range in past.into_iter().chain([4..4, inverted]) {
            let refused = begin(&metadata, body.len() as u64, range.clone()).unwrap_err();
            // The tag is no part of the plaintext.
            assert_eq!(refused, ContentError::Range { range, length });
        }
    }
}

#[test]
fn a_body_over_the_limit_has_no_ranges() {
    let (_, metadata) = sealed(WriteFormat::V3, b"");
    let max = (1 << 36) - 32;
    assert!(begin(&metadata, max + 16, max - 1..max).is_ok());
    let refused = begin(&metadata, max + 17, 0..1).unwrap_err();
    let got = max + 1;
    assert_eq!(refused, ContentError::TooLong { max, got });
    let refused = begin(&metadata, 15, 0..1).unwrap_err();
    assert_eq!(refused, ContentError::ShorterThanTag { tag: 16, got: 15 });
}

#[test]
fn the_commitment_is_checked_for_a_range_too() {
    let (body, metadata) = sealed(WriteFormat::V3, &plaintext(LENGTH));
    let other = DataKey::generate(&mut Seeded(99)).unwrap();
    let refused = open_range_unverified(&metadata, &other, body.len() as u64, 0..1).unwrap_err();
    assert_eq!(refused, ContentError::Commitment);
}

#[test]
fn more_or_less_than_the_part_that_was_asked_for_is_refused() {
    let (body, metadata) = sealed(WriteFormat::V2, &plaintext(LENGTH));
    let mut opener = begin(&metadata, body.len() as u64, 20..40).unwrap();
    let (expected, got) = (24, 25);
    let refused = opener.update_unverified(&mut [0; 25]).unwrap_err();
    assert_eq!(refused, ContentError::Length { expected, got });
    let mut opener = begin(&metadata, body.len() as u64, 20..40).unwrap();
    opener.update_unverified(&mut [0; 23]).unwrap();
    let (expected, got) = (24, 23);
    let refused = opener.finish_unverified();
    assert_eq!(refused, Err(ContentError::Length { expected, got }));
}

/// A legacy object: its key, and the body that the cipher's own crate makes.
fn legacy(text: &[u8]) -> (DataKey, Vec<u8>) {
    let mut key = [0; 32];
    Seeded(3).fill(&mut key).unwrap();
    let cipher = cbc::Encryptor::<Aes256>::new(&key.into(), &[b'i'; 16].into());
    let body = cipher.encrypt_padded_vec::<Pkcs7>(text);
    (DataKey::generate(&mut Seeded(3)).unwrap(), body)
}

#[test]
fn a_range_of_legacy_content_is_read_with_the_block_before_it_and_without_the_padding() {
    for length in [95, 96, 97] {
        let text = plaintext(length);
        let (key, body) = legacy(&text);
        let metadata = v1(None);
        let edges = [0, 1, 15, 16, 17, 31, 32, 33, 79, 80, 81, length - 1, length];
        for start in edges {
            for end in edges.into_iter().filter(|end| *end > start) {
                for piece in [16, 48, 4096] {
                    let range = start as u64..end as u64;
                    let opener = open_unauthenticated_range(&metadata, &key, length as u64, range);
                    let mut opener = opener.unwrap();
                    let part = opener.body();
                    assert_eq!(part.start, ((start / 16).saturating_sub(1) * 16) as u64);
                    assert_eq!(part.end, (end.div_ceil(16) * 16) as u64);
                    let part =
                        usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
                    let mut read = Vec::new();
                    for piece in body[part].to_vec().chunks_mut(piece) {
                        read.extend_from_slice(opener.update_unverified(piece).unwrap());
                    }
                    opener.finish_unverified().unwrap();
                    assert_eq!(read, &text[start..end], "{length}: {start}..{end}");
                }
            }
        }
    }
}

#[test]
fn a_range_of_legacy_content_is_inside_the_plaintext_and_comes_in_whole_blocks() {
    let (key, _) = legacy(b"");
    let metadata = v1(None);
    let begin = |range| open_unauthenticated_range(&metadata, &key, 40, range);
    for range in [39..41, 40..41, 7..7] {
        let refused = begin(range.clone()).unwrap_err();
        let length = 40;
        assert_eq!(refused, ContentError::Range { range, length });
    }
    let refused = begin(0..40)
        .unwrap()
        .update_unverified(&mut [0; 17])
        .unwrap_err();
    assert_eq!(refused, ContentError::NotWholeBlocks { block: 16, got: 17 });
}

#[test]
fn content_with_and_without_a_tag_has_ranges_of_its_own() {
    let (key, body) = legacy(b"some text");
    let refused = open_range_unverified(&v1(None), &key, body.len() as u64, 0..1).unwrap_err();
    assert_eq!(refused, ContentError::Unauthenticated);
    let (_, metadata) = sealed(WriteFormat::V2, b"some text");
    let refused = open_unauthenticated_range(&metadata, &key, 9, 0..1).unwrap_err();
    assert_eq!(refused, ContentError::Authenticated);
}
