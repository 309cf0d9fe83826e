//! Sets about who issued what, and in which order it stands.

use provost_core::tls::RuleId::{
    Chn001, Chn002, Chn003, Chn004, Chn005, Chn006, Chn007, Chn008, Chn009, Chn012, Chn013, Tru001,
    Tru002, Tru003, Tru008, Use004,
};
use rcgen::ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
use rcgen::KeyUsagePurpose::{CrlSign, DigitalSignature, KeyCertSign};
use rcgen::{BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::authority::rooted;
use super::{Case, Files, Issued, Openssl, Pki, Request, ca, changed, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let mut cases = order(pki);
    cases.extend(missing(pki));
    cases.extend(signatures(pki));
    cases.extend(rights(pki, openssl));
    cases.extend(lengths(pki));
    cases.extend(of_anchors(pki));
    cases
}

/// What engines look at in an anchor, beside its name and its key.
fn of_anchors(pki: &Pki) -> Vec<Case> {
    let key_id = |id: &[u8]| {
        // `keyIdentifier` of AuthorityKeyIdentifier (RFC 5280, section 4.2.1.1): [0], in a sequence.
        let mut value = vec![0x30, u8::try_from(id.len() + 2).unwrap(), 0x80];
        value.push(u8::try_from(id.len()).unwrap());
        value.extend(id);
        CustomExtension::from_oid_content(&[2, 5, 29, 35], value)
    };
    let own = rcgen::KeyIdMethod::PreSpecified(vec![1; 20]);
    let root = Issued::by_itself(changed(ca("Identified Root"), |root| {
        root.key_identifier_method = own;
    }));
    let identified = |id: &[u8]| {
        let leaf = root.issue(changed(server(), |leaf| {
            leaf.use_authority_key_identifier_extension = false;
            leaf.custom_extensions = vec![key_id(id)];
        }));
        Files::of(&[&leaf], &[&root])
    };
    vec![
        Case::new("CHN-013/fires", identified(&[2; 20]), &[error(Chn013)]),
        Case::new("CHN-013/near-miss", identified(&[1; 20]), &[]),
        Case::new(
            "CHN-008/fires for an anchor",
            rooted(|root| root.key_usages = vec![CrlSign]),
            &[error(Chn008)],
        ),
        Case::new(
            "CHN-012/fires for an anchor",
            rooted(|root| root.extended_key_usages = vec![ClientAuth]),
            &[warning(Chn012)],
        ),
        Case::new(
            "TRU-008/fires",
            Files::of(&[&pki.leaf(|_| ())], &[&pki.intermediate]),
            &[warning(Tru008)],
        ),
        Case::new(
            "TRU-008/near-miss",
            Files::of(
                &[&pki.leaf(|_| ()), &pki.intermediate],
                &[&pki.intermediate, &pki.root],
            ),
            &[],
        ),
    ]
}

fn order(pki: &Pki) -> Vec<Case> {
    let leaf = &pki.leaf(|_| ());
    let Pki {
        root,
        intermediate,
        stranger,
    } = pki;
    let lower = &intermediate.issue(ca("Lower Intermediate"));
    let deep = &lower.issue(server());
    let renewed = &root.issue_for(
        changed(ca("Corpus Intermediate"), |ca| {
            ca.serial_number = Some(7.into());
        }),
        intermediate.key.clone(),
    );
    let crossed = &stranger.issue_for(ca("Corpus Root"), root.key.clone());
    let misplaced = |chain: &[&Issued], key: &Issued| {
        Files::of(chain, &[root]).with_key(key.key.serialize_pem())
    };
    vec![
        Case::new(
            "CHN-001/fires",
            misplaced(&[intermediate, leaf], leaf),
            &[error(Chn001)],
        ),
        Case::new(
            "CHN-001/fires from the root down",
            misplaced(&[root, intermediate, lower, deep], deep),
            &[error(Chn001), error(Chn002), warning(Chn006)],
        ),
        // An authority may be a server itself; the first certificate issued nothing here.
        Case::new(
            "CHN-001/near-miss",
            Files::of(&[&issuing_server(pki), intermediate], &[root]),
            &[warning(Use004)],
        ),
        Case::new(
            "CHN-002/fires",
            Files::of(&[deep, intermediate, lower], &[root]),
            &[error(Chn002)],
        ),
        Case::new(
            "CHN-002/near-miss",
            Files::of(&[deep, lower, intermediate], &[root]),
            &[],
        ),
        Case::new(
            "CHN-005/fires",
            Files::of(&[leaf, intermediate, stranger], &[root]),
            &[error(Chn005)],
        ),
        Case::new(
            "CHN-005/fires for a second certificate of an issuer",
            Files::of(&[leaf, intermediate, renewed], &[root]),
            &[error(Chn005)],
        ),
        Case::new(
            "CHN-005/near-miss",
            Files::of(&[leaf, intermediate, crossed], &[stranger]),
            &[],
        ),
        // What is trusted may be in the chain too, at whatever height.
        Case::new(
            "CHN-005/near-miss with all that issued something trusted",
            Files::of(&[deep, lower, intermediate], &[lower, intermediate, root]),
            &[],
        ),
        Case::new(
            "CHN-006/fires",
            Files::of(&[leaf, intermediate, root], &[root]),
            &[warning(Chn006)],
        ),
        Case::new(
            "CHN-006/fires for another certificate of the root's key",
            Files::of(&[leaf, intermediate, crossed], &[root]),
            &[warning(Chn006)],
        ),
        Case::new(
            "CHN-006/fires for a trusted intermediate",
            Files::of(&[leaf, intermediate], &[intermediate]),
            &[warning(Chn006), warning(Tru008)],
        ),
        Case::new(
            "CHN-006/near-miss",
            Files::of(&[leaf, intermediate, crossed], &[stranger, root]),
            &[],
        ),
    ]
}

fn missing(pki: &Pki) -> Vec<Case> {
    let Pki {
        root, intermediate, ..
    } = pki;
    let leaf = &pki.leaf(|_| ());
    let told =
        &pki.leaf(|leaf| leaf.custom_extensions = vec![issuer_at("http://ca.example.com/i")]);
    let by_a_private_root = &root.issue(server());
    vec![
        Case::new(
            "CHN-003/fires",
            Files::of(&[leaf], &[root]),
            &[error(Chn003), error(Tru003)],
        ),
        Case::new(
            "CHN-003/fires for what the certificate says",
            Files::of(&[told], &[]).untrusted(),
            &[error(Chn003), error(Tru002)],
        ),
        Case::new(
            "CHN-003/near-miss",
            Files::of(&[told, intermediate], &[root]),
            &[],
        ),
        Case::new(
            "CHN-003/near-miss where it may be a root that is missing",
            Files::of(&[by_a_private_root], &[]).untrusted(),
            &[error(Tru002)],
        ),
    ]
}

fn signatures(pki: &Pki) -> Vec<Case> {
    let Pki {
        root, intermediate, ..
    } = pki;
    let leaf = &pki.leaf(|_| ());
    let broken = &[error(Chn004), error(Tru001)];
    vec![
        Case::new(
            "CHN-004/fires",
            Files::of(&[&leaf.with_another_signature(), intermediate], &[root]),
            broken,
        ),
        Case::new(
            "CHN-004/fires for an intermediate",
            Files::of(&[leaf, &intermediate.with_another_signature()], &[root]),
            broken,
        ),
        Case::new(
            "CHN-004/fires for a root of the same name",
            pki.rekeyed(),
            broken,
        ),
        Case::new("CHN-004/near-miss", pki.rekeyed_beside_the_right_one(), &[]),
        // Nobody looks at an anchor's own signature (RFC 5280, section 6.1.1 (d)).
        Case::new(
            "CHN-004/near-miss of an anchor's own",
            Files::of(&[leaf, intermediate], &[&root.with_another_signature()]),
            &[],
        ),
    ]
}

fn rights(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let usages = |usages: &[KeyUsagePurpose]| pki.below(|ca| ca.key_usages = usages.to_vec());
    let purposes = |purposes: &[ExtendedKeyUsagePurpose]| -> Files {
        pki.below(|ca| ca.extended_key_usages = purposes.to_vec())
    };
    vec![
        Case::new(
            "CHN-007/fires",
            pki.below(|ca| ca.is_ca = IsCa::ExplicitNoCa),
            &[error(Chn007)],
        ),
        Case::new(
            "CHN-007/fires without basic constraints",
            pki.below(|ca| ca.is_ca = IsCa::NoCa),
            &[error(Chn007)],
        ),
        Case::new(
            "CHN-007/fires for an old certificate",
            below_an_old_one(pki, openssl),
            &[error(Chn007)],
        ),
        Case::new(
            "CHN-007/fires for a server's certificate",
            below_a_server(pki),
            &[error(Chn007), error(Chn008)],
        ),
        Case::new(
            "CHN-007/near-miss",
            pki.below(|ca| ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))),
            &[],
        ),
        Case::new(
            "CHN-008/fires",
            usages(&[CrlSign, DigitalSignature]),
            &[error(Chn008)],
        ),
        Case::new("CHN-008/near-miss", usages(&[KeyCertSign]), &[]),
        Case::new("CHN-008/near-miss without the extension", usages(&[]), &[]),
        Case::new("CHN-012/fires", purposes(&[ClientAuth]), &[error(Chn012)]),
        Case::new(
            "CHN-012/near-miss",
            purposes(&[ClientAuth, ServerAuth]),
            &[],
        ),
        Case::new(
            "CHN-012/fires for any purpose",
            purposes(&[Any]),
            &[warning(Chn012)],
        ),
        Case::new(
            "CHN-012/near-miss without the extension",
            purposes(&[]),
            &[],
        ),
    ]
}

