//! The results: a table for people, JSON for programs.

use serde::Serialize;

use crate::Outcome;
use crate::rounds::Compared;

/// One number and its bar.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    what: &'static str,
    unit: Unit,
    measured: f64,
    baseline: Option<f64>,
    against: Option<&'static str>,
    ratio: Option<f64>,
    /// The most that `ratio` may be, or `measured` where there is no ratio; the least, of rates. None
    /// where the number is for comparison alone.
    bar: Option<f64>,
    ok: bool,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Time.
    Seconds,
    /// Memory or size.
    Bytes,
    /// The more, the better.
    BytesPerSecond,
}

impl Row {
    /// A number whose bar is absolute.
    pub(crate) fn absolute(what: &'static str, unit: Unit, measured: f64, bar: f64) -> Self {
        Self {
            what,
            unit,
            measured,
            baseline: None,
            against: None,
            ratio: None,
            bar: Some(bar),
            ok: measured <= bar,
        }
    }

    /// A time whose bar is a multiple of another one.
    pub(crate) fn relative(
        what: &'static str,
        against: &'static str,
        compared: &Compared,
        bar: f64,
    ) -> Self {
        Self {
            what,
            unit: Unit::Seconds,
            measured: compared.measured,
            baseline: Some(compared.baseline),
            against: Some(against),
            ratio: Some(compared.ratio),
            bar: Some(bar),
            ok: compared.ratio <= bar,
        }
    }

    /// A rate whose bar, if it has one, is the least part of another one.
    pub(crate) fn rate(
        what: &'static str,
        against: &'static str,
        compared: &Compared,
        bar: Option<f64>,
    ) -> Self {
        Self {
            what,
            unit: Unit::BytesPerSecond,
            measured: compared.measured,
            baseline: Some(compared.baseline),
            against: Some(against),
            ratio: Some(compared.ratio),
            bar,
            ok: bar.is_none_or(|bar| compared.ratio >= bar),
        }
    }

    fn cells(&self) -> [String; 6] {
        let shown = |value| show(value, self.unit);
        let none = || "-".to_owned();
        [
            self.what.to_owned(),
            shown(self.measured),
            match (self.baseline, self.against) {
                (Some(value), Some(what)) => format!("{} {what}", shown(value)),
                _ => none(),
            },
            self.ratio.map_or_else(none, |ratio| format!("{ratio:.2}x")),
            match (self.bar, self.ratio, self.unit) {
                (None, ..) => none(),
                (Some(bar), Some(_), Unit::BytesPerSecond) => format!("{bar:.2}x or more"),
                (Some(bar), Some(_), _) => format!("{bar:.1}x"),
                (Some(bar), None, _) => shown(bar),
            },
            match (self.ok, self.unit) {
                _ if self.bar.is_none() => "",
                (true, _) => "ok",
                (false, Unit::BytesPerSecond) => "UNDER",
                (false, _) => "OVER",
            }
            .to_owned(),
        ]
    }
}

fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds if value >= 1.0 => format!("{value:.2} s"),
        Unit::Seconds if value >= 1e-3 => format!("{:.2} ms", value * 1e3),
        Unit::Seconds if value >= 1e-6 => format!("{:.2} µs", value * 1e6),
        Unit::Seconds => format!("{:.0} ns", value * 1e9),
        Unit::Bytes if value >= f64::from(1 << 20) => {
            format!("{:.1} MiB", value / f64::from(1 << 20))
        }
        Unit::Bytes => format!("{:.0} KiB", value / 1024.0),
        Unit::BytesPerSecond => format!("{:.2} GB/s", value / 1e9),
    }
}

/// Prints all rows under one heading.
pub(crate) fn print(rows: &[Row]) {
    let head = ["what", "measured", "baseline", "ratio", "bar", ""].map(str::to_owned);
    let table: Vec<_> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; 6];
    for line in &table {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for line in &table {
        let cells = line
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// All rows as one document; times in seconds, sizes in bytes.
pub(crate) fn json(rows: &[Row]) -> Outcome<String> {
    Ok(serde_json::to_string_pretty(rows)?)
}
