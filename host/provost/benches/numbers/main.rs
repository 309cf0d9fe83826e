//! The numbers that Provost promises, measured against what they are compared with.
//!
//! ```sh
//! cargo bench -p provost                    # all of them, as a table
//! cargo bench -p provost -- calls load      # some groups
//! cargo bench -p provost -- content         # sealing against OpenSSL 3.6, which is built first
//! cargo bench -p provost -- --json          # for programs
//! ```
//!
//! Each number is the median of at least five rounds; in a round, both sides of a comparison run
//! in turn, so that a busy machine slows both. A number over its bar is reported and is no
//! failure: the exit status is 0 unless something could not be run.

mod calls;
mod children;
mod content;
mod load;
mod objects;
mod pinning;
mod rounds;
mod setup;
mod table;
mod tls;
mod workers;

use std::error::Error;
use std::process::ExitCode;

use setup::Scratch;
use table::Row;

type Outcome<T> = Result<T, Box<dyn Error>>;

type Group = (&'static str, fn(&Scratch) -> Outcome<Vec<Row>>);

const GROUPS: [Group; 7] = [
    ("calls", calls::measure),
    ("workers", workers::measure),
    ("load", load::measure),
    ("transfer", objects::measure_transfer),
    ("small", objects::measure_small),
    ("tls", tls::measure),
    ("content", content::measure),
];

fn main() -> ExitCode {
    // First: in a worker process this does not return.
    provost::worker::serve_if_worker();
    let done = match children::role() {
        Some(role) => children::play(&role),
        None => run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let mut json = false;
    let mut wanted = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            // What cargo adds.
            "--bench" => {}
            name if GROUPS.iter().any(|(group, _)| *group == name) => wanted.push(argument),
            other => return Err(format!("`{other}` is neither --json nor {}", names()).into()),
        }
    }
    let scratch = Scratch::create()?;
    let mut rows = Vec::new();
    for (name, measure) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|group| group == name) {
            eprintln!("measuring: {name}");
            rows.extend(measure(&scratch).map_err(|error| format!("{name}: {error}"))?);
        }
    }
    if json {
        println!("{}", table::json(&rows)?);
    } else {
        table::print(&rows);
    }
    Ok(())
}

fn names() -> String {
    GROUPS.map(|(name, _)| name).join(", ")
}
