//! Rules about the names that the end entity's certificate is for (RFC 9525).

use std::net::IpAddr;

use psl::Psl;

use super::Set;
use crate::tls::certificate::Certificate;
use crate::tls::finding::Finding;
use crate::tls::rule::RuleId;
use crate::tls::shown;

/// Only a common name: RFC 9525 rules it out, and so do webpki, Go and Trino.
pub(super) fn no_alternative_name(set: &Set<'_>) -> Vec<Finding> {
    let step = set.path.end_entity().filter(|step| {
        step.certificate.dns_names().is_empty() && step.certificate.addresses().is_empty()
    });
    step.map(|step| {
        let finding = |message: String| {
            Finding::new(RuleId::Nam001, step.place(), message)
                .hint("have it issued with `-addext subjectAltName=DNS:NAME`")
        };
        let subject = step.certificate.subject();
        if subject.is_empty() {
            return finding("it has no name at all, which Java does not read".to_owned()).error();
        }
        finding(match subject.common_names().first() {
            Some(name) => format!(
                "it has no alternative name, only the common name `{}`, which many clients ignore",
                shown(name)
            ),
            None => "it has neither an alternative nor a common name: no client can tell whose \
                     it is"
                .to_owned(),
        })
    })
    .into_iter()
    .collect()
}

/// A name that does not have the form of one. Java drops all names behind one that it does not
/// read, and fails on alternative names that are not critical where there is no subject.
pub(super) fn malformed(set: &Set<'_>) -> Vec<Finding> {
    let Some(step) = set.path.end_entity() else {
        return Vec::new();
    };
    let finding = |message: String| {
        Finding::new(RuleId::Nam007, step.place(), message)
            .hint("have the certificate issued with well-formed names")
    };
    let bad = step.certificate.dns_names().iter();
    let bad = bad.filter_map(|name| Some((name, name_problem(name)?)));
    let mut findings: Vec<Finding> = bad
        .map(|(name, problem)| finding(format!("`{}` is no host name: {problem}", shown(name))))
        .collect();
    let names = step.certificate.extensions().names.as_ref();
    if let Some(names) = names {
        if names.malformed > 0 {
            let count = names.malformed;
            findings.push(finding(format!(
                "alternative names that do not have the form of their kind: {count}"
            )));
        }
        if !names.critical && step.certificate.subject().is_empty() {
            findings.push(finding(
                "its alternative names are not critical, and there is no subject: Java does not \
                 read it"
                    .to_owned(),
            ));
        }
    }
    findings
}

/// A name of the node that the certificate is not for.
pub(super) fn not_covered(set: &Set<'_>) -> Vec<Finding> {
    let Some(step) = set.path.end_entity() else {
        return Vec::new();
    };
    let certificate = step.certificate;
    let missing = set
        .policy
        .node_names()
        .iter()
        .filter(|name| !covers(certificate, name));
    missing
        .map(|name| {
            let message = format!("it is not for `{}`", shown(name));
            Finding::new(RuleId::Nam002, step.place(), message).hint(format!(
                "it is for {}; have that name added, or correct the node's names",
                some_names(certificate)
            ))
        })
        .collect()
}

/// A wildcard that stands for too much, or that clients do not agree on.
pub(super) fn bad_wildcard(set: &Set<'_>) -> Vec<Finding> {
    let Some(step) = set.path.end_entity() else {
        return Vec::new();
    };
    let names = names(step.certificate);
    let wild = names
        .iter()
        .filter_map(|name| Some((name, wildcard_problem(name)?)));
    wild.map(|(name, problem)| {
        let message = format!("`{}`: {problem}", shown(name));
        Finding::new(RuleId::Nam004, step.place(), message).hint(
            "a wildcard is the whole left-most label, below a domain of your own: *.example.com",
        )
    })
    .collect()
}

/// The host names that a client may look at: the common names only where there is nothing else.
fn names(certificate: &Certificate) -> &[String] {
    let alternative = certificate.dns_names();
    if alternative.is_empty() && certificate.addresses().is_empty() {
        return certificate.subject().common_names();
    }
    alternative
}

/// The first names, in words.
fn some_names(certificate: &Certificate) -> String {
    const FIRST: usize = 8;
    let mut names = certificate.shown_names();
    if names.is_empty() {
        let common = certificate.subject().common_names().iter();
        names.extend(common.map(|name| shown(name)));
    }
    let others = names.len().saturating_sub(FIRST);
    names.truncate(FIRST);
    match (names.is_empty(), others) {
        (true, _) => "no name".to_owned(),
        (_, 0) => names.join(", "),
        (_, others) => format!("{} and {others} more", names.join(", ")),
    }
}

