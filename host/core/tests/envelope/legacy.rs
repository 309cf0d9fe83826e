//! Legacy objects in the library's terms: who may open them, and what is known of them before.
//! That they open at all, the vectors show.

use provost_core::envelope::key_wrap::unwrap;
use provost_core::envelope::{
    ContentError, ContentMetadata, DataKey, EnvelopePlace, Format, KeyWrap, Legacy, LegacyWrap,
    MetadataError, ReadPolicy, Unauthenticated, WrapAlgorithm, WriteFormat, WritePlace, open,
    open_unauthenticated, unauthenticated_length,
};

use crate::support::{Seeded, aes, any_policy, description, parse, plaintext, seal_object};

fn entries(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub(crate) fn v1(length: Option<&str>) -> ContentMetadata {
    let key = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr";
    let mut stored = vec![
        ("x-amz-key", key),
        ("x-amz-iv", "aWlpaWlpaWlpaWlpaWlpaQ=="),
        ("x-amz-matdesc", "{}"),
    ];
    stored.extend(length.map(|length| ("x-amz-unencrypted-content-length", length)));
    parse(&entries(&stored), None, &any_policy()).unwrap()
}

fn kms(context: &str) -> Result<ContentMetadata, MetadataError> {
    let stored = entries(&[
        ("x-amz-key-v2", "d3d3"),
        ("x-amz-iv", "aWlpaWlpaWlpaWlpaWlpaQ=="),
        ("x-amz-matdesc", context),
        ("x-amz-wrap-alg", "kms"),
        ("x-amz-cek-alg", "AES/CBC/PKCS5Padding"),
    ]);
    parse(&stored, None, &any_policy())
}

#[test]
fn every_setting_that_a_legacy_object_needs_is_asked_for() {
    let v1 = v1(None);
    let places = [EnvelopePlace::Metadata];
    let policy = |formats: &[Format]| ReadPolicy::new(formats.to_vec(), places);
    let found = Format::V1;
    let content = "AES/CBC/PKCS5Padding";
    let accepted = "V2, V3".to_owned();
    let bare = policy(&[Format::V2, Format::V3]);
    assert_eq!(
        v1.check(&bare),
        Err(MetadataError::FormatNotAllowed { found, accepted })
    );
    let named = policy(&[Format::V1]);
    assert_eq!(v1.check(&named), Err(MetadataError::LegacyFormat { found }));
    let decrypted = named.with_legacy(Legacy::Decrypt);
    assert_eq!(
        v1.check(&decrypted),
        Err(MetadataError::UnauthenticatedContent { found: content })
    );
    let accepted = decrypted.with_unauthenticated(Unauthenticated::Accept);
    assert_eq!(v1.check(&accepted), Ok(()));
}

#[test]
fn looking_at_an_object_and_checking_it_again_say_the_same() {
    let all = any_policy();
    let none = ReadPolicy::new(
        [Format::V1, Format::V2, Format::V3],
        [EnvelopePlace::Metadata],
    );
    for format in [WriteFormat::V2, WriteFormat::V3] {
        for place in [WritePlace::Metadata, WritePlace::InstructionFile] {
            let stored = seal_object(&aes(32), format, place, &description(), b"data", 16);
            let file = stored.file.as_deref();
            let found = parse(&stored.metadata, file, &all).unwrap();
            let again = parse(&stored.metadata, file, &ReadPolicy::default());
            // Without a place for it, a bare object is not known to have an envelope at all.
            assert_eq!(again.is_ok(), found.check(&ReadPolicy::default()).is_ok());
        }
    }
    let kms = kms("{\"kms_cmk_id\":\"k\"}").unwrap();
    let found = "AES/CBC/PKCS5Padding";
    assert_eq!(
        kms.check(&none),
        Err(MetadataError::LegacyContentAlgorithm { found })
    );
}

#[test]
fn legacy_kms_context_is_the_whole_description_and_names_the_key() {
    let metadata = kms("{\"kms_cmk_id\":\"arn:k\",\"team\":\"blue\"}").unwrap();
    let stored = metadata.encrypted_data_key();
    assert_eq!(stored.wrap(), KeyWrap::Legacy(LegacyWrap::Kms));
    assert_eq!(stored.wrap().name(), "kms");
    assert_eq!(stored.bytes(), b"www");
    let context = stored.context().unwrap();
    assert_eq!(context.get("kms_cmk_id"), Some("arn:k"));
    assert_eq!(context.get("team"), Some("blue"));
    assert_eq!(context.iter().count(), 2);
    assert_eq!(stored.stored_kms_key_id(), Some("arn:k"));
    assert_eq!(
        (metadata.format(), metadata.is_authenticated()),
        (Format::V2, false)
    );
}

#[test]
fn wraps_without_kms_have_no_context_and_no_stored_key_id() {
    let stored = v1(None);
    let stored = stored.encrypted_data_key();
    assert_eq!((stored.context(), stored.stored_kms_key_id()), (None, None));
    assert_eq!(stored.wrap().name(), "none");
}

#[test]
fn only_v1s_wrap_cannot_tell_a_wrong_key() {
    for wrap in WrapAlgorithm::ALL {
        assert!(KeyWrap::from(wrap).detects_wrong_key());
    }
    for name in ["AESWrap", "RSA/ECB/OAEPWithSHA-256AndMGF1Padding", "kms"] {
        assert!(KeyWrap::from_name(name).unwrap().detects_wrong_key());
    }
    assert!(!KeyWrap::from(LegacyWrap::V1).detects_wrong_key());
    assert_eq!(KeyWrap::from_name("none"), None, "no name that is stored");
}

#[test]
fn cbc_length_is_the_recorded_one_where_it_can_be_true() {
    for (recorded, body, expected) in [
        (Some("0"), 16, Ok(0)),
        (Some("15"), 16, Ok(15)),
        (Some("16"), 32, Ok(16)),
        (Some("16"), 16, Err(ContentError::LengthUnknown)),
        (Some("15"), 32, Err(ContentError::LengthUnknown)),
        (Some("9999"), 32, Err(ContentError::LengthUnknown)),
        (None, 32, Err(ContentError::LengthUnknown)),
    ] {
        assert_eq!(
            v1(recorded).plaintext_length(body),
            expected,
            "{recorded:?}"
        );
    }
    for got in [0, 1, 15, 17, u64::MAX] {
        let expected = Err(ContentError::NotWholeBlocks { block: 16, got });
        assert_eq!(v1(None).plaintext_length(got), expected);
    }
}

#[test]
fn content_is_opened_under_its_own_name_only() {
    let key = DataKey::generate(&mut Seeded(3)).unwrap();
    let error = open(&v1(None), &key, Some(32)).unwrap_err();
    assert_eq!(error, ContentError::Unauthenticated);
    for format in [WriteFormat::V2, WriteFormat::V3] {
        let place = WritePlace::Metadata;
        let stored = seal_object(&aes(32), format, place, &description(), b"data", 16);
        let metadata = parse(&stored.metadata, None, &any_policy()).unwrap();
        assert!(metadata.is_authenticated());
        let key = unwrap(&aes(32).decryption(), metadata.encrypted_data_key()).unwrap();
        let error = open_unauthenticated(&metadata, &key, None).unwrap_err();
        assert_eq!(error, ContentError::Authenticated);
    }
}

#[test]
fn unauthenticated_content_takes_whole_blocks_and_as_many_as_announced() {
    let metadata = v1(None);
    let key = DataKey::generate(&mut Seeded(3)).unwrap();
    let begin = |length| open_unauthenticated(&metadata, &key, length).unwrap();
    let mut opener = begin(None);
    let error = opener.update(&mut [0; 17]).unwrap_err();
    assert_eq!(error, ContentError::NotWholeBlocks { block: 16, got: 17 });
    assert_eq!(opener.update(&mut []), Err(ContentError::Abandoned));
    assert_eq!(opener.finish(&mut [0; 16]), Err(ContentError::Abandoned));

    let mut opener = begin(Some(48));
    let more = opener.update(&mut [0; 48]).unwrap_err();
    assert_eq!(
        more,
        ContentError::Length {
            expected: 32,
            got: 48
        }
    );
    let mut opener = begin(Some(48));
    opener.update(&mut [0; 16]).unwrap();
    let less = opener.finish(&mut [0; 16]).unwrap_err();
    assert_eq!(
        less,
        ContentError::Length {
            expected: 32,
            got: 16
        }
    );
    let error = open_unauthenticated(&metadata, &key, Some(40)).unwrap_err();
    assert_eq!(error, ContentError::NotWholeBlocks { block: 16, got: 40 });
    let error = unauthenticated_length(&key, 40, &[0; 32]).unwrap_err();
    assert_eq!(error, ContentError::NotWholeBlocks { block: 16, got: 40 });
}

#[test]
fn failed_content_leaves_nothing_behind() {
    let metadata = v1(None);
    let key = DataKey::generate(&mut Seeded(3)).unwrap();
    let mut body = plaintext(48);
    let opener = open_unauthenticated(&metadata, &key, Some(48)).unwrap();
    assert_eq!(opener.open_whole(&mut body), Err(ContentError::Padding));
    assert!(body.is_empty());
}

#[test]
fn descriptions_are_written_in_ascii_whatever_is_in_them() {
    for (format, place) in [
        (WriteFormat::V2, WritePlace::Metadata),
        (WriteFormat::V3, WritePlace::Metadata),
        (WriteFormat::V2, WritePlace::InstructionFile),
    ] {
        let stored = seal_object(&aes(32), format, place, &description(), b"data", 16);
        let texts = stored.metadata.iter().map(|(_, value)| value.as_bytes());
        for text in texts.chain(stored.file.as_deref()) {
            assert!(text.iter().all(|b| (b' '..=b'~').contains(b)));
        }
        let metadata = parse(&stored.metadata, stored.file.as_deref(), &any_policy()).unwrap();
        assert_eq!(metadata.description(), Some(&description()));
    }
    // Beyond the first plane, a character is a pair of escapes.
    let astral = description().with("astral", "\u{1d11e}\u{10ffff}");
    let stored = seal_object(
        &aes(32),
        WriteFormat::V3,
        WritePlace::Metadata,
        &astral,
        b"",
        16,
    );
    let text = stored.metadata.iter().find(|(name, _)| name == "x-amz-m");
    assert!(
        text.unwrap()
            .1
            .contains("\"astral\":\"\\ud834\\udd1e\\udbff\\udfff\"")
    );
    let metadata = parse(&stored.metadata, None, &any_policy()).unwrap();
    assert_eq!(metadata.description(), Some(&astral));
}
