//! Another key for a data key: the content stays, and only what is proved is taken over.

use provost_core::envelope::key_wrap::{self, unwrap};
use provost_core::envelope::{
    ContentError, DataKey, RewrapError, StoredEnvelope, WriteFormat, WritePlace, check_rewrap,
    moved, rewrap,
};
use provost_plugin_api::MaterialsDescription;

use crate::independent;
use crate::support::{
    Key, Refused, Seeded, Stored, aes, any_policy, as_map, description, open_object, other_aes,
    other_rsa, parse, plaintext, rsa, seal_object,
};

/// What stays where it is, and so on the object when there is an instruction file.
const CONTENT: [&str; 5] = ["x-amz-iv", "x-amz-cek-alg", "x-amz-c", "x-amz-d", "x-amz-i"];

/// `stored` with its data key wrapped by `new`.
fn rewrapped(stored: &Stored, old: &Key, new: &Key, place: WritePlace) -> Stored {
    let metadata = parse(&stored.metadata, stored.file.as_deref(), &any_policy()).unwrap();
    let key = unwrap(&old.decryption(), metadata.encrypted_data_key()).unwrap();
    let format = check_rewrap(&metadata, &key).unwrap();
    let materials = new.encryption(&MaterialsDescription::new().with("key", "green/8"));
    let wrap = key_wrap::rewrap(&materials, format, &key, &mut Seeded(7)).unwrap();
    let StoredEnvelope {
        object_metadata,
        instruction_file,
        ..
    } = rewrap(&metadata, wrap).unwrap().place(place, 0).unwrap();
    Stored {
        metadata: object_metadata,
        file: instruction_file,
        body: stored.body.clone(),
    }
}

#[test]
fn the_new_key_opens_the_same_body_here_and_independently_and_the_old_one_does_not() {
    let text = plaintext(1003);
    let keys = [
        (aes(32), other_aes()),
        (aes(16), rsa()),
        (rsa(), other_rsa()),
    ];
    let places = [WritePlace::Metadata, WritePlace::InstructionFile];
    for format in [WriteFormat::V2, WriteFormat::V3] {
        for (old, new) in &keys {
            for from in places {
                for to in places {
                    let stored = seal_object(old, format, from, &description(), &text, usize::MAX);
                    let again = rewrapped(&stored, old, new, to);
                    assert_eq!(independent::decrypt(new, &again), text);
                    let opened = open_object(&new.decryption(), &again, usize::MAX);
                    assert_eq!(opened.as_ref(), Ok(&text));
                    let refused = open_object(&old.decryption(), &again, usize::MAX);
                    assert!(matches!(refused, Err(Refused::KeyWrap(_))), "{refused:?}");
                    assert_eq!(again.file.is_some(), to == WritePlace::InstructionFile);
                    if from == to && from == WritePlace::Metadata {
                        let (before, after) = (as_map(&stored.metadata), as_map(&again.metadata));
                        for name in CONTENT {
                            assert_eq!(before.get(name), after.get(name), "{name}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_data_key_that_v3_does_not_commit_to_is_refused_before_it_is_wrapped() {
    let stored = seal_object(
        &aes(32),
        WriteFormat::V3,
        WritePlace::Metadata,
        &description(),
        b"text",
        usize::MAX,
    );
    let metadata = parse(&stored.metadata, None, &any_policy()).unwrap();
    let other = DataKey::generate(&mut Seeded(99)).unwrap();
    assert_eq!(
        check_rewrap(&metadata, &other),
        Err(RewrapError::Content(ContentError::Commitment))
    );
}

#[test]
fn a_wrap_for_the_other_format_is_not_put_into_an_envelope() {
    let seal = |format| {
        let place = WritePlace::Metadata;
        seal_object(&aes(32), format, place, &description(), b"text", usize::MAX)
    };
    let v2 = parse(&seal(WriteFormat::V2).metadata, None, &any_policy()).unwrap();
    let key = DataKey::generate(&mut Seeded(1)).unwrap();
    let materials = other_aes().encryption(&description());
    let wrap = key_wrap::rewrap(&materials, WriteFormat::V3, &key, &mut Seeded(2)).unwrap();
    assert!(matches!(rewrap(&v2, wrap), Err(RewrapError::Format { .. })));
}

#[test]
fn content_without_a_tag_is_not_rewrapped() {
    let stored = [
        (
            "x-amz-key",
            "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr",
        ),
        ("x-amz-iv", "aWlpaWlpaWlpaWlpaWlpaQ=="),
        ("x-amz-matdesc", "{}"),
    ];
    let stored = stored.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let v1 = parse(&stored, None, &any_policy()).unwrap();
    let key = DataKey::generate(&mut Seeded(1)).unwrap();
    let refused = |error| matches!(error, RewrapError::Legacy { .. });
    assert!(refused(check_rewrap(&v1, &key).unwrap_err()));
    assert!(refused(moved(&v1).unwrap_err()));
}
