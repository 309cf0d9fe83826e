//! Which processors threads may run on.

use std::fs;
use std::process;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Outcome;

/// The processors that this process may use.
pub(crate) fn allowed() -> Outcome<Vec<usize>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|cpu| set.is_set(*cpu))
        .collect())
}

/// Keeps every thread of a process on one of `cpus`.
pub(crate) fn pin(process: u32, cpus: &[usize]) -> Outcome<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu);
    }
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?.file_name();
        let task = task.to_str().and_then(|number| number.parse().ok());
        let task = task
            .and_then(Pid::from_raw)
            .ok_or("a thread without a number")?;
        sched_setaffinity(Some(task), &set)?;
    }
    Ok(())
}

/// This process on `cpus`, until dropped: then on all that it had.
pub(crate) struct Pinned(Vec<usize>);

impl Pinned {
    pub(crate) fn to(cpus: &[usize]) -> Outcome<Self> {
        let before = allowed()?;
        pin(process::id(), cpus)?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if let Err(error) = pin(process::id(), &self.0) {
            eprintln!("warning: this process stays pinned: {error}");
        }
    }
}
