//! A verdict, for people.

use std::collections::HashSet;
use std::fmt::Write as _;

use provost_core::tls::{Finding, Place, Report, RuleId, Severity};

use crate::cli::report;

/// One line for the set, then its findings.
pub(super) fn text(name: &str, found: &Report) -> String {
    let mark = if found.is_accepted() {
        "accepted"
    } else {
        "refused "
    };
    let name = report::one_line(name);
    let mut text = format!("{mark}  {name}: {}\n", summary(found));
    for line in findings(found, "          ") {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The findings, each with its hint, behind `indent`. What refuses the set comes first.
pub(super) fn findings(report: &Report, indent: &str) -> Vec<String> {
    let mut places = Places::default();
    let all = report.errors().chain(report.warnings());
    all.map(|found| finding(found, &mut places, indent))
        .collect()
}

fn finding(finding: &Finding, places: &mut Places, indent: &str) -> String {
    let Finding {
        rule,
        severity,
        message,
        place,
        hint,
        ..
    } = finding;
    let place = places.behind_rule(place);
    let mut text = format!("{indent}{severity}[{rule}]{place}: {message}");
    if let Some(hint) = hint {
        let indent = format!("{indent}  ");
        let _ = write!(text, "\n{}", report::hint_lines(hint, &indent));
    }
    text
}

/// Places as they are told one after the other: the subject of a certificate, which may be long,
/// stands where the certificate is first named.
#[derive(Default)]
pub(crate) struct Places(HashSet<(Option<String>, usize)>);

impl Places {
    /// ` FILE:LINE, certificate N (SUBJECT)`; nothing for the set as a whole.
    pub(crate) fn behind_rule(&mut self, place: &Place) -> String {
        if place.file.is_none() {
            return String::new();
        }
        let mut place = place.clone();
        if let Some(index) = place.certificate
            && !self.0.insert((place.file.clone(), index))
        {
            place.subject = None;
        }
        format!(" {place}")
    }
}

/// Whether a set was accepted although it trusts itself.
pub(crate) fn is_proof_of_concept(report: &Report) -> bool {
    let tolerated =
        |finding: &Finding| (finding.rule, finding.severity) == (RuleId::Tru004, Severity::Warning);
    report.is_accepted() && report.findings.iter().any(tolerated)
}

/// `1 error, 2 warnings`.
pub(super) fn summary(report: &Report) -> String {
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        count => Some(format!("{count} {what}s")),
    };
    let counts: Vec<String> = [
        count(report.errors().count(), "error"),
        count(report.warnings().count(), "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match counts.join(", ") {
        counts if counts.is_empty() => "nothing to remark".to_owned(),
        counts if is_proof_of_concept(report) => format!("as a proof of concept only; {counts}"),
        counts => counts,
    }
}
