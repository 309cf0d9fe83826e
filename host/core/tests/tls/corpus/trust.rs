//! Sets about trust anchors.

use provost_core::tls::RuleId::{
    Alg002, Chn003, Chn004, Crt008, Nam001, Tru001, Tru002, Tru003, Tru004, Tru005, Tru006, Tru008,
    Use004,
};
use rcgen::{IsCa, SerialNumber};

use super::authority::rooted;
use super::{Case, Files, Issued, Openssl, Pki, Request, ca, changed, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let by_itself = Issued::by_itself(server());
    let itself = Files::of(&[&by_itself], &[&by_itself]);
    let leaf = pki.leaf(|_| ());
    let direct = pki.root.issue(server());
    let roots: &[&[u8]] = &[&pki.root.der];
    let Issued { pem: root, .. } = &pki.root;
    vec![
        Case::new(
            "TRU-001/fires",
            pki.rekeyed(),
            &[error(Chn004), error(Tru001)],
        ),
        // One signature is the end entity's: 99 are left of those that are verified for one set.
        Case::new(
            "TRU-001/fires behind too many of one name",
            crowd(pki, 99),
            &[error(Tru001)],
        ),
        Case::new(
            "TRU-001/near-miss behind many of one name",
            crowd(pki, 98),
            &[],
        ),
        Case::new("TRU-001/near-miss", pki.rekeyed_beside_the_right_one(), &[]),
        Case::new(
            "TRU-002/fires",
            Files::of(&[&direct], &[]).untrusted(),
            &[error(Tru002)],
        ),
        Case::new(
            "TRU-002/fires for a self-signed certificate",
            itself.clone().untrusted(),
            &[error(Tru002)],
        ),
        Case::new(
            "TRU-002/fires beside other default roots",
            pki.usual().untrusted(),
            &[error(Tru002)],
        )
        .with_roots(&[&pki.stranger.der]),
        Case::new("TRU-002/near-miss", pki.usual().untrusted(), &[]).with_roots(roots),
        // A default root as good as the right one: its name, another key.
        Case::new(
            "TRU-002/near-miss of the signature",
            pki.usual().untrusted(),
            &[error(Chn004), error(Tru001)],
        )
        .with_roots(&[&Issued::by_itself(ca("Corpus Root")).der]),
        Case::new(
            "TRU-003/fires",
            Files::of(&[&by_itself], &[&pki.stranger]),
            &[error(Tru003)],
        ),
        Case::new(
            "TRU-003/fires beside another root",
            Files::of(&[&leaf, &pki.intermediate], &[&pki.stranger]),
            &[error(Chn003), error(Tru003)],
        ),
        Case::new(
            "TRU-003/near-miss",
            Files::of(&[&leaf, &pki.intermediate], &[&pki.stranger]),
            &[],
        )
        .with_roots(roots),
        Case::new(
            "TRU-003/near-miss of a trusted intermediate",
            Files::of(&[&leaf], &[&pki.stranger, &pki.intermediate]),
            &[warning(Tru008)],
        ),
        Case::new(
            "TRU-004/fires",
            itself.clone(),
            &[warning(Tru004), warning(Tru006)],
        ),
        Case::new(
            "TRU-004/fires for a CA whose key the node has",
            {
                let root = &pki.stranger;
                let leaf = root.issue_for(server(), root.key.clone());
                Files::of(&[&leaf], &[root])
            },
            &[warning(Tru004)],
        ),
        Case::new(
            "TRU-004/fires when strict",
            itself,
            &[error(Tru004), warning(Tru006)],
        )
        .strict(),
        Case::new(
            "TRU-004/fires for the guide's recipe",
            recipe(openssl),
            &[
                warning(Use004),
                warning(Nam001),
                warning(Alg002),
                warning(Tru004),
                warning(Tru006),
            ],
        ),
        Case::new(
            "TRU-004/fires for the guide's recipe when strict",
            recipe(openssl),
            &[
                error(Use004),
                error(Nam001),
                error(Alg002),
                error(Tru004),
                warning(Tru006),
            ],
        )
        .strict(),
        Case::new("TRU-004/near-miss", one_name(), &[]),
        Case::new(
            "TRU-005/fires",
            rooted(|root| root.is_ca = IsCa::ExplicitNoCa),
            &[error(Tru005)],
        ),
        Case::new(
            "TRU-005/fires without basic constraints",
            rooted(|root| root.is_ca = IsCa::NoCa),
            &[error(Tru005)],
        ),
        Case::new(
            "TRU-005/fires for an old certificate that is no root",
            old_anchor(pki, openssl),
            &[error(Tru005), warning(Tru008)],
        ),
        Case::new("TRU-005/near-miss", rooted(|_| ()), &[]),
        Case::new("TRU-005/near-miss of an old root", old_root(openssl), &[]),
        Case::new(
            "TRU-005/near-miss without a key usage",
            rooted(|root| {
                root.key_usages.clear();
            }),
            &[],
        ),
        Case::new(
            "TRU-006/fires",
            Files::of(&[&leaf, &pki.intermediate], &[&pki.root, &leaf]),
            &[warning(Tru006)],
        ),
        Case::new(
            "TRU-006/near-miss",
            Files::of(
                &[&leaf, &pki.intermediate],
                &[&pki.root, &predecessor(pki, &leaf)],
            ),
            &[],
        ),
        Case::new(
            "TRU-006/near-miss of a root that is there twice",
            Files::of(&[&leaf, &pki.intermediate], &[&pki.root, &pki.root]),
            &[],
        ),
        Case::new(
            "CRT-008/fires for trusted ones",
            many(&pki.usual(), root, 1001),
            &[error(Crt008)],
        ),
        Case::new(
            "CRT-008/near-miss of trusted ones",
            many(&pki.usual(), root, 1000),
            &[],
        ),
    ]
}

