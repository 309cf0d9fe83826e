//! Sets about single certificates.

use provost_core::tls::RuleId::{Chn006, Crt002, Crt003, Crt004, Crt005, Crt008, Nam001};
use rcgen::{CustomExtension, SerialNumber};

use super::authority::{pem, rooted};
use super::{Case, Files, Issued, Openssl, Pki, Request, ca, changed, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let Pki {
        root, intermediate, ..
    } = pki;
    let leaf = &pki.leaf(|_| ());
    let chain = |first: &str| {
        let files = Files::of(&[leaf, intermediate], &[root]);
        files.with_chain([first, &intermediate.pem].concat())
    };
    let extended = |extensions: &[CustomExtension]| {
        pki.set(|leaf| leaf.custom_extensions = extensions.to_vec())
    };
    let trailing = pem("CERTIFICATE", &[&*leaf.der, b"\0"].concat());
    let cut = pem("CERTIFICATE", &leaf.der[..leaf.der.len() - 1]);
    vec![
        Case::new("CRT-002/fires", chain(&cut), &[error(Crt002)]),
        Case::new(
            "CRT-002/fires for bytes behind it",
            chain(&trailing),
            &[error(Crt002)],
        ),
        Case::new(
            "CRT-002/fires for an extension that occurs twice",
            extended(&[unknown(false), unknown(false)]),
            &[error(Crt002)],
        ),
        Case::new(
            "CRT-002/fires for unused bits of a signature",
            with_unused_bits(pki),
            &[error(Crt002)],
        ),
        Case::new(
            "CRT-002/fires for a length in another form",
            chain(&with_a_longer_length(leaf)),
            &[error(Crt002)],
        ),
        Case::new("CRT-002/near-miss", long_serial(pki), &[]),
        Case::new(
            "CRT-003/fires",
            Files::of(&[leaf, leaf, intermediate], &[root]),
            &[error(Crt003)],
        ),
        Case::new(
            "CRT-003/fires for the last",
            Files::of(&[leaf, intermediate, intermediate], &[root]),
            &[error(Crt003)],
        ),
        // In both files is not twice.
        Case::new(
            "CRT-003/near-miss",
            Files::of(&[leaf, intermediate, root], &[root, intermediate]),
            &[warning(Chn006)],
        ),
        Case::new(
            "CRT-004/fires",
            old(pki, openssl),
            &[warning(Crt004), warning(Nam001)],
        ),
        Case::new(
            "CRT-004/fires when strict",
            old(pki, openssl),
            &[error(Crt004), error(Nam001)],
        )
        .strict(),
        Case::new("CRT-004/near-miss", bare(pki), &[warning(Nam001)]),
        Case::new(
            "CRT-005/fires",
            extended(&[unknown(true)]),
            &[error(Crt005)],
        ),
        Case::new(
            "CRT-005/fires for an intermediate",
            pki.below(|ca| ca.custom_extensions = vec![unknown(true)]),
            &[error(Crt005)],
        ),
        // Known to the parser and not to the rules.
        Case::new(
            "CRT-005/fires for policy constraints",
            extended(&[policies()]),
            &[error(Crt005)],
        ),
        Case::new("CRT-005/near-miss", extended(&[unknown(false)]), &[]),
        Case::new(
            "CRT-005/fires for an anchor",
            rooted(|root| root.custom_extensions = vec![unknown(true)]),
            &[warning(Crt005)],
        ),
        Case::new("CRT-008/fires", deep(10), &[error(Crt008)]),
        Case::new("CRT-008/near-miss", deep(9), &[]),
    ]
}

/// An extension that nobody knows.
fn unknown(critical: bool) -> CustomExtension {
    let mut extension =
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
    extension.set_criticality(critical);
    extension
}

/// `policyConstraints`, critical (RFC 5280, section 4.2.1.11).
fn policies() -> CustomExtension {
    let require_explicit_policy = vec![0x30, 3, 0x80, 1, 0];
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 36], require_explicit_policy);
    extension.set_criticality(true);
    extension
}

/// The longest serial number (RFC 5280, section 4.1.2.2).
fn long_serial(pki: &Pki) -> Files {
    pki.set(|leaf| leaf.serial_number = Some(SerialNumber::from_slice(&[0x7f; 20])))
}

/// X.509 v1.
fn old(pki: &Pki, openssl: &Openssl) -> Files {
    let (root, root_key) = pki.root.texts();
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    let leaf = openssl.certificate(&Request {
        extensions: &[],
        ..Request::server(&key, Some((&root, &root_key)))
    });
    Files::new(&key, &[&leaf], &[&root])
}

/// X.509 v3 without extensions.
fn bare(pki: &Pki) -> Files {
    pki.set(|leaf| {
        leaf.subject_alt_names.clear();
        leaf.is_ca = rcgen::IsCa::NoCa;
        leaf.key_usages.clear();
        leaf.extended_key_usages.clear();
        leaf.use_authority_key_identifier_extension = false;
    })
}

/// A server's certificate below so many intermediates.
fn deep(intermediates: usize) -> Files {
    let root = Issued::by_itself(ca("Deep Root"));
    let mut issuers = vec![root];
    for number in 0..intermediates {
        let next = issuers
            .last()
            .unwrap()
            .issue(ca(&format!("Intermediate {number}")));
        issuers.push(next);
    }
    let leaf = issuers.last().unwrap().issue(changed(server(), |_| ()));
    let mut chain = vec![&leaf];
    chain.extend(issuers.iter().skip(1).rev());
    Files::of(&chain, &[&issuers[0]])
}

/// The signature's last bit, which is 0, is said not to belong to it: the same signature in other
/// bytes.
fn with_unused_bits(pki: &Pki) -> Files {
    let mut leaves = (0..64).map(|_| pki.leaf(|_| ()));
    let mut leaf = leaves
        .find(|leaf| leaf.der.last().unwrap() & 1 == 0)
        .unwrap();
    let length = leaf.der.len();
    // BIT STRING, its length, how many bits of its last byte are unused, a sequence.
    let is_signature = |(at, window): &(usize, &[u8])| matches!(window, [3, size, 0, 0x30] if at + 2 + usize::from(*size) == length);
    let (at, _) = leaf.der.windows(4).enumerate().find(is_signature).unwrap();
    leaf.der[at + 2] = 1;
    leaf.pem = pem("CERTIFICATE", &leaf.der);
    Files::of(&[&leaf, &pki.intermediate], &[&pki.root])
}

/// The length of the whole is written in one byte more than it takes (X.690, section 10.1).
fn with_a_longer_length(issued: &Issued) -> String {
    let [0x30, 0x82, high, low, rest @ ..] = &*issued.der else {
        panic!("a certificate of less than 256 bytes")
    };
    pem(
        "CERTIFICATE",
        &[&[0x30, 0x83, 0, *high, *low], rest].concat(),
    )
}
