//! Sets that are made to cost much: they end, and the limits hold.

use std::sync::Arc;

use provost_core::tls::{Report, RuleId, TlsArtifacts, TlsPolicy, limits};
use rcgen::{GeneralSubtree, KeyPair, NameConstraints, SanType, SerialNumber};

use crate::corpus::{Files, Issued, NOW, Pki, ca, changed, server};

#[test]
fn authorities_of_one_name_that_certify_each_other_lead_nowhere() {
    // Each key is certified by the two next, so that every step has two ways on.
    let keys: Vec<Arc<KeyPair>> = (0..5)
        .map(|_| Arc::new(KeyPair::generate().unwrap()))
        .collect();
    let authorities: Vec<Issued> = keys.iter().map(|key| one_of(key.clone(), 0)).collect();
    let mut chain = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        for (next, number) in [(1, 1), (2, 2)] {
            let issuer = &authorities[(at + next) % keys.len()];
            chain.push(issuer.issue_for(numbered(number), key.clone()));
        }
    }
    let leaf = authorities[0].issue(server());
    chain.truncate(9);
    let chain: Vec<&Issued> = std::iter::once(&leaf).chain(&chain).collect();
    let report = judge(&Files::of(&chain, &[&Pki::new().stranger]));
    assert!(
        rules(&report).contains(&RuleId::Tru003),
        "{:?}",
        report.findings
    );
}

#[test]
fn a_thousand_anchors_of_one_name_and_key_are_as_good_as_one() {
    let root = one_of(Arc::new(KeyPair::generate().unwrap()), 0);
    let twins: Vec<Issued> = (1..=1000).map(|n| one_of(root.key.clone(), n)).collect();
    let trusted: Vec<&Issued> = twins.iter().collect();
    let report = judge(&Files::of(&[&root.issue(server())], &trusted));
    assert_eq!(rules(&report), []);
}

#[test]
fn a_thousand_anchors_of_one_name_and_other_keys_are_given_up() {
    let root = one_of(Arc::new(KeyPair::generate().unwrap()), 0);
    let others: Vec<Issued> = (0..999)
        .map(|_| one_of(Arc::new(KeyPair::generate().unwrap()), 0))
        .collect();
    let trusted: Vec<&Issued> = others.iter().chain([&root]).collect();
    let report = judge(&Files::of(&[&root.issue(server())], &trusted));
    assert_eq!(rules(&report), [RuleId::Tru001]);
}

#[test]
fn names_are_compared_with_constraints_so_often_and_no_more() {
    // A certificate's subject is compared too.
    let names = 1000;
    let most = limits::COMPARISONS / (names + 1);
    let below = |trees: usize| {
        let excluded = (0..trees).map(|n| GeneralSubtree::DnsName(format!("{n}.example")));
        let root = Issued::by_itself(changed(ca("Constrained Root"), |root| {
            root.name_constraints = Some(NameConstraints {
                permitted_subtrees: Vec::new(),
                excluded_subtrees: excluded.collect(),
            });
        }));
        let leaf = root.issue(changed(server(), |leaf| {
            leaf.subject_alt_names = many(names);
        }));
        rules(&judge(&Files::of(&[&leaf], &[&root])))
    };
    assert_eq!(below(most), []);
    assert_eq!(below(most + 1), [RuleId::Chn010]);
}

#[test]
fn so_many_names_are_read_of_one_file_and_no_more() {
    let with = |names: usize| {
        Issued::by_itself(changed(ca("Root"), |root| {
            root.subject_alt_names = many(names);
        }))
    };
    let half = limits::NAMES / 2;
    let root = with(half);
    let leaf = root.issue(server());
    let both = |other: &Issued| rules(&judge(&Files::of(&[&leaf], &[&root, other])));
    assert_eq!(both(&with(half)), []);
    assert_eq!(both(&with(half + 1)), [RuleId::Crt008]);
    assert_eq!(both(&with(limits::NAMES + 1)), [RuleId::Crt002]);
}

/// Names in as few bytes as such names have.
fn many(names: usize) -> Vec<SanType> {
    (0..names)
        .map(|n| SanType::DnsName(format!("{n}").try_into().unwrap()))
        .collect()
}

fn one_of(key: Arc<KeyPair>, number: u64) -> Issued {
    Issued::by_itself_with(numbered(number), key)
}

fn numbered(number: u64) -> rcgen::CertificateParams {
    changed(ca("One Name"), |ca| {
        ca.serial_number = Some(SerialNumber::from(number));
    })
}

fn judge(files: &Files) -> Report {
    TlsArtifacts::validate(files.raw(), &TlsPolicy::at(NOW)).report
}

fn rules(report: &Report) -> Vec<RuleId> {
    report.findings.iter().map(|finding| finding.rule).collect()
}
