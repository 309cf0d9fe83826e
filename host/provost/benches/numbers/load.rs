//! From a library file to a provider that answers, each time in a new process; and the file.

use std::path::Path;
use std::time::Instant;

use crate::Outcome;
use crate::children::in_role;
use crate::rounds::{median, seconds};
use crate::setup::{Place, Scratch, class, host};
use crate::table::{Row, Unit};

const ROUNDS: usize = 15;
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let (mut in_process, mut worker) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        in_process.push(in_new_process(scratch, Place::InProcess)?);
        worker.push(in_new_process(scratch, Place::Worker)?);
    }
    #[allow(clippy::cast_precision_loss)] // far below what a float holds
    let size = std::fs::metadata(scratch.library())?.len() as f64;
    let [in_process, worker] = [in_process, worker].map(median);
    Ok(vec![
        Row::absolute("plugin size, stripped", Unit::Bytes, size, MIB),
        Row::absolute("load to ready, in process", Unit::Seconds, in_process, 3e-3),
        Row::absolute("load to ready, worker", Unit::Seconds, worker, 10e-3),
    ])
}

fn in_new_process(scratch: &Scratch, place: Place) -> Outcome<f64> {
    let output = in_role("load")?
        .arg(scratch.configuration(place))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// In the new process: loads the provider and prints how many seconds that took. Configuration
/// is read before.
pub(crate) fn once(configuration: &Path) -> Outcome<()> {
    let (host, class) = (host(configuration)?, class()?);
    let begun = Instant::now();
    let provider = host.provider(&class)?;
    let took = begun.elapsed();
    provider.status(&provider.new_call())?;
    println!("{}", seconds(took));
    Ok(())
}
