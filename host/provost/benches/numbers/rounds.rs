//! Rounds, and what is made of them.

use std::time::{Duration, Instant};

use crate::Outcome;

/// Two things that were measured in turn.
pub(crate) struct Compared {
    pub(crate) measured: f64,
    pub(crate) baseline: f64,
    /// Of the rounds' own ratios: the load of the machine changes between rounds more than within.
    pub(crate) ratio: f64,
}

/// Runs both sides once in each round, each first in every second round. Values in any unit.
pub(crate) fn compare(
    rounds: usize,
    mut measured: impl FnMut() -> Outcome<f64>,
    mut baseline: impl FnMut() -> Outcome<f64>,
) -> Outcome<Compared> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            theirs.push(baseline()?);
            ours.push(measured()?);
        } else {
            ours.push(measured()?);
            theirs.push(baseline()?);
        }
    }
    Ok(Compared::of(ours, theirs))
}

impl Compared {
    /// Of the values of rounds.
    pub(crate) fn of(measured: Vec<f64>, baseline: Vec<f64>) -> Self {
        let ratios = measured.iter().zip(&baseline).map(|(a, b)| a / b).collect();
        Self {
            measured: median(measured),
            baseline: median(baseline),
            ratio: median(ratios),
        }
    }
}

/// The middle value; of two middle ones the mean.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(a), Some(b)) => f64::midpoint(*a, *b),
        _ => f64::NAN,
    }
}

/// Seconds of one of `times` calls of `work`.
pub(crate) fn each(times: u32, mut work: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let begun = Instant::now();
    for _ in 0..times {
        work()?;
    }
    Ok(seconds(begun.elapsed()) / f64::from(times))
}

pub(crate) fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