fn lengths(pki: &Pki) -> Vec<Case> {
    let limited = |name: &str, limit| {
        changed(ca(name), |ca| {
            ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
        })
    };
    // Two intermediates below a root, of which `limit` are allowed below the upper.
    let below = |limit, lower: &str| {
        let upper = pki.root.issue(limited("Upper Intermediate", limit));
        let lower = upper.issue(ca(lower));
        Files::of(&[&lower.issue(server()), &lower, &upper], &[&pki.root])
    };
    let rooted = |limit| {
        let root = Issued::by_itself(limited("Limited Root", limit));
        let intermediate = root.issue(ca("Corpus Intermediate"));
        Files::of(&[&intermediate.issue(server()), &intermediate], &[&root])
    };
    vec![
        Case::new(
            "CHN-009/fires",
            below(0, "Lower Intermediate"),
            &[error(Chn009)],
        ),
        Case::new("CHN-009/fires for an anchor", rooted(0), &[error(Chn009)]),
        Case::new("CHN-009/near-miss", below(1, "Lower Intermediate"), &[]),
        Case::new("CHN-009/near-miss for an anchor", rooted(1), &[]),
        // An authority's certificate for itself, for a new key, does not count.
        Case::new(
            "CHN-009/near-miss of a self-issued one",
            below(0, "Upper Intermediate"),
            &[],
        ),
    ]
}

