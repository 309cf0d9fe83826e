//! Sets about the names that certificates are for.

use provost_core::tls::RuleId::{Nam001, Nam002, Nam004, Nam007};
use rcgen::{DnType, SanType};

use super::authority::dns;
use super::{Case, Files, Pki, error, warning};

pub(super) fn cases(pki: &Pki) -> Vec<Case> {
    let for_names = |names: &[&str]| {
        let names: Vec<SanType> = names.iter().map(|name| dns(name)).collect();
        pki.set(|leaf| leaf.subject_alt_names = names)
    };
    let address = |address: [u8; 4]| SanType::IpAddress(address.into());
    let addressed = pki.set(|leaf| leaf.subject_alt_names = vec![address([10, 0, 0, 7])]);
    let common = |name: &str| -> Files {
        pki.set(|leaf| {
            leaf.subject_alt_names.clear();
            leaf.distinguished_name = rcgen::DistinguishedName::new();
            leaf.distinguished_name.push(DnType::CommonName, name);
        })
    };
    let mut cases = vec![
        Case::new(
            "NAM-001/fires",
            common("node1.example.com"),
            &[warning(Nam001)],
        ),
        Case::new(
            "NAM-001/fires when strict",
            common("node1.example.com"),
            &[error(Nam001)],
        )
        .strict(),
        Case::new(
            "NAM-001/fires without any name",
            nameless(pki),
            &[error(Nam001)],
        ),
        Case::new("NAM-001/near-miss", addressed.clone(), &[]),
        Case::new("NAM-002/fires", pki.usual(), &[error(Nam002)])
            .with_node_names(&["node2.example.com"]),
        Case::new(
            "NAM-002/fires for each name",
            pki.usual(),
            &[error(Nam002), error(Nam002)],
        )
        .with_node_names(&["node2.example.com", "node1.example.com", "10.0.0.7"]),
        Case::new(
            "NAM-002/fires two labels below",
            pki.usual(),
            &[error(Nam002)],
        )
        .with_node_names(&["a.b.nodes.example.com"]),
        // RFC 6125, section 6.4.4: the common name does not count beside an alternative one.
        Case::new(
            "NAM-002/fires for a common name",
            addressed.clone(),
            &[error(Nam002)],
        )
        .with_node_names(&["node1.example.com"]),
        Case::new(
            "NAM-002/fires for an address as text",
            for_names(&["10.0.0.7"]),
            &[error(Nam002)],
        )
        .with_node_names(&["10.0.0.7"]),
        Case::new("NAM-002/near-miss", pki.usual(), &[]).with_node_names(&[
            "NODE1.example.com",
            "node1.example.com.",
            "a.nodes.example.com",
        ]),
        Case::new("NAM-002/near-miss of an address", addressed, &[]).with_node_names(&["10.0.0.7"]),
        Case::new(
            "NAM-002/near-miss by the common name",
            common("*.us-west-2.compute.internal"),
            &[warning(Nam001)],
        )
        .with_node_names(&["ip-10-0-0-7.us-west-2.compute.internal"]),
        Case::new(
            "NAM-004/fires",
            for_names(&["*.internal"]),
            &[error(Nam004)],
        ),
        Case::new(
            "NAM-004/fires for a common name",
            common("*"),
            &[warning(Nam001), error(Nam004)],
        ),
        Case::new("NAM-004/near-miss", for_names(&["*.ec2.internal"]), &[]),
        Case::new(
            "NAM-004/near-miss of a cloud's suffix",
            for_names(&["*.us-west-2.compute.amazonaws.com"]),
            &[],
        ),
    ];
    cases.extend([
        Case::new(
            "NAM-007/fires",
            for_names(&["node1.example.com."]),
            &[error(Nam007)],
        ),
        Case::new(
            "NAM-007/near-miss",
            for_names(&["_node-1.example.com"]),
            &[],
        ),
    ]);
    let bad = [
        "*",
        "*.com",
        "*.CO.UK",
        "node*.example.com",
        "a.*.example.com",
        "*.*.example.com",
    ];
    for name in bad {
        let case = format!("NAM-004/fires for {name}");
        cases.push(Case::new(
            &case,
            for_names(&["node1.example.com", name]),
            &[error(Nam004)],
        ));
    }
    cases
}

/// Without a subject and without alternative names.
fn nameless(pki: &Pki) -> Files {
    pki.set(|leaf| {
        leaf.subject_alt_names.clear();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
    })
}
