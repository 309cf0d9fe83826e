//! How many threads can run at once.

use std::num::NonZero;
use std::sync::LazyLock;

/// Asked once: the answer comes from half a dozen files, and small objects are opened faster.
static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get));

/// The processors that this process may use, at least one.
pub(crate) fn processors() -> usize {
    *PROCESSORS
}