impl Pki {
    /// The root that is trusted has the right name and another key.
    pub(super) fn rekeyed(&self) -> Files {
        let other = Issued::by_itself(ca("Corpus Root"));
        Files::of(&[&self.leaf(|_| ()), &self.intermediate], &[&other])
    }

    /// The right root stands behind one of the same name.
    pub(super) fn rekeyed_beside_the_right_one(&self) -> Files {
        let other = Issued::by_itself(ca("Corpus Root"));
        Files::of(
            &[&self.leaf(|_| ()), &self.intermediate],
            &[&other, &self.root],
        )
    }
}

/// A server's certificate that could issue others.
fn issuing_server(pki: &Pki) -> Issued {
    pki.leaf(|leaf| {
        leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        leaf.key_usages = vec![DigitalSignature, KeyCertSign];
    })
}

fn below_an_old_one(pki: &Pki, openssl: &Openssl) -> Files {
    let (root, root_key) = pki.root.texts();
    let old_key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let old = openssl.certificate(&Request {
        subject: "/CN=Old_Intermediate",
        extensions: &[],
        ..Request::server(&old_key, Some((&root, &root_key)))
    });
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let leaf = openssl.certificate(&Request::server(&key, Some((&old, &old_key))));
    Files::new(&key, &[&leaf, &old], &[&root])
}

/// Whoever has a server's key tries to issue with it.
fn below_a_server(pki: &Pki) -> Files {
    let server_of_another = pki.leaf(|_| ());
    let forged = server_of_another.issue(changed(server(), |leaf| {
        leaf.distinguished_name = rcgen::DistinguishedName::new();
    }));
    Files::of(
        &[&forged, &server_of_another, &pki.intermediate],
        &[&pki.root],
    )
}

/// `authorityInfoAccess` with one `caIssuers` (RFC 5280, section 4.2.2.1).
fn issuer_at(url: &str) -> CustomExtension {
    const ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
    const CA_ISSUERS: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02";
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, length], content].concat()
    };
    let location = element(0x86, url.as_bytes());
    let description = element(0x30, &[CA_ISSUERS, &location].concat());
    CustomExtension::from_oid_content(&ACCESS, element(0x30, &description))
}
