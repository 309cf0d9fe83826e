//! Findings about one input, bounded: hostile input does not decide how long a report is.

use super::finding::{Finding, Place, Severity};
use super::rule::RuleId;

/// How many findings of one rule and severity are kept.
const MOST: usize = 20;

/// Adds findings to a list. The first of each rule are kept; of the rest, how many there were.
pub(super) struct Capped<'a> {
    findings: &'a mut Vec<Finding>,
    counts: Vec<(RuleId, Severity, usize)>,
}

/// Runs `work`, and says what it found but did not keep. `place` is what the work is about.
pub(super) fn collect<T>(
    findings: &mut Vec<Finding>,
    place: &Place,
    work: impl FnOnce(&mut Capped<'_>) -> T,
) -> T {
    let mut capped = Capped {
        findings,
        counts: Vec::new(),
    };
    let result = work(&mut capped);
    for (rule, severity, count) in capped.counts {
        if let Some(more @ 1..) = count.checked_sub(MOST) {
            let message = format!("{more} more of this rule, not shown");
            let finding = Finding::new(rule, place.clone(), message);
            capped.findings.push(with(severity, finding));
        }
    }
    result
}

/// The first findings of each rule, and how many more there were.
pub(super) fn few(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept = Vec::new();
    collect(&mut kept, &Place::default(), |kept| {
        for finding in findings {
            kept.add(finding.rule, finding.severity, |_| finding);
        }
    });
    kept
}

impl Capped<'_> {
    /// What is refused. `finding` is asked only for what is kept: text costs time.
    pub(super) fn error(&mut self, rule: RuleId, finding: impl FnOnce(RuleId) -> Finding) {
        self.add(rule, Severity::Error, finding);
    }

    /// What deserves a look.
    pub(super) fn warning(&mut self, rule: RuleId, finding: impl FnOnce(RuleId) -> Finding) {
        self.add(rule, Severity::Warning, finding);
    }

    /// Whether a rule has refused something.
    pub(super) fn has_error(&self, rule: RuleId) -> bool {
        let of_it = |(counted, severity, _): &(RuleId, Severity, usize)| {
            *counted == rule && *severity == Severity::Error
        };
        self.counts.iter().any(of_it)
    }

    fn add(&mut self, rule: RuleId, severity: Severity, make: impl FnOnce(RuleId) -> Finding) {
        let known = |(r, s, _): &(RuleId, Severity, usize)| *r == rule && *s == severity;
        if !self.counts.iter().any(known) {
            self.counts.push((rule, severity, 0));
        }
        let Some((_, _, count)) = self.counts.iter_mut().find(|counted| known(counted)) else {
            return;
        };
        *count = count.saturating_add(1);
        if *count <= MOST {
            self.findings.push(with(severity, make(rule)));
        }
    }
}

fn with(severity: Severity, mut finding: Finding) -> Finding {
    finding.severity = severity;
    finding
}
