//! The corpus: what is found in each set, and whether there is a set for each rule.

use std::collections::BTreeSet;

use provost_core::tls::RuleId;

use crate::corpus::{self, Found};

/// Rules that no set of this corpus can break, and where they are tested instead.
const ELSEWHERE: &[(RuleId, &str)] = &[
    (
        RuleId::Key009,
        "nobody has the published keys here; `tls::rules::key` holds a key of its own against a list",
    ),
    (
        RuleId::Key010,
        "a mode is one of a file: found where a folder is read, in the `provost` package",
    ),
];

#[test]
fn there_are_enough_sets_and_each_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = corpus::all().iter().map(|case| &*case.name).collect();
    assert_eq!(names.len(), corpus::all().len());
    assert!(names.len() >= 100, "{} sets", names.len());
}

#[test]
fn each_rule_has_a_set_that_breaks_it_and_one_that_almost_does() {
    for rule in RuleId::ALL {
        let elsewhere = ELSEWHERE.iter().any(|(listed, _)| listed == rule);
        let of_kind = |kind: &str| {
            let name = format!("{rule}/{kind}");
            corpus::all()
                .iter()
                .filter(|case| case.name == name)
                .count()
        };
        let expected = usize::from(!elsewhere);
        assert_eq!(of_kind("fires"), expected, "{rule}");
        assert_eq!(of_kind("near-miss"), expected, "{rule}");
    }
}

#[test]
fn a_set_is_called_after_what_is_found_in_it() {
    for case in corpus::all() {
        let (rule, kind) = case.name.split_once('/').unwrap();
        let found = case
            .expected
            .iter()
            .any(|(found, _)| found.as_str() == rule);
        let expected = kind.starts_with("fires");
        assert!(expected || kind.starts_with("near-miss"), "{}", case.name);
        assert_eq!(found, expected, "{}", case.name);
    }
}

#[test]
fn each_set_is_found_to_be_as_it_was_made() {
    let mut wrong = Vec::new();
    for case in corpus::all() {
        let verdict = case.validate();
        let findings = &verdict.report.findings;
        let mut found: Vec<Found> = findings.iter().map(|f| (f.rule, f.severity)).collect();
        found.sort_unstable();
        if found != case.expected {
            let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{}\n  expected {}\n  found    {}\n    {}",
                case.name,
                shown(&case.expected),
                shown(&found),
                findings.join("\n    ")
            ));
        }
        assert_eq!(
            verdict.artifacts.is_some(),
            verdict.report.is_accepted(),
            "{}: artifacts are what no error was found in",
            case.name
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn shown(found: &[Found]) -> String {
    let one = |(rule, severity): &Found| format!("{severity}[{rule}]");
    found.iter().map(one).collect::<Vec<_>>().join(" ")
}
