//! KMS: what it is asked, and when it is not asked at all. S3EC format, section 4.

use provost_core::envelope::key_wrap::{
    ComposedKmsUnwrap, compose_kms_generate, compose_kms_unwrap, compose_kms_wrap,
};
use provost_core::envelope::{
    ContentMetadata, KeyWrapError, Located, ReadPolicy, ReusableDataKey, ReuseBounds,
    WrapAlgorithm, WrappedDataKey, WriteFormat, WritePlace, open, seal,
};
use provost_core::materials::{DecryptionMaterials, EncryptionMaterials, MaterialsError};
use provost_plugin_api::{MaterialsDescription, RawMaterials, SecretBytes};
use std::time::Duration;

use crate::support::Seeded;

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd";
const ALGORITHM: &str = "aws:x-amz-cek-alg";

fn description(entries: &[(&str, &str)]) -> MaterialsDescription {
    entries.iter().copied().collect()
}

fn encryption(entries: &[(&str, &str)]) -> EncryptionMaterials {
    let raw = RawMaterials::kms(KEY).with_description(description(entries));
    EncryptionMaterials::validate(raw).unwrap()
}

fn decryption(key: &str, entries: &[(&str, &str)]) -> DecryptionMaterials {
    let raw = RawMaterials::kms(key).with_description(description(entries));
    DecryptionMaterials::validate(raw).unwrap()
}

fn data_key() -> SecretBytes {
    SecretBytes::new((100..132).collect())
}

fn wrapped(format: WriteFormat, entries: &[(&str, &str)]) -> WrappedDataKey {
    let question = compose_kms_generate(&encryption(entries), format).unwrap();
    question
        .accept(&data_key(), b"wrapped by KMS".to_vec())
        .unwrap()
}

/// Seals an object and reads its envelope as a reader would.
fn stored(
    format: WriteFormat,
    entries: &[(&str, &str)],
) -> (Vec<(String, String)>, ContentMetadata) {
    let (_, envelope) = seal(wrapped(format, entries), Some(0), &mut Seeded(3)).unwrap();
    let stored = envelope
        .place(WritePlace::Metadata, 0)
        .unwrap()
        .object_metadata;
    let metadata = located(&stored).unwrap();
    (stored, metadata)
}

fn located(
    stored: &[(String, String)],
) -> Result<ContentMetadata, provost_core::envelope::MetadataError> {
    let entries = stored
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    match ContentMetadata::locate(entries, &ReadPolicy::default())? {
        Located::InMetadata(metadata) => Ok(metadata),
        Located::InInstructionFile(_) => panic!("it is in metadata"),
    }
}

fn asked(
    candidates: &[DecryptionMaterials],
    metadata: &ContentMetadata,
) -> Result<Vec<ComposedKmsUnwrap>, KeyWrapError> {
    compose_kms_unwrap(
        candidates,
        metadata.encrypted_data_key(),
        metadata.description(),
    )
}

#[test]
fn the_context_is_the_description_and_the_content_algorithm() {
    for (format, algorithm) in [
        (WriteFormat::V2, "AES/GCM/NoPadding"),
        (WriteFormat::V3, "115"),
    ] {
        let materials = encryption(&[("team", "a"), ("kms_cmk_id", KEY)]);
        let question = compose_kms_generate(&materials, format).unwrap();
        let expected = description(&[("team", "a"), (ALGORITHM, algorithm)]);
        assert_eq!(
            question.context(),
            &expected,
            "the key's id is no part of it"
        );
        assert_eq!((question.key_id(), question.length()), (KEY, 32));
    }
}

#[test]
fn a_description_with_the_reserved_entry_is_refused() {
    let raw = RawMaterials::kms(KEY).with_description(description(&[(ALGORITHM, "115")]));
    let refused = EncryptionMaterials::validate(raw).unwrap_err();
    assert!(matches!(refused, MaterialsError::ReservedName { .. }));
}

#[test]
fn each_format_stores_the_context_under_its_own_name() {
    let (v2, _) = stored(WriteFormat::V2, &[("team", "a")]);
    let (v3, _) = stored(WriteFormat::V3, &[("team", "a")]);
    let get = |stored: &[(String, String)], name: &str| {
        let found = stored.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.clone())
    };
    assert_eq!(
        get(&v2, "x-amz-matdesc").unwrap(),
        r#"{"aws:x-amz-cek-alg":"AES/GCM/NoPadding","team":"a"}"#
    );
    assert_eq!(get(&v2, "x-amz-wrap-alg").unwrap(), "kms+context");
    assert_eq!(
        get(&v3, "x-amz-t").unwrap(),
        r#"{"aws:x-amz-cek-alg":"115","team":"a"}"#
    );
    assert_eq!(get(&v3, "x-amz-w").unwrap(), "12");
    assert_eq!(get(&v3, "x-amz-m"), None);
}

