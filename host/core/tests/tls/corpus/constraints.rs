//! Sets about the names that issuers may certify.

use provost_core::tls::RuleId::{Chn010, Nam001, Tru008};
use rcgen::GeneralSubtree::{DnsName, IpAddress, Rfc822Name};
use rcgen::{
    CertificateParams, CidrSubnet, DnType, DnValue, GeneralSubtree, NameConstraints, SanType,
};

use super::authority::dns;
use super::{Case, Files, Issued, Openssl, Pki, Request, ca, changed, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let below = |constraints: NameConstraints, change: &dyn Fn(&mut CertificateParams)| {
        let intermediate = pki
            .root
            .issue(constrained("Corpus Intermediate", constraints));
        let leaf = intermediate.issue(changed(server(), change));
        Files::of(&[&leaf, &intermediate], &[&pki.root])
    };
    let named = |name: &'static str| {
        move |leaf: &mut CertificateParams| leaf.subject_alt_names = vec![dns(name)]
    };
    let common = |name: &'static str, others: Vec<SanType>| {
        move |leaf: &mut CertificateParams| {
            leaf.subject_alt_names.clone_from(&others);
            leaf.distinguished_name = rcgen::DistinguishedName::new();
            leaf.distinguished_name.push(DnType::CommonName, name);
        }
    };
    let host = |name: &str| DnsName(name.into());
    let network = || IpAddress(CidrSubnet::from_v4_prefix([10, 0, 0, 0], 24));
    let address = |last| {
        move |leaf: &mut CertificateParams| {
            leaf.subject_alt_names = vec![SanType::IpAddress([10, 0, 0, last].into())];
        }
    };
    let mail = SanType::Rfc822Name("root@example.com".try_into().unwrap());
    let outside = &[error(Chn010)];
    vec![
        Case::new(
            "CHN-010/fires",
            below(
                permitted(vec![host("example.org")]),
                &named("node1.example.com"),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a name that only ends alike",
            below(
                permitted(vec![host("example.com")]),
                &named("node1.another-example.com"),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for an excluded name",
            below(
                excluded(vec![host("node1.example.com")]),
                &named("node1.example.com"),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a wildcard that meets an excluded name",
            below(
                excluded(vec![host("a.example.com")]),
                &named("*.example.com"),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a wildcard that is wider",
            below(
                permitted(vec![host("a.example.com")]),
                &named("*.example.com"),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for an address",
            below(excluded(vec![network()]), &address(7)),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a common name",
            below(
                permitted(vec![host("example.org")]),
                &common("node1.example.com", Vec::new()),
            ),
            &[warning(Nam001), error(Chn010)],
        ),
        // Java and OpenSSL look at the common name where there is no dNSName.
        Case::new(
            "CHN-010/fires for a common name beside a mailbox",
            below(
                permitted(vec![host("example.org")]),
                &common("node1.example.com", vec![mail]),
            ),
            &[warning(Nam001), error(Chn010)],
        ),
        Case::new(
            "CHN-010/fires for a common name beside an address",
            below(
                permitted(vec![host("example.org")]),
                &common(
                    "node1.example.com",
                    vec![SanType::IpAddress([10, 0, 0, 7].into())],
                ),
            ),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a subject",
            subject(openssl, "Example", "Another"),
            outside,
        ),
        Case::new(
            "CHN-010/fires for a mailbox in the subject",
            below(permitted(vec![Rfc822Name("example.org".into())]), &|leaf| {
                let address = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
                let value = DnValue::Ia5String("root@example.com".try_into().unwrap());
                leaf.distinguished_name.push(address, value);
            }),
            outside,
        ),
        Case::new(
            "CHN-010/fires for an anchor's",
            anchored("example.org"),
            outside,
        ),
        Case::new(
            "CHN-010/fires two certificates below",
            two_below(pki, "example.org"),
            outside,
        ),
        Case::new(
            "CHN-010/near-miss",
            below(
                permitted(vec![host("node1.example.com")]),
                &named("NODE1.example.com"),
            ),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of a wildcard",
            below(
                permitted(vec![host("example.com")]),
                &named("*.example.com"),
            ),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of a wildcard over another label",
            below(
                excluded(vec![host("a.b.example.com")]),
                &named("*.example.com"),
            ),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of the last address",
            below(permitted(vec![network()]), &address(255)),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of names of another kind",
            below(
                permitted(vec![Rfc822Name("example.org".into())]),
                &named("node1.example.com"),
            ),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of a subject",
            subject(openssl, "Example", "Example"),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss of an anchor's",
            anchored("example.com"),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss two certificates below",
            two_below(pki, "example.com"),
            &[],
        ),
        Case::new(
            "CHN-010/near-miss by another path",
            another_way(pki),
            &[warning(Tru008)],
        ),
    ]
    .into_iter()
    .chain(written_otherwise(openssl))
    .collect()
}

/// Names that are the constrained one, or must be tested, however they are written. Java and
/// OpenSSL refuse them all but where it says so.
fn written_otherwise(openssl: &Openssl) -> Vec<Case> {
    let outside: &[_] = &[error(Chn010)];
    let below = |constraint: &str, section: &str, subject: &str, names: &str| {
        let curve = "EC -pkeyopt ec_paramgen_curve:P-256";
        let (root_key, key) = (openssl.key(curve), openssl.key(curve));
        let constraint = format!("nameConstraints = critical, {constraint}");
        let mut extensions = Request::CA.to_vec();
        extensions.extend([&*constraint, section]);
        let root = openssl.certificate(&Request {
            extensions: &extensions,
            ..Request::ca("/CN=Constrained_Root", &root_key, None)
        });
        let leaf = openssl.certificate(&Request {
            subject,
            extensions: &[&format!("subjectAltName = {names}")],
            ..Request::server(&key, Some((&root, &root_key)))
        });
        Files::new(&key, &[&leaf], &[&root])
    };
    let good = "DNS:node1.example.com";
    let directory = "excluded;dirName:tree";
    let mut cases = vec![];
    for (name, constraint, section, subject, names) in [
        (
            "an organisation in other letters",
            directory,
            "[tree]\nO = Evil",
            "/O=EVIL/CN=node1",
            good,
        ),
        (
            "a mailbox whose host is in other letters",
            "excluded;email:root@example.org",
            "",
            "/CN=node1",
            "DNS:node1.example.com, email:root@EXAMPLE.org",
        ),
        (
            "a URI without a host",
            "excluded;URI:example.org",
            "",
            "/CN=node1",
            "DNS:node1.example.com, URI:urn:uuid:1",
        ),
        (
            "a URI with an address",
            "permitted;URI:example.org",
            "",
            "/CN=node1",
            "DNS:node1.example.com, URI:https\\://10.0.0.1/",
        ),
    ] {
        let case = format!("CHN-010/fires for {name}");
        cases.push(Case::new(
            &case,
            below(constraint, section, subject, names),
            outside,
        ));
    }
    cases.push(Case::new(
        "CHN-010/near-miss of a URI",
        below(
            "permitted;URI:example.org",
            "",
            "/CN=node1",
            "DNS:node1.example.com, URI:https\\://example.org/",
        ),
        &[],
    ));
    cases
}

fn permitted(subtrees: Vec<GeneralSubtree>) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: subtrees,
        excluded_subtrees: Vec::new(),
    }
}

fn excluded(subtrees: Vec<GeneralSubtree>) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: subtrees,
    }
}

