//! The steps of the demonstration, as they are told.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::folder::Folder;
use crate::cli::args::Output;
use crate::cli::interrupt;
use crate::cli::report::{self, Failure};

/// What was done, and how long it took.
pub(super) struct Steps {
    output: Output,
    done: Vec<Step>,
    started: Instant,
}

#[derive(Serialize)]
struct Step {
    #[serde(rename = "step")]
    name: &'static str,
    message: String,
    milliseconds: f64,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    steps: &'a [Step],
}

impl Steps {
    pub(super) fn new(output: Output) -> Self {
        Self {
            output,
            done: Vec::new(),
            started: Instant::now(),
        }
    }

    /// All that was done, for programs.
    pub(super) fn document(&self) -> impl Serialize + '_ {
        Document { steps: &self.done }
    }

    pub(super) fn begin(&mut self) {
        interrupt::pass();
        self.started = Instant::now();
    }

    pub(super) fn done(&mut self, name: &'static str, message: String) -> Result<(), Failure> {
        let took = self.started.elapsed();
        if self.output == Output::Text {
            let number = self.done.len() + 1;
            report::print(&format!(
                "{number:>2}. {name:<14}{:>10}  {message}",
                shown(took)
            ))?;
        }
        let milliseconds = took.as_secs_f64() * 1e3;
        self.done.push(Step {
            name,
            message,
            milliseconds,
            notes: Vec::new(),
        });
        Ok(())
    }

    pub(super) fn note(&mut self, line: &str) -> Result<(), Failure> {
        if self.output == Output::Text {
            report::print(&format!("{:30}{line}", ""))?;
        }
        if let Some(step) = self.done.last_mut() {
            step.notes.push(line.to_owned());
        }
        Ok(())
    }

    pub(super) fn close(&self, folder: &Folder) -> Result<(), Failure> {
        let total: f64 = self.done.iter().map(|step| step.milliseconds).sum();
        let total = shown(Duration::from_secs_f64(total / 1e3));
        let path = folder.path.display();
        let next = if folder.keep {
            format!(
                "kept in {path}; to go on:\n  \
                 provost --config {path}/provost.toml check\n  \
                 provost --config {path}/provost.toml object ls file://{path}/store/\n  \
                 provost --config {path}/provost.toml tls show"
            )
        } else {
            "nothing was kept; `--keep FOLDER` leaves it all there to look around in".to_owned()
        };
        report::print(&format!("\ndone in {total}\n{next}"))
    }
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
