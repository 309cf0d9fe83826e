//! Rules about what is in the chain's file, and in which order.

use super::Set;
use crate::tls::certificate::Certificate;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::path::Origin;
use crate::tls::rule::RuleId;

/// The end entity comes first.
pub(super) fn end_entity_first(set: &Set<'_>) -> Vec<Finding> {
    if set.end_entity == 0 {
        return Vec::new();
    }
    let Some(certificate) = set.certificate() else {
        return Vec::new();
    };
    let message = format!("this is the end-entity certificate; it stands behind {}", {
        match set.end_entity {
            1 => "another one".to_owned(),
            others => format!("{others} others"),
        }
    });
    vec![
        Finding::new(RuleId::Chn001, place(set.end_entity, certificate), message)
            .hint(right_order(set)),
    ]
}

/// The others follow, each certified by the next.
pub(super) fn out_of_order(set: &Set<'_>) -> Vec<Finding> {
    let indices: Vec<usize> = on_the_path(set).skip(1).collect();
    let late = indices.windows(2).find_map(|pair| match pair {
        [first, second] if first > second => Some(*second),
        _ => None,
    });
    let Some((index, certificate)) = late.and_then(|i| Some((i, set.chain.get(i)?))) else {
        return Vec::new();
    };
    let message = "it stands before the certificate that it issued";
    vec![Finding::new(RuleId::Chn002, place(index, certificate), message).hint(right_order(set))]
}

/// A certificate that has nothing to do with the others: Java refuses to store such a chain. Where
/// the path breaks, what stands behind the break may well belong to it.
pub(super) fn not_on_the_path(set: &Set<'_>) -> Vec<Finding> {
    if set.path.anchor().is_none() {
        return Vec::new();
    }
    unused(set)
        .filter(|(_, certificate)| !stands_for_the_anchor(set, certificate))
        .map(|(index, certificate)| {
            let message = "it did not issue any certificate on the way to the trust anchor";
            Finding::new(RuleId::Chn005, place(index, certificate), message)
                .hint("remove it from the chain")
        })
        .collect()
}

/// The anchor, which readers have already; or another certificate of its name and key.
pub(super) fn root_included(set: &Set<'_>) -> Vec<Finding> {
    unused(set)
        .filter(|(_, certificate)| stands_for_the_anchor(set, certificate))
        .map(|(index, certificate)| {
            let message = "it is the trust anchor, which the other side has already";
            Finding::new(RuleId::Chn006, place(index, certificate), message)
                .hint("it may be removed from the chain")
        })
        .collect()
}

fn place(index: usize, certificate: &Certificate) -> Place {
    Place::certificate(ArtifactFile::CertificateChain, index, &certificate.name())
}

/// Positions in the chain's file, in the order of the path.
fn on_the_path<'s>(set: &'s Set<'_>) -> impl Iterator<Item = usize> + use<'s> {
    set.path.steps.iter().filter_map(|step| match step.origin {
        Origin::Chain(index) => Some(index),
        _ => None,
    })
}

/// What is not on the path; duplicates of what is are another rule's.
fn unused<'s>(set: &'s Set<'_>) -> impl Iterator<Item = (usize, &'s Certificate)> + use<'s> {
    let used: Vec<usize> = on_the_path(set).collect();
    set.chain
        .iter()
        .enumerate()
        .filter(move |(index, certificate)| {
            let twin = || {
                let mut others = set.chain.iter().take(*index);
                others.any(|other| other.der() == certificate.der())
            };
            !used.contains(index) && !twin()
        })
}

fn stands_for_the_anchor(set: &Set<'_>, certificate: &Certificate) -> bool {
    set.path.anchor().is_some_and(|anchor| {
        anchor.certificate.subject() == certificate.subject()
            && anchor.certificate.spki() == certificate.spki()
    })
}

fn right_order(set: &Set<'_>) -> String {
    let lines = on_the_path(set).filter_map(|index| {
        let certificate = set.chain.get(index)?;
        Some(format!("\n  certificate {index} ({})", certificate.name()))
    });
    format!("the right order is{}", lines.collect::<String>())
}
