//! The verdicts of x509-limbo (C2SP), as far as they are about what the rules judge: the path.
//!
//! The file is not part of the repository: `PROVOST_X509_LIMBO` names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use provost_core::tls::{Certificate, DefaultRoots, Report, RuleId, TlsPolicy};
use serde::Deserialize;

/// Cases without a time of their own are valid for centuries; this is when the file was made.
const THEN: i64 = 1_701_388_800;

/// What the file's intermediates, which have no order, would break without being wrong.
const ORDER: [RuleId; 3] = [RuleId::Chn001, RuleId::Chn002, RuleId::Chn005];

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    features: Option<Vec<String>>,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
    max_chain_depth: Option<u32>,
}

#[derive(Deserialize)]
struct PeerName {
    kind: String,
    value: String,
}

/// Verdicts that differ, and why that is right for what the rules are for.
const DIVERGENCES: &[(&str, &str)] = &[
    // Refused here.
    (
        "pathlen::validation-ignores-pathlen-in-leaf",
        "a CA's certificate as a server's: its key usage cannot sign (USE-001)",
    ),
    (
        "rfc5280::nc::permitted-dn-match",
        "the path holds; the certificate has no name for the peer (NAM-002)",
    ),
    // What a CA must not write and no reader is harmed by.
    ("rfc5280::aki::critical-aki", ISSUANCE),
    ("rfc5280::aki::leaf-missing-aki", ISSUANCE),
    ("rfc5280::aki::intermediate-missing-aki", ISSUANCE),
    ("rfc5280::aki::cross-signed-root-missing-aki", ISSUANCE),
    ("rfc5280::nc::permitted-dns-match-noncritical", ISSUANCE),
    ("rfc5280::nc::not-allowed-in-ee-noncritical", ISSUANCE),
    ("rfc5280::nc::not-allowed-in-ee-critical", ISSUANCE),
    ("rfc5280::serial::too-long", ISSUANCE),
    ("rfc5280::serial::zero", ISSUANCE),
    ("rfc5280::ski::root-missing-ski", ISSUANCE),
    ("rfc5280::ski::intermediate-missing-ski", ISSUANCE),
    ("rfc5280::ee-empty-issuer", ISSUANCE),
    ("rfc5280::leaf-ku-keycertsign", ISSUANCE),
    ("rfc5280::ee-critical-aia-invalid", ISSUANCE),
    // Of an anchor, which was chosen by the operator, name, key and the right to issue count.
    ("rfc5280::unknown-critical-extension-root", ANCHOR),
    ("rfc5280::root-non-critical-basic-constraints", ANCHOR),
    ("webpki::aki::root-with-aki-missing-keyidentifier", ANCHOR),
    ("webpki::aki::root-with-aki-authoritycertissuer", ANCHOR),
    (
        "webpki::aki::root-with-aki-authoritycertserialnumber",
        ANCHOR,
    ),
    ("webpki::aki::root-with-aki-all-fields", ANCHOR),
    ("webpki::aki::root-with-aki-ski-mismatch", ANCHOR),
    ("webpki::eku::root-has-eku", ANCHOR),
    // Rules for public CAs; a cluster's is private.
    ("webpki::eku::ee-anyeku", PUBLIC),
    ("webpki::eku::ee-critical-eku", PUBLIC),
    ("webpki::eku::ee-without-eku", PUBLIC),
    ("webpki::san::san-critical-with-nonempty-subject", PUBLIC),
    // Accepted with a warning, and refused by a strict policy or by the rules about the key.
    (
        "webpki::san::no-san",
        "NAM-001: a warning, since Java looks at the common name",
    ),
    (
        "webpki::ee-basicconstraints-ca",
        "USE-004: a warning, since the guide's recipe makes such certificates",
    ),
    ("webpki::v1-cert", "CRT-004: a warning"),
    ("webpki::forbidden-dsa-spki-leaf", KEY),
    ("webpki::forbidden-signature-algorithm-in-leaf", KEY),
];

