//! What the command's workers run.

use std::path::PathBuf;

use crate::{Host, HostBuilder};

/// Smaller than the command, so faster to start, and with less of use to a library that turns bad.
const PROGRAM: &str = "provost-worker";

/// A host whose workers run the program beside this one, or this one where there is none.
pub(super) fn host() -> HostBuilder {
    let builder = Host::builder();
    match beside() {
        Some(program) => builder.worker_program(program),
        None => builder,
    }
}

fn beside() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.with_file_name(PROGRAM);
    program.is_file().then_some(program)
}