fn constrained(name: &str, constraints: NameConstraints) -> CertificateParams {
    changed(ca(name), |ca| ca.name_constraints = Some(constraints))
}

/// A subject of one organisation below a constraint to another. rcgen writes the tree wrongly.
fn subject(openssl: &Openssl, of: &str, constraint: &str) -> Files {
    let curve = "EC -pkeyopt ec_paramgen_curve:P-256";
    let (root_key, key) = (openssl.key(curve), openssl.key(curve));
    let mut extensions = Request::CA.to_vec();
    let section = format!("[tree]\nO = {constraint}");
    // A section of its own ends that of the extensions.
    extensions.extend([
        "nameConstraints = critical, permitted;dirName:tree",
        &section,
    ]);
    let root = openssl.certificate(&Request {
        extensions: &extensions,
        ..Request::ca("/CN=Constrained_Root", &root_key, None)
    });
    let leaf = openssl.certificate(&Request {
        subject: &format!("/O={of}/CN=node1"),
        ..Request::server(&key, Some((&root, &root_key)))
    });
    Files::new(&key, &[&leaf], &[&root])
}

/// The anchor itself has constraints.
fn anchored(tree: &str) -> Files {
    let trees = permitted(vec![DnsName(tree.into())]);
    let root = Issued::by_itself(constrained("Constrained Root", trees));
    Files::of(&[&root.issue(server())], &[&root])
}

/// The upper of two intermediates has constraints.
fn two_below(pki: &Pki, tree: &str) -> Files {
    let trees = permitted(vec![DnsName(tree.into())]);
    let upper = pki.root.issue(constrained("Upper Intermediate", trees));
    let lower = upper.issue(ca("Lower Intermediate"));
    Files::of(&[&lower.issue(server()), &lower, &upper], &[&pki.root])
}

/// The first certificate of the issuer that is trusted may not certify the name, the second may.
fn another_way(pki: &Pki) -> Files {
    let trees = permitted(vec![DnsName("example.org".into())]);
    let narrow = pki.root.issue(constrained("Corpus Intermediate", trees));
    let wide = pki
        .root
        .issue_for(ca("Corpus Intermediate"), narrow.key.clone());
    Files::of(&[&wide.issue(server())], &[&narrow, &wide])
}
