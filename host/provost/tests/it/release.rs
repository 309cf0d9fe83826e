//! Verified is what is released: of an object that was tampered with, not one byte.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use provost::Error;
use provost::store::Existing;
use provost::store::encrypted::{ObjectError, Received};
use provost_core::config::Isolation;

use crate::rig::{Rig, in_both_modes, names_in, rig};

/// One is verified in memory, the other while it is spooled or written to an unnamed file.
const SIZES: [usize; 2] = [5000, (9 << 20) + 7];

fn text(size: usize) -> Vec<u8> {
    (0..size).map(|n| n.to_le_bytes()[n % 3] | 1).collect()
}

fn get_to_file(rig: &Rig, name: &str, path: &Path, existing: Existing) -> Result<Received, Error> {
    let objects = rig.objects(name)?;
    let uri = rig.uri(name);
    Ok(rig.wait(objects.get_to_file(&uri, path, existing, None))?)
}

/// A change to a stored body.
type Tampering = (&'static str, fn(&mut Vec<u8>));

const TAMPERINGS: [Tampering; 6] = [
    ("first byte", |body| body[0] ^= 1),
    ("last byte of the ciphertext", |body| {
        let at = body.len() - 17;
        body[at] ^= 0x80;
    }),
    ("last byte of the tag", |body| {
        *body.last_mut().unwrap() ^= 1;
    }),
    ("cut by a byte", |body| {
        body.pop();
    }),
    ("a byte more", |body| body.push(0)),
    ("two halves swapped", |body| {
        let half = body.len() / 2;
        body.rotate_left(half);
    }),
];

/// Calls `test` with an object that has been tampered with, of each size, in each way and mode.
fn tampered(test: impl Fn(&Rig, &str)) {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        for size in SIZES {
            let name = "memory://m/x";
            rig.put(name, &text(size)).unwrap();
            let (head, body) = rig.stored(name);
            for (what, tamper) in TAMPERINGS {
                println!("{size} bytes, {what}");
                let mut body = body.clone();
                tamper(&mut body);
                rig.store(name, head.metadata.clone(), body);
                test(&rig, name);
            }
        }
    });
}

fn refused(error: &Error) {
    assert!(
        matches!(error, Error::Object(ObjectError::Content { .. })),
        "{error:?}"
    );
}

#[test]
fn an_object_that_was_tampered_with_leaves_no_file() {
    tampered(|rig, name| {
        let folder = tempfile::tempdir_in(rig.root()).unwrap();
        for existing in [Existing::Refuse, Existing::Replace] {
            let path = folder.path().join("out");
            refused(&get_to_file(rig, name, &path, existing).unwrap_err());
            assert!(names_in(folder.path()).is_empty());
        }
    });
}

#[test]
fn an_object_that_was_tampered_with_leaves_the_file_that_was_there() {
    tampered(|rig, name| {
        let folder = tempfile::tempdir_in(rig.root()).unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "from before").unwrap();
        refused(&get_to_file(rig, name, &path, Existing::Replace).unwrap_err());
        assert_eq!(names_in(folder.path()), ["out"]);
        assert_eq!(fs::read(&path).unwrap(), b"from before");
    });
}

/// Counts what it is asked to do.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn an_object_that_was_tampered_with_writes_nothing_to_a_pipe() {
    tampered(|rig, name| {
        let sink = Counting::default();
        let objects = rig.objects(name).unwrap();
        let uri = rig.uri(name);
        let get = objects.get_to_writer(&uri, sink.clone(), None);
        refused(&rig.wait(get).unwrap_err().into());
        assert_eq!(sink.0.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_whole_object_gets_its_name_with_mode_0600_and_nothing_beside_it() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        for size in SIZES {
            let expected = text(size);
            for name in ["memory://m/x", "x"] {
                rig.put(name, &expected).unwrap();
                assert!(rig.get(name).unwrap() == expected);
                let folder = tempfile::tempdir_in(rig.root()).unwrap();
                let path = folder.path().join("out");
                for existing in [Existing::Refuse, Existing::Replace] {
                    let received = get_to_file(&rig, name, &path, existing).unwrap();
                    assert_eq!(received.plaintext, size as u64);
                    assert!(fs::read(&path).unwrap() == expected);
                    let mode = fs::metadata(&path).unwrap().permissions().mode();
                    assert_eq!(mode & 0o7777, 0o600);
                    assert_eq!(names_in(folder.path()), ["out"]);
                }
            }
        }
    });
}

