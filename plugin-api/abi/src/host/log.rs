//! Who logs: numbers that libraries hold, and the functions that they stand for.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::v1::{Log, LogLevel, Slice};

/// More of one line is cut off.
const LINE_MAX: usize = 16 * 1024;

type Sink = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

static SINKS: RwLock<BTreeMap<u64, Sink>> = RwLock::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A function that receives log lines, for as long as this value lives. What is logged later is
/// dropped: a library's thread may outlive its provider.
#[derive(Debug)]
pub struct LogLine {
    handle: u64,
}

impl LogLine {
    /// Gives `sink` a number.
    pub fn new(sink: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut sinks = SINKS.write().unwrap_or_else(PoisonError::into_inner);
        sinks.insert(handle, Arc::new(sink));
        Self { handle }
    }

    /// What a library gets to hold.
    pub fn as_abi(&self) -> Log {
        Log {
            write,
            handle: self.handle,
        }
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let mut sinks = SINKS.write().unwrap_or_else(PoisonError::into_inner);
        let sink = sinks.remove(&self.handle);
        drop(sinks);
        drop(sink);
    }
}

/// Called by libraries. The text is theirs: it may be anything, and long.
extern "C" fn write(handle: u64, level: LogLevel, message: Slice<'_, u8>) {
    let sinks = SINKS.read().unwrap_or_else(PoisonError::into_inner);
    let sink = sinks.get(&handle).cloned();
    drop(sinks);
    let Some(sink) = sink else { return };
    let bytes = message.as_slice();
    let text = String::from_utf8_lossy(bytes.get(..LINE_MAX).unwrap_or(bytes));
    // A panic of the host's own sink must not cross the library's frames.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| sink(level, &text))) {
        std::mem::forget(payload);
    }
}
