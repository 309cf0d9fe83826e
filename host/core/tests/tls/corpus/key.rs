//! Sets about the private key.

use std::sync::Arc;

use provost_core::tls::RuleId::{Alg001, Key004, Key005, Key006, Key008, Pem003};
use rcgen::PKCS_ED25519;

use super::authority::pem;
use super::{Case, Files, Issued, Openssl, Pki, Request, ca, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let leaf = &pki.leaf(|_| ());
    let files = Files::of(&[leaf, &pki.intermediate], &[&pki.root]);
    let with = |key: &str| files.clone().with_key(key);
    let key = leaf.key.serialize_pem();
    let der = leaf.key.serialize_der();
    let other = pki.leaf(|_| ());
    let sec1 = openssl.convert(&key, "ec -in in");
    let rsa = openssl.key("RSA -pkeyopt rsa_keygen_bits:2048");
    let rsa_files = below_the_root(pki, openssl, &rsa);
    let pkcs1 = openssl.convert(&rsa, "rsa -in in -traditional");
    let mut cases = vec![
        Case::new(
            "KEY-004/fires",
            with(&pem("PRIVATE KEY", b"no key")),
            &[error(Key004)],
        ),
        Case::new(
            "KEY-004/fires for the wrong label",
            rsa_files
                .clone()
                .with_key(pkcs1.replace("RSA PRIVATE KEY", "PRIVATE KEY")),
            &[error(Key004)],
        ),
        Case::new(
            "KEY-004/fires for bytes behind it",
            with(&pem("PRIVATE KEY", &[&*der, b"\0"].concat())),
            &[error(Key004)],
        ),
        Case::new("KEY-004/near-miss", rsa_files.clone().with_key(pkcs1), &[]),
        Case::new("KEY-004/near-miss of SEC 1", with(&sec1), &[]),
        Case::new(
            "KEY-004/near-miss with the curve before it",
            with(&(openssl.convert(&key, "ecparam -name P-256") + &sec1)),
            &[warning(Pem003)],
        ),
        // RFC 5958, section 2: with its public half. OpenSSL 3.0 does not read it.
        Case::new(
            "KEY-004/fires for a second version",
            second_version(),
            &[error(Key004)],
        ),
        Case::new("KEY-004/near-miss of Ed25519", ed25519(pki, openssl), &[]),
        Case::new(
            "KEY-006/fires",
            with(&other.key.serialize_pem()),
            &[error(Key006)],
        ),
        Case::new(
            "KEY-006/fires for the issuer's",
            with(&pki.intermediate.key.serialize_pem()),
            &[error(Key006)],
        ),
        Case::new(
            "KEY-006/fires for one of another kind",
            with(&rsa),
            &[error(Key006)],
        ),
        Case::new("KEY-006/near-miss", with(&key), &[]),
        Case::new(
            "KEY-008/fires",
            with(&pem(
                "PRIVATE KEY",
                &with_the_public_half_of(&der, &other.key.serialize_der()),
            )),
            &[error(Key008)],
        ),
        Case::new(
            "KEY-008/fires for RSA",
            rsa_files.clone().with_key(damaged(openssl, &rsa)),
            &[error(Key008)],
        ),
        // The public half may be left out (RFC 5915, section 3).
        Case::new(
            "KEY-008/near-miss",
            with(&openssl.convert(&key, "ec -in in -no_public")),
            &[],
        ),
        Case::new(
            "KEY-008/near-miss of a compressed point",
            with(&openssl.convert(&key, "ec -in in -conv_form compressed")),
            &[],
        ),
        Case::new("KEY-005/near-miss", rsa_files, &[]),
    ];
    let unsupported = [
        ("secp256k1", "EC -pkeyopt ec_paramgen_curve:secp256k1"),
        ("P-224", "EC -pkeyopt ec_paramgen_curve:P-224"),
        (
            "explicit parameters",
            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
        ),
        ("RSASSA-PSS", "RSA-PSS -pkeyopt rsa_keygen_bits:2048"),
        ("Ed448", "ED448"),
        ("X25519", "X25519"),
    ];
    for (name, algorithm) in unsupported {
        let key = openssl.key(algorithm);
        // What cannot sign cannot ask for a certificate either.
        let files = match name {
            "X25519" => with(&key),
            _ => below_the_root(pki, openssl, &key),
        };
        cases.push(Case::new(
            &format!("KEY-005/fires for {name}"),
            files,
            &[error(Key005)],
        ));
    }
    cases.push(Case::new(
        "KEY-005/fires",
        below_the_root(pki, openssl, &dsa(openssl)),
        &[error(Key005)],
    ));
    cases.push(Case::new(
        "KEY-005/fires for a small curve",
        below_the_root(
            pki,
            openssl,
            &openssl.key("EC -pkeyopt ec_paramgen_curve:P-192"),
        ),
        &[error(Key005), error(Alg001)],
    ));
    cases
}

/// A server's certificate for this key, directly below the corpus' root.
fn below_the_root(pki: &Pki, openssl: &Openssl, key: &str) -> Files {
    let (root, root_key) = pki.root.texts();
    let leaf = openssl.certificate(&Request::server(key, Some((&root, &root_key))));
    Files::new(key, &[&leaf], &[&root])
}

/// rcgen writes Ed25519 keys in PKCS#8's second version.
fn second_version() -> Files {
    let key = || Arc::new(rcgen::KeyPair::generate_for(&PKCS_ED25519).unwrap());
    let root = Issued::by_itself_with(ca("Signing Root"), key());
    Files::of(&[&root.issue_for(server(), key())], &[&root])
}

fn ed25519(pki: &Pki, openssl: &Openssl) -> Files {
    below_the_root(pki, openssl, &openssl.key("ED25519"))
}

fn dsa(openssl: &Openssl) -> String {
    openssl.run("dsaparam -out parameters.pem 1024");
    String::from_utf8(openssl.run("genpkey -paramfile parameters.pem")).unwrap()
}

/// P-256 keys by rcgen end in their public point.
fn with_the_public_half_of(one: &[u8], other: &[u8]) -> Vec<u8> {
    const POINT: usize = 65;
    assert_eq!(one.len(), other.len());
    [&one[..one.len() - POINT], &other[other.len() - POINT..]].concat()
}

/// The last byte is one of the coefficient (RFC 8017, A.1.2).
fn damaged(openssl: &Openssl, key: &str) -> String {
    openssl.file("in", key);
    let mut der = openssl.run("pkcs8 -topk8 -nocrypt -in in -outform DER");
    *der.last_mut().unwrap() ^= 2;
    pem("PRIVATE KEY", &der)
}
