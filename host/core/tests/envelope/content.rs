//! Content: limits, lengths, and what a failed call leaves behind.

use provost_core::envelope::key_wrap::{unwrap, wrap};
use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, Opener, Randomness, RandomnessError, Sealer,
    WriteFormat, open, seal,
};

use crate::support::{Key, Seeded, aes, description, plaintext, rsa};

const FORMATS: [WriteFormat; 2] = [WriteFormat::V2, WriteFormat::V3];
const MAX: u64 = (1 << 36) - 32;

fn begin(
    format: WriteFormat,
    length: Option<u64>,
) -> Result<(Sealer, ContentMetadata), ContentError> {
    let mut randomness = Seeded(7);
    let key = DataKey::generate(&mut randomness).unwrap();
    let materials = aes(32).encryption(&description());
    let wrapped = wrap(&materials, format, key, &mut randomness).unwrap();
    let (sealer, envelope) = seal(wrapped, length, &mut randomness)?;
    Ok((sealer, envelope.metadata().clone()))
}

fn opener(metadata: &ContentMetadata, body: Option<u64>) -> Result<Opener, ContentError> {
    let key = unwrap(&aes(32).decryption(), metadata.encrypted_data_key()).unwrap();
    open(metadata, &key, body)
}

#[test]
fn plaintext_over_the_limit_is_refused_before_the_first_byte() {
    for format in FORMATS {
        assert!(begin(format, Some(MAX)).is_ok());
        let error = begin(format, Some(MAX + 1)).unwrap_err();
        assert_eq!(
            error,
            ContentError::TooLong {
                max: MAX,
                got: MAX + 1
            }
        );
        let (_, metadata) = begin(format, None).unwrap();
        assert!(opener(&metadata, Some(MAX + 16)).is_ok());
        let error = opener(&metadata, Some(MAX + 17)).unwrap_err();
        assert_eq!(
            error,
            ContentError::TooLong {
                max: MAX,
                got: MAX + 1
            }
        );
    }
}

#[test]
fn body_shorter_than_its_tag_is_refused() {
    for format in FORMATS {
        let (_, metadata) = begin(format, None).unwrap();
        for got in 0..16_u8 {
            let expected = ContentError::ShorterThanTag {
                tag: 16,
                got: got.into(),
            };
            assert_eq!(opener(&metadata, Some(got.into())).unwrap_err(), expected);
            let mut body = vec![7; got.into()];
            let whole = opener(&metadata, None).unwrap().open_whole(&mut body);
            assert_eq!(whole, Err(expected));
            assert!(body.is_empty());
        }
        assert_eq!(metadata.plaintext_length(16), Ok(0));
        assert_eq!(metadata.plaintext_length(1016), Ok(1000));
    }
}

#[test]
fn more_than_announced_is_refused_untouched_and_abandons_the_object() {
    for format in FORMATS {
        let (mut sealer, metadata) = begin(format, Some(10)).unwrap();
        sealer.update(&mut [1; 6]).unwrap();
        let mut more = *b"fives";
        let expected = ContentError::Length {
            expected: 10,
            got: 11,
        };
        assert_eq!(sealer.update(&mut more), Err(expected.clone()));
        assert_eq!(&more, b"fives", "refused before it is encrypted");
        assert_eq!(sealer.update(&mut []), Err(ContentError::Abandoned));
        assert_eq!(sealer.finish(), Err(ContentError::Abandoned));

        let mut opener = opener(&metadata, Some(26)).unwrap();
        opener.update_unverified(&mut [1; 6]).unwrap();
        assert_eq!(opener.update_unverified(&mut more), Err(expected));
        assert_eq!(&more, b"fives");
        let after = opener.update_unverified(&mut []);
        assert_eq!(after, Err(ContentError::Abandoned));
        assert_eq!(opener.finish(&[0; 16]), Err(ContentError::Abandoned));
    }
}

#[test]
fn less_than_announced_has_no_tag() {
    for format in FORMATS {
        let (mut sealer, metadata) = begin(format, Some(10)).unwrap();
        sealer.update(&mut [1; 9]).unwrap();
        let expected = ContentError::Length {
            expected: 10,
            got: 9,
        };
        assert_eq!(sealer.finish(), Err(expected.clone()));
        let mut opener = opener(&metadata, Some(26)).unwrap();
        opener.update_unverified(&mut [1; 9]).unwrap();
        assert_eq!(opener.finish(&[0; 16]), Err(expected));
    }
}

