//! What the documentation says of the rules.

use provost_core::tls::{RuleId, Severity};

#[test]
fn the_documentation_has_each_rule_as_it_is() {
    let text = include_str!("../../../../docs/tls.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_rule = cells.len() == 4 && cells[0].len() == 7 && cells[0].contains('-');
        is_rule.then_some(cells)
    });
    let rows: Vec<_> = rows
        .filter(|cells| cells[0].chars().any(char::is_alphabetic))
        .collect();
    let rules: Vec<_> = RuleId::ALL
        .iter()
        .map(|rule| vec![rule.as_str(), severity(*rule), rule.title(), rule.source()])
        .collect();
    assert_eq!(rows, rules);
}

fn severity(rule: RuleId) -> &'static str {
    match (rule.severity(), rule.is_error_when_strict()) {
        // What an operator accepts by name.
        _ if rule == RuleId::Tru004 => "warning; error unless a proof of concept is accepted",
        (Severity::Error, _) => "error",
        (Severity::Warning, true) => "warning; error when strict",
        (Severity::Warning, false) => "warning",
    }
}