const ISSUANCE: &str = "a rule for those who issue: the path is as safe without it";
const ANCHOR: &str = "RFC 5280, section 6.1.1 (d): an anchor is a name and a key";
const PUBLIC: &str = "a rule of the CA/Browser Forum for public CAs";
const KEY: &str = "a DSA key is refused with the private key (KEY-005), which limbo does not have";

#[test]
fn verdicts_are_those_of_limbo_but_for_the_listed() {
    let Some(path) = std::env::var_os("PROVOST_X509_LIMBO") else {
        eprintln!("!!! DID NOT RUN: x509-limbo; PROVOST_X509_LIMBO names no file");
        return;
    };
    let limbo = std::fs::read(&path).unwrap();
    let limbo: Limbo = serde_json::from_slice(&limbo).unwrap();
    let listed: BTreeMap<&str, &str> = DIVERGENCES.iter().copied().collect();
    assert_eq!(listed.len(), DIVERGENCES.len(), "a case is listed twice");
    let (mut judged, mut wrong, mut met) = (0, Vec::new(), Vec::new());
    for case in limbo
        .testcases
        .iter()
        .filter(|case| case.is_about_the_path())
    {
        judged += 1;
        let (accepted, why) = case.judge();
        let agrees = accepted == (case.expected_result == "SUCCESS");
        let verdict = if accepted { "accepted" } else { "refused" };
        match (agrees, listed.contains_key(case.id.as_str())) {
            (true, false) => {}
            (false, true) => met.push(case.id.as_str()),
            (false, false) => wrong.push(format!("{}: {verdict}: {why}", case.id)),
            (true, true) => wrong.push(format!(
                "{}: {verdict} as limbo has it: take it off the list",
                case.id
            )),
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(met.len(), listed.len(), "a listed case is not in the file");
    // The published file of 2023-12 has this many.
    assert!(judged >= 100, "{judged} cases");
}

impl Case {
    fn is_about_the_path(&self) -> bool {
        const ELSEWHERE: [&str; 5] = [
            "has-crl",
            "max-chain-depth",
            "has-policy-constraints",
            "has-cert-policies",
            "no-cert-policies",
        ];
        let features = self.features.iter().flatten();
        let mut elsewhere = features.filter(|feature| ELSEWHERE.contains(&feature.as_str()));
        let name = self.expected_peer_name.as_ref();
        self.validation_kind == "SERVER"
            && !self.id.starts_with("online::")
            && self.max_chain_depth.is_none()
            && elsewhere.next().is_none()
            && name.is_none_or(|name| name.kind == "DNS")
    }

    fn judge(&self) -> (bool, String) {
        let pems = std::iter::once(&self.peer_certificate).chain(&self.untrusted_intermediates);
        let chain: Result<Vec<Certificate>, String> = pems.map(|pem| certificate(pem)).collect();
        let trusted: Result<Vec<_>, _> = self
            .trusted_certs
            .iter()
            .map(|pem| certificate(pem))
            .collect();
        let (chain, trusted) = match (chain, trusted) {
            (Ok(chain), Ok(trusted)) => (chain, trusted),
            (Err(error), _) | (_, Err(error)) => return (false, error),
        };
        let names = self
            .expected_peer_name
            .iter()
            .map(|name| name.value.clone());
        let policy = TlsPolicy::at(self.time())
            .with_node_names(names)
            .with_default_roots(Arc::new(DefaultRoots::default()));
        let report = Report::of_chain(chain, Some(trusted), &policy);
        let errors: Vec<String> = report
            .errors()
            .filter(|finding| !ORDER.contains(&finding.rule))
            .map(ToString::to_string)
            .collect();
        (errors.is_empty(), errors.join("; "))
    }

    fn time(&self) -> i64 {
        let Some(time) = &self.validation_time else {
            return THEN;
        };
        let time = humantime::parse_rfc3339(&time.replace("+00:00", "Z")).unwrap();
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap();
        i64::try_from(since.as_secs()).unwrap()
    }
}

fn certificate(pem: &str) -> Result<Certificate, String> {
    let mut pem = pem.as_bytes();
    let der = rustls_pemfile::certs(&mut pem).next().unwrap().unwrap();
    Certificate::parse(&der).map_err(|error| error.to_string())
}