fn covers(certificate: &Certificate, node: &str) -> bool {
    if let Ok(address) = node.parse::<IpAddr>() {
        return certificate.addresses().contains(&address);
    }
    names(certificate).iter().any(|name| matches(name, node))
}

/// Whether a name of a certificate stands for a host (RFC 9525, section 6.3).
fn matches(name: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(parent), Some((label, rest))) = (name.strip_prefix("*."), host.split_once('.'))
    else {
        return false;
    };
    !label.is_empty() && !parent.contains('*') && parent.eq_ignore_ascii_case(rest)
}

/// Why a text is no host name (RFC 1034, section 3.5; RFC 5890 has others in ASCII too). Wildcards
/// are another rule's; underscores are common.
fn name_problem(name: &str) -> Option<&'static str> {
    const LONGEST: usize = 253;
    const LABEL: usize = 63;
    if name.ends_with('.') {
        return Some("it ends with a dot");
    }
    if name.is_empty() || name.len() > LONGEST {
        return Some("it is empty, or longer than 253 characters");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*');
    for label in name.split('.') {
        if !(1..=LABEL).contains(&label.len()) {
            return Some("a label is empty, or longer than 63 characters");
        }
        if !label.chars().all(allowed) {
            return Some("it holds other characters than letters, digits and `-`");
        }
    }
    None
}

fn wildcard_problem(name: &str) -> Option<&'static str> {
    if !name.contains('*') {
        return None;
    }
    let Some(parent) = name.strip_prefix("*.") else {
        let (label, _) = name.split_once('.').unwrap_or((name, ""));
        return Some(match name {
            "*" => "a wildcard for every name there is",
            _ if label.contains('*') => "a wildcard that is a part of a label",
            _ => "a wildcard that is not the left-most label",
        });
    };
    if parent.contains('*') {
        return Some("more than one wildcard");
    }
    is_public_suffix(parent)
        .then_some("a wildcard over a public suffix, where others have names too")
}

/// Whether anyone can get a name directly below: `com`, `co.uk`. A label that is in no list, such
/// as `internal`, counts where it stands alone.
fn is_public_suffix(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    let suffix = psl::List.suffix(domain.as_bytes());
    suffix.is_some_and(|suffix| {
        let registry = suffix.typ() != Some(psl::Type::Private);
        registry && suffix.as_bytes() == domain.as_bytes()
    })
}

#[cfg(test)]
mod tests {
    use super::{matches, name_problem, wildcard_problem};

    #[test]
    fn names_of_hosts_have_a_form() {
        let long = format!("{}.example.com", "a".repeat(64));
        for bad in [
            "",
            ".",
            "a..b",
            ".example.com",
            "example.com.",
            "a b",
            "a\0b",
            "http://a/",
            "\u{1b}[2K",
            "b\u{fc}cher.example",
            &long,
        ] {
            assert!(name_problem(bad).is_some(), "{bad:?}");
        }
        for good in [
            "a",
            "node-1.example.com",
            "*.ec2.internal",
            "_tcp.example.com",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(name_problem(good), None, "{good}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (name, host, expected) in [
            ("a.example.com", "A.Example.com", true),
            ("a.example.com", "a.example.com.", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("a*.example.com", "ab.example.com", false),
            ("*", "host", false),
            ("*.*.com", "a.*.com", false),
        ] {
            assert_eq!(matches(name, host), expected, "{name} for {host}");
        }
    }

    #[test]
    fn wildcards_belong_below_a_domain_of_ones_own() {
        for (name, bad) in [
            ("*", true),
            ("*.com", true),
            ("*.co.uk", true),
            ("*.CO.UK", true),
            ("*.internal", true),
            ("f*.example.com", true),
            ("a.*.example.com", true),
            ("*.*.example.com", true),
            ("*.example.com", false),
            ("*.ec2.internal", false),
            ("*.us-west-2.compute.internal", false),
            // A private entry of the list: each cluster's nodes have names below it.
            ("*.us-west-2.compute.amazonaws.com", false),
            ("host.example.com", false),
        ] {
            assert_eq!(wildcard_problem(name).is_some(), bad, "{name}");
        }
    }
}
