//! Workers that run the hostile provider's classes. This program is also its own workers' program,
//! and the host that one test kills.

#![allow(clippy::unwrap_used)] // a failure here is a failure of the test

mod answers;
mod collect;
mod crashes;
mod lifetime;
mod programs;
mod sent;
mod setup;
mod surroundings;
mod tls;

use std::panic::catch_unwind;
use std::process::ExitCode;

/// Tests by name, as `cargo test` lists and filters them.
type Tests = &'static [(&'static str, fn())];

fn main() -> ExitCode {
    if std::env::var_os(programs::THREAD_FIRST).is_some() {
        std::thread::spawn(std::thread::park);
    }
    provost_worker::serve_if_worker();
    if let Some(class) = std::env::var_os(lifetime::HOST_TO_KILL) {
        lifetime::host_to_kill(class.to_str().unwrap());
    }
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // The one option of libtest's with a value apart that is in use.
    if let Some(at) = arguments.iter().position(|a| a == "--test-threads") {
        arguments.drain(at..arguments.len().min(at + 2));
    }
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let groups = [
        answers::TESTS,
        crashes::TESTS,
        lifetime::TESTS,
        programs::TESTS,
        sent::TESTS,
        surroundings::TESTS,
        tls::TESTS,
    ];
    let chosen = groups.into_iter().flatten().filter(|(name, _)| {
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    });
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, test) in chosen {
        if arguments.iter().any(|argument| argument == "--list") {
            println!("{name}: test");
        } else if catch_unwind(test).is_ok() {
            println!("test {name} ... ok");
            passed += 1;
        } else {
            println!("test {name} ... FAILED");
            failed.push(name);
        }
    }
    println!(
        "\ntest result: {passed} passed; {} failed {failed:?}",
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
