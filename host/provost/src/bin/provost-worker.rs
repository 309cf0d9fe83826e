//! The program that the workers of the `provost` command run, beside it: the library links into it
//! what serves a provider and nothing else, no command line and no network.

use std::process::ExitCode;

fn main() -> ExitCode {
    // In a worker process this does not return.
    provost::worker::serve_if_worker();
    eprintln!(
        "error: `provost-worker` is started by `provost`, for each provider, and by nobody else"
    );
    eprintln!("hint: see `provost --help`");
    ExitCode::from(2)
}
