//! One writer replaces an object in a folder again and again while others write it anew: what was
//! put last is what is read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use provost::store::StoreError;
use provost::store::encrypted::{ObjectError, Reencrypt, Reencrypted, Rewrap};
use provost_core::config::Isolation;

use crate::rig::{Rig, Setup, private};

const PUTS: u32 = 150;

/// Where what one reads and the other writes meets for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

const IN_METADATA: &str = "";
const IN_FILES: &str = "write.envelope = \"instruction-file\"\n\
                        read.envelope = [\"metadata\", \"instruction-file\"]";

/// A host of its own, as another process would have it, whose newest key is the last of these.
fn host(policy: &str, keys: &str) -> Rig {
    let setup = Setup::new("provost.keys.Static", Isolation::InProcess);
    let root = setup.root();
    private(&root.join("1.key"), *b"0123456789abcdef0123456789ABCDEF");
    private(&root.join("2.key"), *b"fedcba9876543210FEDCBA9876543210");
    private(&root.join("keys.list"), keys);
    let list = root.join("keys.list").display().to_string();
    setup
        .conf("keys", format!("{list:?}"))
        .conf("allow_moved", "\"true\"")
        .tables(&format!("[[prefixes]]\nprefix = \"file:///\"\n{policy}"))
        .build()
}

fn text(number: u32) -> Vec<u8> {
    format!("text {number}")
        .repeat(1 + number as usize % 5)
        .into()
}

/// What is read now, when nobody is just between two files.
fn read(rig: &Rig, uri: &str) -> Vec<u8> {
    let began = Instant::now();
    loop {
        match rig.get(uri) {
            Ok(text) => return text,
            Err(error) => assert!(began.elapsed() < PATIENCE, "it stays unreadable: {error}"),
        }
    }
}

/// Whether the object was written anew; it may have been replaced meanwhile, or be met between its
/// two files.
fn written(done: Result<bool, ObjectError>) -> bool {
    match done {
        Ok(written) => written,
        Err(
            ObjectError::Store(StoreError::Condition { .. } | StoreError::NotFound { .. })
            | ObjectError::Envelope { .. }
            | ObjectError::Content { .. }
            | ObjectError::Rewrap { .. }
            | ObjectError::Key { .. },
        ) => false,
        Err(error) => panic!("{error:?}"),
    }
}

fn attack(policy: &str, anew: impl Fn(&Rig, &str) -> Result<bool, ObjectError> + Sync) {
    let writer = host(policy, "* 2 2.key\n* 1 1.key\n");
    let uri = writer.uri("store/x").to_string();
    writer.put(&uri, &text(0)).unwrap();
    let (over, times) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let other = host(policy, "* 1 1.key\n* 2 2.key\n");
            while !over.load(Ordering::Relaxed) {
                if written(anew(&other, &uri)) {
                    times.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let _over = SetAtEnd(&over);
        for number in 1..=PUTS {
            writer.put(&uri, &text(number)).unwrap();
            assert_eq!(read(&writer, &uri), text(number), "put {number}");
            // So that the other one gets its turn.
            thread::sleep(Duration::from_millis(u64::from(number % 7)));
        }
    });
    assert_eq!(read(&writer, &uri), text(PUTS));
    let times = times.into_inner();
    println!("written anew {times} times in {PUTS} puts");
    assert!(times > 5, "written anew {times} times");
}

/// Also when a thread panics: nobody waits for the other one for ever.
struct SetAtEnd<'b>(&'b AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn reencrypt(rig: &Rig, uri: &str) -> Result<bool, ObjectError> {
    let how = Reencrypt {
        plaintext: None,
        all: true,
    };
    let objects = rig.objects(uri).unwrap();
    let done = rig.wait(objects.reencrypt(&rig.uri(uri), how))?;
    Ok(matches!(done, Reencrypted::Anew { .. }))
}

fn rewrap(rig: &Rig, uri: &str) -> Result<bool, ObjectError> {
    let objects = rig.objects(uri).unwrap();
    let done = rig.wait(objects.rewrap(&rig.uri(uri), Rewrap::default()))?;
    Ok(done.changed)
}

#[test]
fn an_object_that_is_replaced_while_it_is_encrypted_anew() {
    for policy in [IN_METADATA, IN_FILES] {
        attack(policy, reencrypt);
    }
}

#[test]
fn an_object_that_is_replaced_while_it_is_rewrapped() {
    for policy in [IN_METADATA, IN_FILES] {
        attack(policy, rewrap);
    }
}
