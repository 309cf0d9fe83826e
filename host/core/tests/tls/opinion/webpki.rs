//! `rustls-webpki`.

use std::time::Duration;

use provost_core::tls::Certificate;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{Accepted, Disagreements, accepted, compare};
use crate::corpus::NOW;

const REFUSED: Disagreements = &[
    (
        "CRT-004/fires",
        "CRT-004: a warning, since Java and OpenSSL take X.509 v1",
    ),
    ("CRT-008/near-miss", "it follows six intermediates"),
    ("CHN-001/near-miss", CA),
    ("USE-004/fires", CA),
    ("TRU-004/fires for the guide's recipe", CA),
    ("USE-002/fires for any purpose", ANY_PURPOSE),
    ("CHN-012/fires for any purpose", ANY_PURPOSE),
    (
        "CHN-009/near-miss of a self-issued one",
        "it counts self-issued intermediates, which RFC 5280, section 6.1.4 (l) does not",
    ),
    (
        "CHN-010/near-miss of a subject",
        "it compares whole names with a directory constraint, not what is below one",
    ),
    (
        "CHN-010/near-miss of a URI",
        "it takes no constraint on URIs for one that it understands",
    ),
    (
        "ALG-002/fires for an anchor",
        "ALG-002: a warning, since Java takes such keys",
    ),
    (
        "ALG-004/near-miss of one that trusts itself",
        "it verifies what a certificate that trusts itself says of itself",
    ),
];

const CA: &str = "USE-004: a warning, since the guide's recipe makes such certificates";
const ANY_PURPOSE: &str = "a warning, since Java takes any purpose for a server's too";

#[test]
fn webpki_accepts_what_is_accepted_but_for_the_listed() {
    let sets = accepted();
    let refused = sets.iter().filter_map(|set| {
        let said = verify(set).err()?;
        Some((&*set.case.name, format!("{said:?}")))
    });
    compare(&refused.collect::<Vec<_>>(), REFUSED);
}

fn verify(set: &Accepted) -> Result<(), webpki::Error> {
    let der = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
    let chain: Vec<_> = set.artifacts.chain().iter().map(der).collect();
    let roots = set.case.policy.default_roots().roots();
    let roots: Vec<_> = set
        .artifacts
        .trusted()
        .iter()
        .chain(roots)
        .map(der)
        .collect();
    let anchors: Vec<TrustAnchor<'_>> = roots
        .iter()
        .map(anchor_from_trusted_cert)
        .collect::<Result<_, _>>()?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs()));
    EndEntityCert::try_from(&chain[0])?
        .verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            &chain[1..],
            now,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|_| ())
}
