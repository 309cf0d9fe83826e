//! Sets about keys and signatures on the path.

use provost_core::tls::RuleId::{Alg001, Alg002, Alg003, Alg004, Chn004, Tru004, Tru006};
use rcgen::{PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, SignatureAlgorithm};
use std::sync::Arc;

use super::{Case, Files, Issued, Openssl, Pki, Request, ca, error, server, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let rsa = |bits: u32| openssl.key(&format!("RSA -pkeyopt rsa_keygen_bits:{bits}"));
    let (small, large, authority) = (rsa(1024), rsa(2048), rsa(2048));
    let below = |key: &str| below_the_root(pki, openssl, key);
    let by_itself = |hash: &'static str| {
        let certificate = openssl.certificate(&Request {
            hash,
            ..Request::server(&large, None)
        });
        Files::new(&large, &[&certificate], &[&certificate])
    };
    let signed = |root: &str, leaf: &str, arguments: &str| {
        rooted(openssl, (&authority, root), (&large, leaf), arguments)
    };
    let small_root = rooted(openssl, (&small, "sha256"), (&large, "sha256"), "");
    let of_itself = [warning(Tru004), warning(Tru006)];
    let mut broken = of_itself.to_vec();
    broken.push(error(Alg003));
    vec![
        Case::new("ALG-001/fires", below(&rsa(1023)), &[error(Alg001)]),
        Case::new(
            "ALG-001/fires for 512 bits",
            below(&rsa(512)),
            &[error(Alg001)],
        ),
        Case::new("ALG-001/near-miss", below(&small), &[warning(Alg002)]),
        Case::new("ALG-002/fires", below(&rsa(2047)), &[warning(Alg002)]),
        Case::new("ALG-002/fires when strict", below(&small), &[error(Alg002)]).strict(),
        Case::new(
            "ALG-002/fires for an anchor",
            small_root,
            &[warning(Alg002)],
        ),
        Case::new("ALG-002/near-miss", below(&large), &[]),
        Case::new("ALG-003/fires", by_itself("md5"), &broken),
        Case::new(
            "ALG-003/fires below an anchor",
            signed("sha256", "md5", ""),
            &[error(Chn004), error(Alg003)],
        ),
        Case::new("ALG-003/near-miss", signed("md5", "sha256", ""), &[]),
        Case::new(
            "ALG-004/fires",
            signed("sha256", "sha1", ""),
            &[error(Alg004)],
        ),
        Case::new("ALG-004/near-miss", signed("sha1", "sha256", ""), &[]),
        // What a certificate says of itself proves nothing, whatever the hash.
        Case::new(
            "ALG-004/near-miss of one that trusts itself",
            by_itself("sha1"),
            &of_itself,
        ),
        Case::new(
            "ALG-004/near-miss with SHA-384",
            signed("sha256", "sha384", ""),
            &[],
        ),
        Case::new(
            "ALG-004/near-miss with SHA-512",
            signed("sha256", "sha512", ""),
            &[],
        ),
        Case::new(
            "ALG-004/near-miss with RSASSA-PSS",
            signed("sha256", "sha256", PSS),
            &[],
        ),
        Case::new(
            "ALG-001/near-miss of P-384",
            with(&PKCS_ECDSA_P384_SHA384),
            &[],
        ),
        Case::new(
            "ALG-001/near-miss of P-521",
            with(&PKCS_ECDSA_P521_SHA512),
            &[],
        ),
        Case::new("ALG-001/near-miss of Ed25519", ed25519(openssl), &[]),
        // Nothing verifies these here, so nothing vouches for what they issued.
        Case::new(
            "CHN-004/fires for SHA-224",
            signed("sha256", "sha224", ""),
            &[error(Chn004)],
        ),
        Case::new(
            "CHN-004/fires for a curve of few",
            by_another_curve(openssl),
            &[error(Chn004)],
        ),
    ]
}

/// A salt as long as the hash, which is what all verifiers take.
const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";

/// A server's certificate for this key, directly below the corpus' root.
fn below_the_root(pki: &Pki, openssl: &Openssl, key: &str) -> Files {
    let (root, root_key) = pki.root.texts();
    let leaf = openssl.certificate(&Request::server(key, Some((&root, &root_key))));
    Files::new(key, &[&leaf], &[&root])
}

/// A server's certificate below a root, each with its key and the hash that it is signed with.
fn rooted(
    openssl: &Openssl,
    (root_key, root_hash): (&str, &str),
    (key, hash): (&str, &str),
    arguments: &str,
) -> Files {
    let root = openssl.certificate(&Request {
        hash: root_hash,
        ..Request::ca("/CN=Signing_Root", root_key, None)
    });
    let leaf = openssl.certificate(&Request {
        hash,
        arguments: &[arguments],
        ..Request::server(key, Some((&root, root_key)))
    });
    Files::new(key, &[&leaf], &[&root])
}

/// All keys are of one kind.
fn with(algorithm: &'static SignatureAlgorithm) -> Files {
    let key = || Arc::new(rcgen::KeyPair::generate_for(algorithm).unwrap());
    let root = Issued::by_itself_with(ca("Signing Root"), key());
    Files::of(&[&root.issue_for(server(), key())], &[&root])
}

/// No hash is chosen: `openssl ca` calls that `default`.
fn ed25519(openssl: &Openssl) -> Files {
    let (root, key) = (openssl.key("ED25519"), openssl.key("ED25519"));
    rooted(openssl, (&root, "default"), (&key, "default"), "")
}

fn by_another_curve(openssl: &Openssl) -> Files {
    let root = openssl.key("EC -pkeyopt ec_paramgen_curve:secp256k1");
    let key = openssl.key("EC -pkeyopt ec_paramgen_curve:P-256");
    rooted(openssl, (&root, "sha256"), (&key, "sha256"), "")
}
