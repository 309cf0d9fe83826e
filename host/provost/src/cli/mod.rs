//! The command line: one file for each noun.

mod args;
mod check;
mod configuration;
mod object;
mod plugin;
mod progress;
mod quickstart;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use args::{Cli, Noun};

/// Parses, runs, reports; the exit status is 0 (done), 1 (refused or failed) or 2 (usage).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors: clap knows stream and status of each.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    log_to_stderr(cli.global.verbose);
    let result = match cli.noun {
        Noun::Quickstart(command) => quickstart::run(&command, &cli.global),
        Noun::Check(command) => check::run(&command, &cli.global),
        Noun::Plugin(command) => plugin::run(command, &cli.global),
        Noun::Object(command) => object::run(command, &cli.global),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(report::failure(&failure, cli.global.output)),
    }
}

/// Warnings always, more with `-v`; `PROVOST_LOG` decides where it is set.
fn log_to_stderr(verbose: u8) {
    let default = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("PROVOST_LOG").unwrap_or_else(|_| default.into());
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .try_init();
}

/// A runtime for one command. Its threads are not waited for: an abandoned call may be on one.
fn with_runtime<T>(
    work: impl AsyncFnOnce() -> Result<T, report::Failure>,
) -> Result<T, report::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .map_err(|error| report::Failure::new(format!("cannot start: {error}")))?;
    let result = runtime.block_on(work());
    runtime.shutdown_background();
    result
}
