//! The `provost` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First: in a worker process this does not return.
    provost::worker::serve_if_worker();
    provost::cli::run(std::env::args_os())
}