/// Masks what is looked for, so that the search does not find itself.
const MASK: u8 = 0x55;
/// Occurs in no other memory of this process.
const MASKED: [u8; 32] = *b"plaintext-of-the-search,-masked!";

/// Repeats what is looked for; it leaves no copy of its own.
struct Repeating(usize);

impl Read for Repeating {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.0);
        self.0 -= length;
        for (at, byte) in buffer[..length].iter_mut().enumerate() {
            *byte = MASKED[at % MASKED.len()] ^ MASK;
        }
        Ok(length)
    }
}

/// In how many pages the memory of this process, used or freed, holds what is looked for.
fn found_in_memory() -> usize {
    let memory = fs::File::open("/proc/self/mem").unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut pages = vec![0; 1 << 20];
    let mut found = 0;
    for map in maps.lines().filter(|map| map.contains(" rw-p ")) {
        let (from, to) = map.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [mut from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        while from < to {
            let room = pages.len().min(usize::try_from(to - from).unwrap());
            // Another thread may have given it back meanwhile.
            let Ok(length @ 1..) = memory.read_at(&mut pages[..room], from) else {
                break;
            };
            found += pages[..length]
                .chunks(4096)
                .filter(|page| holds(page))
                .count();
            // The search's own copy is no plaintext.
            pages.fill(0);
            from += length as u64;
        }
    }
    found
}

/// Looks into the middle, where no allocator has written: a chunk has many pages.
fn holds(page: &[u8]) -> bool {
    let Some(middle) = page.get(2048..2048 + MASKED.len()) else {
        return false;
    };
    let turned = MASKED.iter().cycle();
    (0..MASKED.len()).any(|turn| {
        let expected = turned.clone().skip(turn);
        middle.iter().zip(expected).all(|(a, b)| a ^ MASK == *b)
    })
}

#[test]
fn no_plaintext_of_a_streamed_object_is_left_in_memory() {
    let rig = rig("Good", Isolation::InProcess);
    let (uri, size) = (rig.uri("x"), SIZES[1]);
    let objects = rig.objects("x").unwrap();
    rig.wait(objects.put(&uri, Repeating(size), None, None))
        .unwrap();
    assert_eq!(found_in_memory(), 0, "before it is read");
    let path = rig.root().join("out");
    get_to_file(&rig, "x", &path, Existing::Refuse).unwrap();
    assert_eq!(found_in_memory(), 0, "after it was read");
    let mut start = [0; MASKED.len()];
    fs::File::open(&path)
        .unwrap()
        .read_exact(&mut start)
        .unwrap();
    assert_eq!(start.map(|byte| byte ^ MASK), MASKED);
}

#[test]
fn a_file_that_exists_is_refused_before_anybody_is_asked() {
    in_both_modes(|isolation| {
        // There is no such object: that would be the next error.
        let rig = rig("Good", isolation);
        let path = rig.root().join("out");
        fs::write(&path, "from before").unwrap();
        let error = get_to_file(&rig, "memory://m/x", &path, Existing::Refuse).unwrap_err();
        let Error::Object(ObjectError::Release(release)) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(release.source.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"from before");
    });
}

#[test]
fn a_body_beside_its_metadata_that_was_changed_on_disk_is_refused() {
    in_both_modes(|isolation| {
        let rig = rig("Good", isolation);
        for size in SIZES {
            rig.put("x", &text(size)).unwrap();
            let body = fs::read(rig.root().join("x")).unwrap();
            for (what, tamper) in TAMPERINGS {
                println!("{size} bytes, {what}");
                let mut body = body.clone();
                tamper(&mut body);
                fs::write(rig.root().join("x"), body).unwrap();
                let folder = tempfile::tempdir_in(rig.root()).unwrap();
                let path = folder.path().join("out");
                assert!(get_to_file(&rig, "x", &path, Existing::Refuse).is_err());
                assert!(names_in(folder.path()).is_empty());
            }
        }
    });
}