#[test]
fn what_is_stored_is_what_kms_is_asked_with() {
    for format in [WriteFormat::V2, WriteFormat::V3] {
        let (_, metadata) = stored(format, &[("team", "a")]);
        let questions = asked(&[decryption(KEY, &[("team", "a")])], &metadata).unwrap();
        let [question] = questions.as_slice() else {
            panic!("{questions:?}");
        };
        assert_eq!(question.key_id(), KEY);
        assert_eq!(question.ciphertext(), b"wrapped by KMS");
        assert_eq!(Some(question.context()), metadata.description());
        let key = question.accept(&data_key()).unwrap();
        assert!(wrapped(format, &[]).unwraps_to(&key));
    }
}

#[test]
fn kms_is_not_asked_with_another_context_than_the_materials() {
    let (_, metadata) = stored(WriteFormat::V3, &[("team", "a")]);
    for entries in [&[][..], &[("team", "b")], &[("team", "a"), ("more", "c")]] {
        let refused = asked(&[decryption(KEY, entries)], &metadata).unwrap_err();
        assert!(
            matches!(refused, KeyWrapError::ContextMismatch { .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains("team=a"), "{refused}");
    }
    // Of several candidates those are asked for whose description it is.
    let both = [decryption("first", &[]), decryption(KEY, &[("team", "a")])];
    let questions = asked(&both, &metadata).unwrap();
    assert_eq!(questions.len(), 1);
}

#[test]
fn kms_is_not_asked_for_a_key_that_only_the_object_names() {
    let context = description(&[
        (
            "kms_cmk_id",
            "arn:aws:kms:eu-central-1:999999999999:key/evil",
        ),
        (ALGORITHM, "115"),
    ]);
    let (_, metadata) = stored(WriteFormat::V3, &[]);
    let refused = compose_kms_unwrap(
        &[decryption(KEY, &[])],
        metadata.encrypted_data_key(),
        Some(&context),
    );
    let Err(KeyWrapError::ForeignKmsKey { found, configured }) = refused else {
        panic!("{refused:?}");
    };
    assert!(found.contains("evil") && configured == KEY);
    // To the letter: the id alone is not the ARN that ends in it.
    let context = description(&[("kms_cmk_id", "1234abcd"), (ALGORITHM, "115")]);
    let refused = compose_kms_unwrap(
        &[decryption(KEY, &[])],
        metadata.encrypted_data_key(),
        Some(&context),
    );
    assert!(matches!(refused, Err(KeyWrapError::ForeignKmsKey { .. })));
    // One that is configured is the only one that is asked for.
    let context = description(&[("kms_cmk_id", KEY), (ALGORITHM, "115")]);
    let questions = compose_kms_unwrap(
        &[decryption("other", &[]), decryption(KEY, &[])],
        metadata.encrypted_data_key(),
        Some(&context),
    )
    .unwrap();
    let ids: Vec<_> = questions.iter().map(ComposedKmsUnwrap::key_id).collect();
    assert_eq!(ids, [KEY]);
}

#[test]
fn a_context_of_another_content_algorithm_is_refused() {
    let (_, metadata) = stored(WriteFormat::V3, &[]);
    for entries in [&[][..], &[(ALGORITHM, "AES/GCM/NoPadding")]] {
        let refused = compose_kms_unwrap(
            &[decryption(KEY, &[])],
            metadata.encrypted_data_key(),
            Some(&description(entries)),
        );
        assert!(matches!(
            refused,
            Err(KeyWrapError::ContextAlgorithm { .. })
        ));
    }
}

#[test]
fn materials_of_another_kind_are_not_taken_for_kms() {
    let (_, metadata) = stored(WriteFormat::V3, &[]);
    let aes = RawMaterials::symmetric(SecretBytes::new((0..32).collect()));
    let aes = DecryptionMaterials::validate(aes).unwrap();
    let refused = asked(&[aes], &metadata).unwrap_err();
    assert!(refused.is_wrong_key(), "{refused}");
}

#[test]
fn an_answer_that_is_no_data_key_or_no_wrap_is_refused() {
    let question = || compose_kms_generate(&encryption(&[]), WriteFormat::V3).unwrap();
    let short = question().accept(&SecretBytes::new(vec![1; 16]), vec![9; 100]);
    assert!(matches!(
        short,
        Err(KeyWrapError::DataKeyLength { got: 16, .. })
    ));
    let constant = question().accept(&SecretBytes::new(vec![1; 32]), vec![9; 100]);
    assert!(matches!(constant, Err(KeyWrapError::ConstantDataKey)));
    let empty = question().accept(&data_key(), Vec::new());
    assert!(matches!(
        empty,
        Err(KeyWrapError::WrappedLength { got: 0, .. })
    ));
    let long = question().accept(&data_key(), vec![9; 6145]);
    assert!(matches!(
        long,
        Err(KeyWrapError::WrappedLength { got: 6145, .. })
    ));
    let mut clear = vec![0; 10];
    clear.extend_from_slice(data_key().secret_bytes());
    let clear = question().accept(&data_key(), clear);
    assert!(matches!(clear, Err(KeyWrapError::NotWrapped)));
}

#[test]
fn another_wrap_of_an_objects_key_has_its_own_context_and_no_key() {
    let questions = asked(&[decryption(KEY, &[])], &stored(WriteFormat::V3, &[]).1).unwrap();
    let key = questions[0].accept(&data_key()).unwrap();
    let question = compose_kms_wrap(&encryption(&[("team", "b")]), WriteFormat::V3, &key).unwrap();
    assert_eq!(question.payload(), &data_key());
    let rewrapped = question.accept(b"again".to_vec()).unwrap();
    assert_eq!(rewrapped.encrypted().bytes(), b"again");
    assert_eq!(
        rewrapped.encrypted().wrap(),
        WrapAlgorithm::KmsContext.into()
    );
    let expected = description(&[("team", "b"), (ALGORITHM, "115")]);
    assert_eq!(rewrapped.description(), &expected);
}

const BOUNDS: ReuseBounds = ReuseBounds {
    objects: 3,
    bytes: 100,
    age: Duration::from_mins(1),
};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_shared_data_key_ends_at_each_bound() {
    let shared = || ReusableDataKey::new(wrapped(WriteFormat::V3, &[]), BOUNDS, at(10)).unwrap();
    let mut objects = shared();
    let given = (0..5).filter(|_| objects.next(1, at(11)).is_some());
    assert_eq!(given.count(), 3);
    assert!(objects.is_spent(at(11)));
    let mut bytes = shared();
    assert!(bytes.next(60, at(11)).is_some());
    assert!(
        bytes.next(41, at(11)).is_none(),
        "what does not fit is not counted"
    );
    assert!(bytes.next(40, at(11)).is_some());
    let mut age = shared();
    assert!(age.next(1, at(69)).is_some());
    assert!(age.next(1, at(70)).is_none() && age.is_spent(at(70)));
}

#[test]
fn a_data_key_of_v2_is_never_shared() {
    let key = wrapped(WriteFormat::V2, &[]);
    assert!(ReusableDataKey::new(key, BOUNDS, at(0)).is_err());
}

#[test]
fn objects_that_share_a_data_key_have_content_keys_of_their_own() {
    let mut shared = ReusableDataKey::new(wrapped(WriteFormat::V3, &[]), BOUNDS, at(0)).unwrap();
    let mut randomness = Seeded(9);
    let mut sealed = |shared: &mut ReusableDataKey| {
        let key = shared.next(4, at(1)).unwrap();
        let (mut sealer, envelope) = seal(key, Some(4), &mut randomness).unwrap();
        let mut body = b"same".to_vec();
        sealer.update(&mut body).unwrap();
        body.extend_from_slice(&sealer.finish().unwrap());
        (body, envelope.metadata().clone())
    };
    let (first, first_metadata) = sealed(&mut shared);
    let (second, second_metadata) = sealed(&mut shared);
    assert_eq!(
        first_metadata.encrypted_data_key(),
        second_metadata.encrypted_data_key()
    );
    assert_ne!(first_metadata.message_id(), second_metadata.message_id());
    assert_ne!(first_metadata.commitment(), second_metadata.commitment());
    assert_ne!(first, second, "one plaintext, two ciphertexts");
    let questions = asked(&[decryption(KEY, &[])], &first_metadata).unwrap();
    let key = questions[0].accept(&data_key()).unwrap();
    for (body, metadata) in [(first, first_metadata), (second, second_metadata)] {
        let mut text = body;
        let size = text.len() as u64;
        open(&metadata, &key, Some(size))
            .unwrap()
            .open_whole(&mut text)
            .unwrap();
        assert_eq!(text, b"same");
    }
}
