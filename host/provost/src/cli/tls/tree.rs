//! A chain as a tree: the anchor at the top, below each certificate the one that it issued.

use provost_core::config::Sha256Digest;
use provost_core::tls::{Certificate, Report, RuleId, moment, shown};

const DAY: i64 = 24 * 60 * 60;
/// Characters of a validity's bar.
const BAR: i64 = 32;

/// The tree, and below it what does not belong to it.
pub(super) fn lines(report: &Report, now: i64) -> Vec<String> {
    let (path, unused) = arrange(report);
    let mut lines = Vec::new();
    let mut depth = 0;
    if let Some(issuer) = missing(report, &path) {
        lines.push(format!("{issuer}  (not there)"));
        depth += 1;
    }
    let last = path.len().saturating_sub(1);
    for (position, node) in path.iter().rev().enumerate() {
        let kind = if position == last {
            Kind::EndEntity
        } else {
            Kind::Issuer
        };
        node.tell(depth, kind, now, &mut lines);
        depth += 1;
    }
    for node in unused {
        lines.push(String::new());
        lines.push("not on the path:".to_owned());
        node.tell(0, Kind::Unused, now, &mut lines);
    }
    lines
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A branch goes on to what it issued.
    Issuer,
    /// The last one, whose names and key matter.
    EndEntity,
    /// It has no place in the tree.
    Unused,
}

/// A certificate, and where it stands.
struct Node<'a> {
    certificate: &'a Certificate,
    origin: String,
}

impl<'a> Node<'a> {
    fn of_chain(index: usize, certificate: &'a Certificate) -> Self {
        Self {
            certificate,
            origin: format!("certificate {index}"),
        }
    }

    /// Its lines, `depth` levels below the top.
    fn tell(&self, depth: usize, kind: Kind, now: i64, lines: &mut Vec<String>) {
        let certificate = self.certificate;
        let (branch, indent) = match depth {
            0 => (String::new(), String::new()),
            depth => {
                let indent = "   ".repeat(depth - 1);
                (format!("{indent}└─ "), format!("{indent}   "))
            }
        };
        lines.push(format!("{branch}{}", certificate.name()));
        let ca = if certificate.is_ca() { "CA, " } else { "" };
        let mut facts = vec![format!(
            "{}, {ca}{}, signed with {}",
            self.origin,
            certificate.public_key(),
            certificate.signature_algorithm(),
        )];
        if kind == Kind::EndEntity {
            facts.push(format!("names        {}", names(certificate)));
        }
        facts.push(format!("validity     {}", validity(certificate, now)));
        facts.push(format!("SHA-256      {}", fingerprint(certificate.der())));
        if kind == Kind::EndEntity {
            facts.push(format!("key SHA-256  {}", fingerprint(certificate.spki())));
        }
        let trunk = if kind == Kind::Issuer { "│" } else { " " };
        lines.extend(
            facts
                .into_iter()
                .map(|fact| format!("{indent}{trunk}  {fact}")),
        );
    }
}

/// From the end entity up to the anchor; and what is in the chain besides.
fn arrange(report: &Report) -> (Vec<Node<'_>>, Vec<Node<'_>>) {
    let mut rest: Vec<(usize, &Certificate)> = report.chain.iter().enumerate().collect();
    let mut path: Vec<Node<'_>> = Vec::new();
    let mut next = rest.iter().position(|(index, _)| *index == first(report));
    while let Some(position) = next {
        let (index, certificate) = rest.remove(position);
        path.push(Node::of_chain(index, certificate));
        next = rest
            .iter()
            .position(|(_, issuer)| issued(issuer, certificate));
    }
    if let Some(anchor) = &report.anchor
        && !path
            .iter()
            .any(|node| node.certificate.der() == anchor.der())
    {
        let mut trusted = report.trusted.iter();
        let origin = match trusted.position(|trusted| trusted.der() == anchor.der()) {
            Some(index) => format!("trusted certificate {index}"),
            None => "default root".to_owned(),
        };
        path.push(Node {
            certificate: anchor,
            origin,
        });
    }
    let rest = rest.into_iter();
    let unused = rest.map(|(index, certificate)| Node::of_chain(index, certificate));
    (path, unused.collect())
}

fn issued(issuer: &Certificate, certificate: &Certificate) -> bool {
    issuer.subject() == certificate.issuer() && certificate.is_signed_by(issuer)
}

