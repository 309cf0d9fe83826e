//! The command line: one file for each noun.

mod args;
mod check;
mod configuration;
mod interrupt;
mod object;
mod plugin;
mod progress;
mod quickstart;
mod report;
mod snippet;
mod tls;
mod workers;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::pin::pin;
use std::process::ExitCode;

use clap::Parser;
use futures_util::future::{Either, select};
use tracing_subscriber::EnvFilter;

use args::{Cli, Noun};

/// Parses, runs, reports; the exit status is 0 (done), 1 (refused or failed) or 2 (usage).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors: clap knows stream and status of each.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    for path in [
        &mut cli.global.config,
        &mut cli.global.security_configuration,
    ] {
        path.take_if(|path| path.as_os_str().is_empty());
    }
    log_to_stderr(cli.global.verbose);
    interrupt::watch();
    let result = match cli.noun {
        Noun::Quickstart(command) => quickstart::run(&command, &cli.global),
        Noun::Check(command) => check::run(&command, &cli.global),
        Noun::Plugin(command) => plugin::run(command, &cli.global),
        Noun::Object(command) => object::run(command, &cli.global),
        Noun::Tls(command) => tls::run(command, &cli.global),
    };
    interrupt::pass();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(report::failure(&failure, cli.global.output)),
    }
}

/// Warnings always, more with `-v`; `PROVOST_LOG` decides where it is set. The SDK's own lines hold
/// whole answers, session tokens among them: they are for who names its crates in `PROVOST_LOG`.
fn log_to_stderr(verbose: u8) {
    let default = match verbose {
        // What ends a worker is in the error that follows.
        0 => "warn,provost::worker=error,aws_=off",
        1 => "info,aws_=off",
        _ => "debug,aws_=off",
    };
    let (filter, refused) = match std::env::var("PROVOST_LOG") {
        Ok(text) if !text.is_empty() => match EnvFilter::try_new(&text) {
            Ok(filter) => (filter, None),
            Err(error) => (default.into(), Some(error)),
        },
        _ => (default.into(), None),
    };
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_target(false)
        .without_time()
        .try_init();
    if let Some(error) = refused {
        tracing::warn!("PROVOST_LOG is left aside: {error}; write it as in `info,provost=debug`");
    }
}

/// A runtime for one command. Its threads are not waited for: an abandoned call may be on one.
fn with_runtime<T>(
    work: impl AsyncFnOnce() -> Result<T, report::Failure>,
) -> Result<T, report::Failure> {
    with_runtime_of(1, work, || ())
}

/// 256 jobs with 16 threads each for content, and those that read, write and wait for keys.
const MAX_BLOCKING_THREADS: usize = 256 * 20;

/// The same with so many threads for tasks. `interrupted` is called last, with all tasks ended,
/// before a signal ends the process.
fn with_runtime_of<T>(
    threads: usize,
    work: impl AsyncFnOnce() -> Result<T, report::Failure>,
    interrupted: impl FnOnce(),
) -> Result<T, report::Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        // Each object at work holds threads that wait for others: there have to be enough for all
        // the objects that `--jobs` allows, or they wait for one another.
        .max_blocking_threads(MAX_BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|error| report::Failure::new(format!("cannot start: {error}")))?;
    let transfer = interrupt::Transfer::begin();
    let done = runtime.block_on(async {
        match select(pin!(work()), pin!(interrupt::interrupted())).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(_) => None,
        }
    });
    if let Some(result) = done {
        runtime.shutdown_background();
        return result;
    }
    // Parts that were sent are removed.
    runtime.block_on(async {
        let _ = tokio::time::timeout(interrupt::CLEARING, crate::store::uploads_ended()).await;
    });
    // What holds a file with a passing name lets go of it.
    runtime.shutdown_timeout(interrupt::PATIENCE / 2);
    interrupted();
    drop(transfer);
    interrupt::end()
}
