//! Secret bytes are gone before their memory is given back.
//!
//! The allocator of this program looks at every block that it takes back: the block is still
//! allocated then, so nothing is read that may not be.

// An allocator cannot be written without.
#![allow(unsafe_code, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::slice;

use provost_plugin_abi::v1::{Maybe, SecretBuf, SecretEntry};

/// Occurs nowhere but in secrets.
const MARK: u8 = 0xa7;
/// So many of it in a row are a secret.
const RUN: usize = 16;

thread_local! {
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

struct Watching;

impl Watching {
    fn look(block: &[u8]) {
        let found = block
            .chunk_by(|a, b| a == b)
            .any(|run| run.first() == Some(&MARK) && run.len() >= RUN);
        if found {
            let _ = FOUND.try_with(|count| count.set(count.get() + 1));
        }
    }
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on. Zeroed, so that all of a block may be read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is allocated until the next line, initialised, and nobody else's.
        Self::look(unsafe { slice::from_raw_parts(block, layout.size()) });
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }

    // `realloc` is the provided one: a new block, a copy, and `dealloc` of the old one.
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

fn secrets_left_by(action: impl FnOnce()) -> usize {
    FOUND.with(|count| count.set(0));
    action();
    FOUND.with(Cell::get)
}

fn marked(length: usize, capacity: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(capacity);
    bytes.resize(length, MARK);
    bytes
}

#[test]
fn the_watch_sees_what_is_not_wiped() {
    assert_eq!(secrets_left_by(|| drop(marked(32, 32))), 1);
    assert_eq!(secrets_left_by(|| drop(marked(8, 32))), 0);
    let grown = || {
        let mut bytes = marked(32, 32);
        bytes.reserve_exact(64);
        bytes.fill(0);
    };
    assert_eq!(secrets_left_by(grown), 1);
}

#[test]
fn a_dropped_secret_leaves_nothing() {
    for length in [16, 32, 4096, 100_000] {
        let left = secrets_left_by(|| drop(SecretBuf::new(marked(length, length))));
        assert_eq!(left, 0, "{length} bytes");
    }
}

#[test]
fn a_secret_made_from_a_roomy_vector_leaves_nothing() {
    for capacity in [33, 64, 5000] {
        let left = secrets_left_by(|| {
            let secret = SecretBuf::new(marked(32, capacity));
            assert_eq!(secret.as_slice(), [MARK; 32]);
        });
        assert_eq!(left, 0, "capacity {capacity}");
    }
}

#[test]
fn what_a_longer_vector_held_before_is_wiped_too() {
    let left = secrets_left_by(|| {
        let mut bytes = marked(4096, 4096);
        bytes.truncate(1);
        drop(SecretBuf::new(bytes));
    });
    assert_eq!(left, 0);
}

#[test]
fn secrets_inside_other_answers_leave_nothing() {
    let left = secrets_left_by(|| {
        let entry = SecretEntry {
            name: "token".to_owned().into(),
            value: SecretBuf::new(marked(64, 64)),
        };
        drop(Maybe::from(Some(entry)));
    });
    assert_eq!(left, 0);
}
