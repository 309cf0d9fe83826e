//! Content on several threads: the same object, and every misuse refused.

use provost_core::envelope::key_wrap::{unwrap, wrap};
use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, SegmentOpener, SegmentSealer, WriteFormat, open,
    open_segments, seal, seal_segments,
};

use crate::support::{Seeded, aes, description, plaintext};

const FORMATS: [WriteFormat; 2] = [WriteFormat::V2, WriteFormat::V3];
const SEGMENT: usize = 4096;

fn wrapped(format: WriteFormat, randomness: &mut Seeded) -> provost_core::envelope::WrappedDataKey {
    let key = DataKey::generate(randomness).unwrap();
    wrap(&aes(32).encryption(&description()), format, key, randomness).unwrap()
}

fn begin(format: WriteFormat, length: Option<u64>) -> (SegmentSealer, ContentMetadata) {
    let mut randomness = Seeded(7);
    let key = wrapped(format, &mut randomness);
    let (sealer, envelope) = seal_segments(key, length, &mut randomness).unwrap();
    (sealer, envelope.metadata().clone())
}

fn key(metadata: &ContentMetadata) -> DataKey {
    unwrap(&aes(32).decryption(), metadata.encrypted_data_key()).unwrap()
}

fn opener(metadata: &ContentMetadata, body: u64) -> SegmentOpener {
    open_segments(metadata, &key(metadata), body).unwrap()
}

/// The body that one pass makes, with the same randomness.
fn in_order(format: WriteFormat, plaintext: &[u8]) -> Vec<u8> {
    let mut randomness = Seeded(7);
    let key = wrapped(format, &mut randomness);
    let (sealer, _) = seal(key, Some(plaintext.len() as u64), &mut randomness).unwrap();
    let mut body = plaintext.to_vec();
    sealer.seal_whole(&mut body).unwrap();
    body
}

/// Seals on a thread for each segment.
fn sealed(format: WriteFormat, plaintext: &[u8]) -> (Vec<u8>, ContentMetadata) {
    let (mut sealer, metadata) = begin(format, Some(plaintext.len() as u64));
    let mut body = plaintext.to_vec();
    std::thread::scope(|scope| {
        for piece in body.chunks_mut(SEGMENT) {
            let segment = sealer.reserve(piece.len()).unwrap();
            scope.spawn(move || segment.seal(piece).unwrap());
        }
    });
    body.extend(sealer.finish().unwrap());
    (body, metadata)
}

#[test]
fn several_threads_make_and_open_the_object_that_one_makes() {
    for format in FORMATS {
        for length in [0, 1, 15, 16, 17, SEGMENT, SEGMENT + 1, 10 * SEGMENT + 7] {
            let text = plaintext(length);
            let (body, metadata) = sealed(format, &text);
            assert_eq!(body, in_order(format, &text), "{format}, {length} bytes");

            let mut opened = body.clone();
            let mut opener = opener(&metadata, body.len() as u64);
            let (ciphertext, tag) = opened.split_last_chunk_mut().unwrap();
            let mut segments: Vec<_> = ciphertext
                .chunks_mut(SEGMENT)
                .map(|piece| (opener.reserve(piece.len()).unwrap(), piece))
                .collect();
            segments.reverse();
            for (segment, piece) in segments {
                segment.open_unverified(piece).unwrap();
            }
            assert_eq!(opener.finish(tag), Ok(()));
            assert_eq!(ciphertext, text);
        }
    }
}

#[test]
fn another_tag_key_or_bit_is_not_authentic() {
    let text = plaintext(3 * SEGMENT);
    for format in FORMATS {
        let (body, metadata) = sealed(format, &text);
        let verdict = |body: &[u8]| {
            let mut body = body.to_vec();
            let mut opener = opener(&metadata, body.len() as u64);
            let (ciphertext, tag) = body.split_last_chunk_mut().unwrap();
            for piece in ciphertext.chunks_mut(SEGMENT) {
                let segment = opener.reserve(piece.len()).unwrap();
                segment.open_unverified(piece).unwrap();
            }
            opener.finish(tag)
        };
        assert_eq!(verdict(&body), Ok(()));
        for at in [0, SEGMENT, text.len() - 1, text.len(), body.len() - 1] {
            let mut changed = body.clone();
            changed[at] ^= 0x10;
            assert_eq!(verdict(&changed), Err(ContentError::NotAuthentic), "{at}");
        }
    }
}

#[test]
fn a_key_that_the_envelope_does_not_commit_to_opens_no_segment() {
    let (_, metadata) = begin(WriteFormat::V3, None);
    let other = DataKey::generate(&mut Seeded(99)).unwrap();
    let refused = open_segments(&metadata, &other, 100).unwrap_err();
    assert_eq!(refused, ContentError::Commitment);
    assert!(open(&metadata, &key(&metadata), Some(100)).is_ok());
}

#[test]
fn a_segment_that_was_reserved_and_not_sealed_leaves_no_object() {
    for format in FORMATS {
        let (mut sealer, _) = begin(format, None);
        let forgotten = sealer.reserve(32).unwrap();
        sealer.reserve(32).unwrap().seal(&mut [0; 32]).unwrap();
        drop(forgotten);
        assert_eq!(sealer.finish(), Err(ContentError::Segments));
    }
}

#[test]
fn a_segment_takes_as_much_as_was_reserved_and_is_untouched_otherwise() {
    let (mut sealer, metadata) = begin(WriteFormat::V3, None);
    for got in [31, 33] {
        let mut data = vec![7; got];
        let refused = sealer.reserve(32).unwrap().seal(&mut data);
        let (expected, got) = (32, got as u64);
        assert_eq!(refused, Err(ContentError::Length { expected, got }));
        assert!(data.iter().all(|byte| *byte == 7));
    }
    let mut opener = opener(&metadata, 48);
    let segment = opener.reserve(32).unwrap();
    let refused = segment.open_unverified(&mut [0; 16]);
    let (expected, got) = (32, 16);
    assert_eq!(refused, Err(ContentError::Length { expected, got }));
}

#[test]
fn segments_are_reserved_within_the_announced_length_and_the_limit() {
    let (mut sealer, _) = begin(WriteFormat::V3, Some(40));
    assert_eq!(sealer.reserve(32).unwrap().offset(), 0);
    let (expected, got) = (40, 48);
    let refused = sealer.reserve(16).unwrap_err();
    assert_eq!(refused, ContentError::Length { expected, got });
    assert_eq!(sealer.reserve(8).unwrap_err(), ContentError::Abandoned);
    assert_eq!(sealer.finish(), Err(ContentError::Abandoned));

    let (mut sealer, _) = begin(WriteFormat::V3, Some(40));
    sealer.reserve(16).unwrap().seal(&mut [0; 16]).unwrap();
    let (expected, got) = (40, 16);
    let short = sealer.finish();
    assert_eq!(short, Err(ContentError::Length { expected, got }));

    let (mut sealer, _) = begin(WriteFormat::V3, None);
    sealer.reserve(17).unwrap();
    let refused = sealer.reserve(16).unwrap_err();
    assert_eq!(refused, ContentError::Unaligned { got: 17 });
}