/// The guide's recipe, at the corpus' time: `openssl req -x509` adds these extensions.
fn recipe(openssl: &Openssl) -> Files {
    let key = openssl.key("RSA -pkeyopt rsa_keygen_bits:1024");
    let certificate = openssl.certificate(&Request {
        subject: "/C=US/ST=Washington/L=Seattle/O=MyOrg/OU=MyDept/CN=*.us-west-2.compute.internal",
        extensions: &[
            "subjectKeyIdentifier = hash",
            "authorityKeyIdentifier = keyid",
            "basicConstraints = critical, CA:TRUE",
        ],
        ..Request::server(&key, None)
    });
    Files::new(&key, &[&certificate], &[&certificate])
}

/// Trusted certificates of the root's name, for other keys, and then the root.
fn crowd(pki: &Pki, impostors: usize) -> Files {
    let impostor = |_| Issued::by_itself(ca("Corpus Root")).pem;
    let impostors: String = (0..impostors).map(impostor).collect();
    let usual = pki.usual();
    Files {
        trusted: Some((impostors + &pki.root.pem).into_bytes()),
        ..usual
    }
}

/// A server's certificate that has its issuer's name: self-issued, and not self-signed.
fn one_name() -> Files {
    let root = Issued::by_itself(ca("node1.example.com"));
    Files::of(&[&root.issue(server())], &[&root])
}

/// The certificate that another one of the same name and key took the place of.
fn predecessor(pki: &Pki, leaf: &Issued) -> Issued {
    let params = changed(server(), |old| {
        old.serial_number = Some(SerialNumber::from(1));
    });
    pki.intermediate.issue_for(params, leaf.key.clone())
}

fn old_root(openssl: &Openssl) -> Files {
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let root = openssl.certificate(&Request {
        subject: "/CN=Old_Root",
        extensions: &[],
        ..Request::server(&key, None)
    });
    old(openssl, &root, &key)
}

fn old_anchor(pki: &Pki, openssl: &Openssl) -> Files {
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let (root, root_key) = pki.root.texts();
    let anchor = openssl.certificate(&Request {
        subject: "/CN=Old_Intermediate",
        extensions: &[],
        ..Request::server(&key, Some((&root, &root_key)))
    });
    old(openssl, &anchor, &key)
}

/// A server's certificate below an anchor.
fn old(openssl: &Openssl, anchor: &str, anchor_key: &str) -> Files {
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let leaf = openssl.certificate(&Request::server(&key, Some((anchor, anchor_key))));
    Files::new(&key, &[&leaf], &[anchor])
}

fn many(files: &Files, trusted: &str, count: usize) -> Files {
    Files {
        trusted: Some(trusted.repeat(count).into_bytes()),
        ..files.clone()
    }
}