#[test]
fn unknown_length_seals_and_records_none() {
    for format in FORMATS {
        let (mut sealer, metadata) = begin(format, None).unwrap();
        assert_eq!(metadata.recorded_length(), None);
        let mut body = plaintext(100);
        sealer.update(&mut body).unwrap();
        body.extend_from_slice(&sealer.finish().unwrap());
        let opened = opener(&metadata, None).unwrap().open_whole(&mut body);
        assert_eq!((opened, body), (Ok(()), plaintext(100)));
    }
}

#[test]
fn whole_objects_open_and_tampered_ones_leave_nothing() {
    for format in FORMATS {
        let (sealer, metadata) = begin(format, Some(100)).unwrap();
        let mut body = plaintext(100);
        sealer.seal_whole(&mut body).unwrap();
        for at in [0, 50, 99, 100, 115] {
            let mut tampered = body.clone();
            tampered[at] ^= 1;
            let opened = opener(&metadata, Some(116)).unwrap();
            let opened = opened.open_whole(&mut tampered);
            assert_eq!(opened, Err(ContentError::NotAuthentic));
            assert!(tampered.is_empty(), "no unverified plaintext is left");
        }
        let opened = opener(&metadata, Some(116)).unwrap();
        assert_eq!(opened.open_whole(&mut body), Ok(()));
        assert_eq!(body, plaintext(100));
    }
}

#[test]
fn another_data_key_fails_at_the_commitment() {
    let (_, metadata) = begin(WriteFormat::V3, None).unwrap();
    let other = DataKey::generate(&mut Seeded(8)).unwrap();
    let error = open(&metadata, &other, None).unwrap_err();
    assert_eq!(error, ContentError::Commitment);
}

#[test]
fn every_object_has_its_own_key_iv_and_message_id() {
    let mut randomness = Seeded(9);
    let mut seen = std::collections::BTreeSet::new();
    for format in [FORMATS, FORMATS].concat() {
        let key = DataKey::generate(&mut randomness).unwrap();
        let materials = aes(32).encryption(&description());
        let wrapped = wrap(&materials, format, key, &mut randomness).unwrap();
        assert!(seen.insert(wrapped.encrypted().bytes()[..12].to_vec()));
        let (_, envelope) = seal(wrapped, None, &mut randomness).unwrap();
        let metadata = envelope.metadata();
        let iv = metadata.iv().map(|iv| iv.to_vec());
        let id = metadata.message_id().map(|id| id.to_vec());
        assert!(seen.insert(iv.or(id).unwrap()));
    }
    assert_eq!(seen.len(), 8);
}

/// Works for `left` calls, then returns zeros, or fails.
struct Broken {
    left: usize,
    zeros: bool,
}

impl Randomness for Broken {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        if self.left > 0 {
            self.left -= 1;
            return Seeded(5).fill(bytes);
        }
        if self.zeros {
            bytes.fill(0);
            return Ok(());
        }
        Err(RandomnessError::unavailable("no entropy"))
    }
}

#[test]
fn no_object_is_sealed_without_randomness() {
    let attempt = |format, key: &Key, left, zeros| {
        let mut randomness = Broken { left, zeros };
        let data_key = DataKey::generate(&mut randomness).map_err(|e| e.to_string())?;
        let materials = key.encryption(&description());
        let wrapped =
            wrap(&materials, format, data_key, &mut randomness).map_err(|e| e.to_string())?;
        seal(wrapped, None, &mut randomness).map_err(|e| e.to_string())?;
        Ok::<_, String>(())
    };
    for format in FORMATS {
        let last = match format {
            WriteFormat::V2 => "content IV",
            WriteFormat::V3 => "message id",
        };
        // RSA padding's randomness is the library's own.
        for (key, uses) in [
            (aes(32), &["data key", "wrap's IV", last][..]),
            (rsa(), &["data key", last]),
        ] {
            for (left, what) in uses.iter().enumerate() {
                let zero = format!("random bytes for the {what} are all zero");
                assert_eq!(attempt(format, &key, left, true), Err(zero));
                let failed = "no random bytes: no entropy".to_owned();
                assert_eq!(attempt(format, &key, left, false), Err(failed));
            }
            assert_eq!(attempt(format, &key, uses.len(), true), Ok(()));
        }
    }
}

#[test]
fn sealing_may_move_between_threads_and_materials_be_shared() {
    fn movable<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    movable::<Sealer>();
    movable::<Opener>();
    shared::<DataKey>();
    shared::<ContentMetadata>();
    shared::<provost_core::materials::EncryptionMaterials>();
    shared::<provost_core::materials::DecryptionMaterials>();
}

#[test]
fn data_key_is_never_printed() {
    let key = DataKey::generate(&mut Seeded(1)).unwrap();
    assert_eq!(format!("{key:?}"), "DataKey(32 bytes)");
}
