//! Java: whether it stores key and chain, and whether it takes the chain for a server's.

use std::process::Command;

use provost_core::tls::ArtifactFile::{CertificateChain, PrivateKey, TrustedCertificates};
use provost_core::tls::Certificate;
use rustls_pki_types::PrivateKeyDer;
use tempfile::TempDir;

use crate::corpus::{self, Case, NOW, Openssl, case, pem};

/// Refused here, and by Java as it stores the chain.
const NOT_STORED: &[&str] = &["CHN-002/fires", "CHN-005/fires", "CRT-003/fires"];

/// Refused here, and by Java for a server.
const NOT_TRUSTED: &[&str] = &[
    "ALG-001/fires",
    "CHN-003/fires",
    "CHN-004/fires",
    "CHN-007/fires",
    "CHN-009/fires",
    "CHN-010/fires",
    "CRT-005/fires",
    "TIM-001/fires",
    "TIM-003/fires",
    "TRU-003/fires",
    "TRU-005/fires",
    "USE-001/fires",
    "USE-002/fires",
];

/// One start of the virtual machine for all sets.
#[test]
fn java_stores_and_trusts_what_is_accepted() {
    let folder = TempDir::new().unwrap();
    let openssl = Openssl::new();
    let accepted = corpus::all().iter().filter(|case| case.is_accepted());
    let refused = NOT_STORED.iter().chain(NOT_TRUSTED).map(|name| case(name));
    let cases: Vec<&Case> = accepted.chain(refused).collect();
    for (number, case) in cases.iter().enumerate() {
        let folder = folder.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        // As it is installed, or as it came.
        let installed = case.validate().artifacts;
        let text = |file| match &installed {
            Some(artifacts) => artifacts.pem(file).map(|text| text.secret_bytes().to_vec()),
            None => case.raw().get(file).map(<[u8]>::to_vec),
        };
        let text = |file| text(file).unwrap_or_default();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        write("key.der", &pkcs8(&openssl, &text(PrivateKey)));
        write("chain.pem", &certificates(&text(CertificateChain), &[]));
        let roots = case.policy.default_roots().roots();
        write(
            "trusted.pem",
            &certificates(&text(TrustedCertificates), roots),
        );
    }
    let output = Command::new("java")
        // As fast as a short run can be; how well the store would be locked is not asked.
        .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
        .arg("-Dkeystore.pkcs12.keyPbeIterationCount=1")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/tls/opinion/Sets.java"
        ))
        .arg(folder.path())
        .arg(NOW.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.lines().count(), cases.len() * 2);
    for line in said.lines() {
        let [number, step, verdict] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let case = cases[number.parse::<usize>().unwrap()];
        let refused = match step {
            "store" => NOT_STORED,
            _ => NOT_TRUSTED,
        };
        let listed = refused.contains(&&*case.name);
        if case.is_accepted() || listed {
            assert_eq!(
                verdict != "accepted",
                listed,
                "{}: {step}: {verdict}",
                case.name
            );
        }
    }
}

/// Plain PEM of the certificates of a file, and of these.
fn certificates(mut file: &[u8], more: &[Certificate]) -> Vec<u8> {
    let of_file = rustls_pemfile::certs(&mut file).map(|der| der.unwrap().to_vec());
    let more = more.iter().map(|certificate| certificate.der().to_vec());
    let blocks = of_file.chain(more).map(|der| pem("CERTIFICATE", &der));
    blocks.collect::<String>().into_bytes()
}

/// The key in the one encoding that Java reads.
fn pkcs8(openssl: &Openssl, mut text: &[u8]) -> Vec<u8> {
    let file = text;
    if let PrivateKeyDer::Pkcs8(key) = rustls_pemfile::private_key(&mut text).unwrap().unwrap() {
        return key.secret_pkcs8_der().to_vec();
    }
    openssl.file("in", file);
    openssl.run("pkcs8 -topk8 -nocrypt -in in -outform DER")
}
