//! Rules about when certificates are valid.

use super::Set;
use crate::tls::finding::Finding;
use crate::tls::moment;
use crate::tls::path::{Path, Step};
use crate::tls::policy::TlsPolicy;
use crate::tls::rule::RuleId;

const DAY: i64 = 24 * 60 * 60;
/// Below this many days a renewal is due.
const SOON: i64 = 30;

/// The end entity's certificate has expired.
pub(super) fn expired(set: &Set<'_>) -> Vec<Finding> {
    let now = set.policy.now();
    let step = set.path.end_entity();
    let step = step.filter(|step| step.certificate.not_after() < now);
    step.map(|step| {
        let message = format!(
            "it expired at {}; now it is {}",
            moment(step.certificate.not_after()),
            moment(now)
        );
        Finding::new(RuleId::Tim001, step.place(), message)
            .hint("renew it; if it should still be valid, look at this machine's clock")
    })
    .into_iter()
    .collect()
}

/// The end entity's certificate is not valid yet.
pub(super) fn not_yet_valid(set: &Set<'_>) -> Vec<Finding> {
    let now = set.policy.now();
    let step = set.path.end_entity();
    let step = step.filter(|step| step.certificate.not_before() > now);
    step.map(|step| {
        let message = format!(
            "it is valid from {}; now it is {}",
            moment(step.certificate.not_before()),
            moment(now)
        );
        Finding::new(RuleId::Tim002, step.place(), message)
            .hint("wait, or look at this machine's clock")
    })
    .into_iter()
    .collect()
}

/// A certificate on the path is valid, and not for long.
pub(super) fn ends_soon(set: &Set<'_>) -> Vec<Finding> {
    let now = set.policy.now();
    let ending = set.path.all().filter(|step| {
        let left = step.certificate.not_after().saturating_sub(now);
        step.certificate.is_valid_at(now) && left < SOON * DAY
    });
    ending
        .map(|step| {
            let until = step.certificate.not_after();
            let message = match until.saturating_sub(now) / DAY {
                0 => format!("less than a day is left: it ends at {}", moment(until)),
                1 => format!("1 day is left: it ends at {}", moment(until)),
                days => format!("{days} days are left: it ends at {}", moment(until)),
            };
            Finding::new(RuleId::Tim004, step.place(), message).hint("renew it")
        })
        .collect()
}

/// An intermediate is not valid now.
pub(super) fn intermediate(path: &Path<'_>, policy: &TlsPolicy) -> Vec<Finding> {
    let steps = path.intermediates().iter();
    steps
        .filter_map(|step| outside(step, policy.now()))
        .map(|(step, message)| {
            Finding::new(RuleId::Tim003, step.place(), message)
                .hint("take the CA's present certificate")
        })
        .collect()
}

/// The anchor is not valid now. Java does not look; OpenSSL does.
pub(super) fn anchor(path: &Path<'_>, policy: &TlsPolicy) -> Vec<Finding> {
    path.anchor_above()
        .into_iter()
        .filter_map(|step| outside(step, policy.now()))
        .map(|(step, message)| {
            Finding::new(RuleId::Tim005, step.place(), message)
                .hint("trust the CA's present root certificate")
        })
        .collect()
}

fn outside<'s, 'a>(step: &'s Step<'a>, now: i64) -> Option<(&'s Step<'a>, String)> {
    let certificate = step.certificate;
    if certificate.is_valid_at(now) {
        return None;
    }
    let message = format!(
        "it is valid from {} to {}; now it is {}",
        moment(certificate.not_before()),
        moment(certificate.not_after()),
        moment(now)
    );
    Some((step, message))
}
