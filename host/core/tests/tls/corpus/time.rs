//! Sets about when certificates are valid.

use provost_core::tls::RuleId::{Tim001, Tim002, Tim003, Tim004, Tim005};

use super::authority::rooted;
use super::{Case, DAY, Files, Issued, NOW, Pki, at, ca, changed, error, server, warning};

pub(super) fn cases(pki: &Pki) -> Vec<Case> {
    let until = |until| pki.set(move |leaf| leaf.not_after = at(until));
    let from = |from| pki.set(move |leaf| leaf.not_before = at(from));
    let root = |from, until| {
        rooted(move |root| {
            root.not_before = at(from);
            root.not_after = at(until);
        })
    };
    vec![
        Case::new("TIM-001/fires", until(NOW - 1), &[error(Tim001)]),
        // The last second belongs to the validity (RFC 5280, section 4.1.2.5).
        Case::new("TIM-001/near-miss", until(NOW), &[warning(Tim004)]),
        Case::new("TIM-002/fires", from(NOW + 1), &[error(Tim002)]),
        Case::new("TIM-002/near-miss", from(NOW), &[]),
        Case::new(
            "TIM-003/fires",
            pki.below(|intermediate| intermediate.not_after = at(NOW - 1)),
            &[error(Tim003)],
        ),
        Case::new(
            "TIM-003/fires before its time",
            pki.below(|intermediate| intermediate.not_before = at(NOW + 1)),
            &[error(Tim003)],
        ),
        Case::new(
            "TIM-003/near-miss",
            pki.below(|intermediate| intermediate.not_after = at(NOW)),
            &[warning(Tim004)],
        ),
        Case::new(
            "TIM-003/near-miss with a present one beside it",
            renewed_intermediate(pki),
            &[],
        ),
        Case::new(
            "TIM-004/fires",
            until(NOW + 30 * DAY - 1),
            &[warning(Tim004)],
        ),
        Case::new("TIM-004/near-miss", until(NOW + 30 * DAY), &[]),
        Case::new("TIM-005/fires", root(NOW - DAY, NOW - 1), &[error(Tim005)]),
        Case::new(
            "TIM-005/fires before its time",
            root(NOW + 1, NOW + DAY),
            &[error(Tim005)],
        ),
        Case::new(
            "TIM-005/near-miss",
            root(NOW - DAY, NOW),
            &[warning(Tim004)],
        ),
        Case::new("TIM-005/near-miss with a renewed root", renewed_root(), &[]),
        Case::new("TIM-005/near-miss of an unused one", unused_root(pki), &[]),
    ]
}

/// An expired intermediate is trusted; the chain has its successor, for the same key.
fn renewed_intermediate(pki: &Pki) -> Files {
    let old = changed(ca("Corpus Intermediate"), |old| old.not_after = at(NOW - 1));
    let old = pki.root.issue(old);
    let new = pki
        .root
        .issue_for(ca("Corpus Intermediate"), old.key.clone());
    Files::of(&[&new.issue(server()), &new], &[&old, &pki.root])
}

/// An expired root, and its successor for the same key behind it.
fn renewed_root() -> Files {
    let old = changed(ca("Renewed Root"), |old| old.not_after = at(NOW - 1));
    let old = Issued::by_itself(old);
    let new = Issued::by_itself_with(ca("Renewed Root"), old.key.clone());
    Files::of(&[&new.issue(server())], &[&old, &new])
}

fn unused_root(pki: &Pki) -> Files {
    let expired = changed(ca("Old Root"), |old| old.not_after = at(NOW - 1));
    let leaf = pki.leaf(|_| ());
    Files::of(
        &[&leaf, &pki.intermediate],
        &[&Issued::by_itself(expired), &pki.root],
    )
}