/// The end entity: the first, unless the rules found it further behind.
fn first(report: &Report) -> usize {
    let mut findings = report.findings.iter();
    let misplaced = findings.find(|finding| finding.rule == RuleId::Chn001);
    misplaced
        .and_then(|finding| finding.place.certificate)
        .unwrap_or(0)
}

/// Who issued the topmost certificate, if that is nowhere.
fn missing(report: &Report, path: &[Node<'_>]) -> Option<String> {
    let top = path.last()?.certificate;
    let is_there = report.anchor.is_some() || top.is_self_issued();
    (!is_there).then(|| top.issuer().to_string())
}

/// Whose it is; clients that know no better look at the common name where there is nothing else.
fn names(certificate: &Certificate) -> String {
    let names = certificate.shown_names();
    if !names.is_empty() {
        return names.join(", ");
    }
    match certificate.subject().common_names().first() {
        Some(common) => format!("none; common name {}", shown(common)),
        None => "none".to_owned(),
    }
}

/// How much of its time has passed: `[#####-----] FROM to UNTIL, 180 of 365 days left`.
fn validity(certificate: &Certificate, now: i64) -> String {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    format!(
        "[{}] {} to {}, {}",
        bar(from, until, now),
        moment(from),
        moment(until),
        left(from, until, now)
    )
}

fn bar(from: i64, until: i64, now: i64) -> String {
    let whole = until.saturating_sub(from).max(1);
    let passed = now.saturating_sub(from).clamp(0, whole);
    // Dates reach to the year 9999, so a product of seconds and characters is far from the end.
    let filled = passed.saturating_mul(BAR) / whole;
    (0..BAR)
        .map(|at| if at < filled { '#' } else { '-' })
        .collect()
}

fn left(from: i64, until: i64, now: i64) -> String {
    let days = |seconds: i64| match seconds / DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    match until.saturating_sub(now) {
        _ if now < from => format!("begins in {}", days(from.saturating_sub(now))),
        left if left < 0 => format!("expired {} ago", days(left.saturating_neg())),
        left if left < DAY => format!("{} left", days(left)),
        left => {
            let whole = until.saturating_sub(from);
            format!("{} of {} left", left / DAY, days(whole))
        }
    }
}

/// SHA-256 as `openssl x509 -fingerprint -sha256` and `keytool -list` print it: people compare it
/// with those.
fn fingerprint(bytes: &[u8]) -> String {
    let digest = Sha256Digest::of(bytes);
    let pairs: Vec<String> = digest
        .as_bytes()
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: i64 = 1_000 * DAY;
    const UNTIL: i64 = FROM + 320 * DAY;

    #[test]
    fn a_bar_fills_as_time_passes() {
        for (day, filled) in [(-1, 0), (0, 0), (9, 0), (10, 1), (160, 16), (319, 31)] {
            let bar = bar(FROM, UNTIL, FROM + day * DAY);
            assert_eq!(bar, "#".repeat(filled) + &"-".repeat(32 - filled), "{day}");
        }
        assert_eq!(bar(FROM, UNTIL, UNTIL), "#".repeat(32));
        assert_eq!(bar(FROM, UNTIL, i64::MAX), "#".repeat(32));
        // Dates that a certificate cannot have, and one whose end is before its beginning.
        assert_eq!(bar(i64::MIN, i64::MAX, i64::MIN), "-".repeat(32));
        assert_eq!(bar(UNTIL, FROM, FROM), "-".repeat(32));
    }

    #[test]
    fn what_is_left_is_told_in_days() {
        for (now, expected) in [
            (FROM - 1, "begins in less than a day"),
            (FROM - 3 * DAY, "begins in 3 days"),
            (FROM, "320 of 320 days left"),
            (UNTIL - 2 * DAY, "2 of 320 days left"),
            (UNTIL - DAY, "1 of 320 days left"),
            (UNTIL - 1, "less than a day left"),
            (UNTIL, "less than a day left"),
            (UNTIL + 1, "expired less than a day ago"),
            (UNTIL + DAY, "expired 1 day ago"),
            (UNTIL + 9 * DAY, "expired 9 days ago"),
        ] {
            assert_eq!(left(FROM, UNTIL, now), expected, "{now}");
        }
    }
}
