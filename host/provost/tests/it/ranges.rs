//! Parts of objects: the right bytes, no more than they are fetched, and nothing that passes for
//! authenticated.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use provost::Error;
use provost::store::encrypted::{ByteRange, ObjectError, ReceivedRange};
use provost::store::{
    Condition, FileStore, GetOptions, Metadata, NewObject, Object, ObjectHead, ObjectInfo,
    ObjectLister, ObjectPrefix, ObjectStore, ObjectUri, ObjectWriter, Scheme, StoreError,
};
use provost_core::config::Isolation;
use provost_core::envelope::ContentError;

use crate::rig::{Rig, Setup, Sink};

const TABLES: &str = "[[prefixes]]\nprefix = \"memory://m/\"\nwrite.format = \"V2\"";

fn rig() -> Rig {
    let setup = Setup::new("Good", Isolation::InProcess);
    setup.tables(TABLES).build()
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|n| n.to_le_bytes()[n % 3] ^ 0x35).collect()
}

fn read(rig: &Rig, name: &str, range: &str) -> Result<(Vec<u8>, ReceivedRange), Error> {
    let range: ByteRange = range.parse().unwrap();
    let (sink, objects, uri) = (Sink::default(), rig.objects(name)?, rig.uri(name));
    let reading = objects.get_range_unverified(&uri, range, sink.clone(), None);
    let received = rig.wait(reading)?;
    Ok((sink.written(), received))
}

#[test]
fn a_range_is_that_part_of_the_plaintext_in_every_store_and_format() {
    let rig = rig();
    let length = (2 << 20) + 21;
    let text = text(length);
    let ranges = [
        ("0-0", 0..1),
        ("0-15", 0..16),
        ("15-16", 15..17),
        ("16-31", 16..32),
        ("17-1048590", 17..1_048_591),
        ("1048575-1048576", 1_048_575..1_048_577),
        ("1-", 1..length),
        ("-1", length - 1..length),
        ("-21", length - 21..length),
        ("0-2097172", 0..length),
    ];
    // V2, V3, and both in a file.
    for name in ["memory://m/x", "memory://other/x", "x"] {
        rig.put(name, &text).unwrap();
        for (asked, expected) in &ranges {
            let (found, received) = read(&rig, name, asked).unwrap();
            assert!(found == text[expected.clone()], "{asked} of {name}");
            let range: Range<u64> = expected.start as u64..expected.end as u64;
            assert_eq!((received.range, received.plaintext), (range, length as u64));
        }
    }
}

#[test]
fn a_range_that_is_not_all_there_is_an_error_with_the_size() {
    let rig = rig();
    for (length, ranges) in [
        (0, ["0-0", "0-", "-1"]),
        (20, ["20-", "19-20", "-21"]),
        // The tag that follows is no plaintext.
        (16, ["16-31", "0-16", "-17"]),
    ] {
        rig.put("memory://m/x", &text(length)).unwrap();
        for asked in ranges {
            let error = read(&rig, "memory://m/x", asked).unwrap_err();
            let Error::Object(ObjectError::Range {
                range, length: got, ..
            }) = error
            else {
                panic!("{error:?}")
            };
            assert_eq!((range.to_string().as_str(), got), (asked, length as u64));
        }
    }
}

/// Why its name says so: a change that the whole object does not survive goes unnoticed in a part.
#[test]
fn a_range_of_a_changed_object_comes_out_changed() {
    let rig = rig();
    let name = "memory://other/x";
    rig.put(name, &[7; 100]).unwrap();
    let (head, mut body) = rig.stored(name);
    body[50] ^= 0xff;
    rig.store(name, head.metadata, body);
    let (found, _) = read(&rig, name, "48-52").unwrap();
    assert_eq!(found, [7, 7, 0xf8, 7, 7]);
    let error = rig.get(name).unwrap_err();
    let Error::Object(ObjectError::Content { source, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(source, ContentError::NotAuthentic);
}

#[test]
fn the_envelope_of_another_object_is_refused_for_a_range_too() {
    let rig = rig();
    rig.put("memory://other/x", &[7; 100]).unwrap();
    rig.put("memory://other/y", &[9; 100]).unwrap();
    let (x, body) = rig.stored("memory://other/x");
    let (y, _) = rig.stored("memory://other/y");
    let mixed = x.metadata.iter().map(|(name, value)| {
        let swapped = if name == "x-amz-3" {
            y.metadata.get(name)
        } else {
            None
        };
        (name, swapped.unwrap_or(value))
    });
    let mixed = Metadata::try_from(mixed.collect::<Vec<_>>()).unwrap();
    rig.store("memory://other/x", mixed, body);
    let error = read(&rig, "memory://other/x", "0-9").unwrap_err();
    let Error::Object(ObjectError::Content { source, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(source, ContentError::Commitment);
}

/// A store of files that tells what was asked of it.
#[derive(Debug)]
struct Asked {
    files: FileStore,
    opened: Arc<Mutex<Vec<GetOptions>>>,
}

#[async_trait]
impl ObjectStore for Asked {
    async fn create(
        &self,
        uri: &ObjectUri,
        new: NewObject,
    ) -> Result<Box<dyn ObjectWriter>, StoreError> {
        self.files.create(uri, new).await
    }

    async fn open(&self, uri: &ObjectUri, options: GetOptions) -> Result<Object, StoreError> {
        self.opened.lock().unwrap().push(options.clone());
        self.files.open(uri, options).await
    }

    async fn look(&self, uri: &ObjectUri, version: Option<&str>) -> Result<ObjectHead, StoreError> {
        self.files.look(uri, version).await
    }

    async fn list(&self, prefix: &ObjectPrefix) -> Result<Box<dyn ObjectLister>, StoreError> {
        self.files.list(prefix).await
    }

    async fn delete(&self, uri: &ObjectUri, if_match: Option<&str>) -> Result<(), StoreError> {
        self.files.delete(uri, if_match).await
    }

    async fn replace_metadata(
        &self,
        uri: &ObjectUri,
        metadata: Metadata,
        condition: Condition,
    ) -> Result<ObjectInfo, StoreError> {
        self.files.replace_metadata(uri, metadata, condition).await
    }
}

#[test]
fn a_range_fetches_the_blocks_that_it_is_in_and_no_more() {
    let rig = rig();
    let opened = Arc::new(Mutex::default());
    let store = Asked {
        files: FileStore::new(),
        opened: Arc::clone(&opened),
    };
    rig.host.stores().serve(Scheme::File, "", Arc::new(store));
    rig.put("x", &text(1000)).unwrap();
    opened.lock().unwrap().clear();
    read(&rig, "x", "100-149").unwrap();
    let opened = std::mem::take(&mut *opened.lock().unwrap());
    let [options] = &opened[..] else {
        panic!("{opened:?}")
    };
    assert_eq!(options.range, Some(96..150));
    // Only of the object whose envelope was read.
    assert!(options.if_match.is_some());
}
