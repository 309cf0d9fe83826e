//! What is installed of a set that is accepted, and what is never shown of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_core::tls::ArtifactFile::{CertificateChain, PrivateKey, TrustedCertificates};
use provost_core::tls::{ArtifactFile, RawTlsFiles, RuleId, TlsArtifacts, TlsPolicy};

use crate::corpus::{self, NOW, case};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[test]
fn what_is_installed_is_what_was_given() {
    for case in corpus::all() {
        let (raw, verdict) = (case.raw(), case.validate());
        let Some(artifacts) = verdict.artifacts else {
            continue;
        };
        let name = &case.name;
        for file in [CertificateChain, TrustedCertificates] {
            let given = raw.get(file).map(certificates);
            let installed = artifacts.pem(file);
            let installed = installed.map(|pem| certificates(pem.secret_bytes()));
            assert_eq!(installed, given, "{name}: {file}");
        }
        let given = key(raw.get(PrivateKey).unwrap());
        let installed = artifacts.pem(PrivateKey).unwrap();
        assert_eq!(key(installed.secret_bytes()), given, "{name}");
    }
}

#[test]
fn what_is_installed_is_blocks_and_nothing_else() {
    for case in corpus::all() {
        let Some(artifacts) = case.validate().artifacts else {
            continue;
        };
        for file in ArtifactFile::ALL {
            let Some(pem) = artifacts.pem(file) else {
                continue;
            };
            let text = str::from_utf8(pem.secret_bytes()).unwrap();
            let blocks = text.matches("-----BEGIN ").count();
            let expected = match file {
                PrivateKey => 1,
                CertificateChain => artifacts.chain().len(),
                TrustedCertificates => artifacts.trusted().len(),
            };
            assert_eq!(blocks, expected, "{}: {file}", case.name);
            assert!(
                text.ends_with("-----\n") && !text.contains('\r'),
                "{}: {file}",
                case.name
            );
            let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
            let lines = text.lines().filter(|line| !line.starts_with("-----"));
            for line in lines {
                assert!(
                    line.len() <= 64 && line.chars().all(base64),
                    "{}: {file}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn a_private_key_is_never_shown() {
    // The private scalar of P-256 as rcgen writes it, and a prime of RSA.
    for (name, secret) in [
        ("KEY-006/near-miss", 36..68),
        ("KEY-005/near-miss", 700..800),
    ] {
        let case = case(name);
        let text = case.raw().get(PrivateKey).unwrap().to_vec();
        let secret = &key(&text)[secret];
        let verdict = case.validate();
        let artifacts = verdict.artifacts.as_ref().unwrap();
        let shown = [
            format!("{:?} {:#?}", case.raw(), case.raw()),
            format!("{verdict:?} {verdict:#?}"),
            format!("{artifacts:?} {:?}", artifacts.pem(PrivateKey)),
            format!("{:?}", verdict.report),
        ];
        let lines = str::from_utf8(&text).unwrap().lines();
        let mut needles: Vec<String> = lines
            .filter(|line| !line.starts_with("-----") && line.len() > 40)
            .map(|line| line[..32].to_owned())
            .collect();
        assert!(needles.len() >= 2, "{name}");
        let part = &secret[8..16];
        let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        needles.push(hex.concat());
        needles.push(hex.concat().to_uppercase());
        let decimal: Vec<String> = part.iter().map(u8::to_string).collect();
        needles.push(decimal.join(", "));
        needles.push(STANDARD.encode(&secret[9..21]));
        for (shown, needle) in shown
            .iter()
            .flat_map(|s| needles.iter().map(move |n| (s, n)))
        {
            assert!(!shown.contains(needle.as_str()), "{name}");
        }
        // The lists of bytes of a pretty form are one to a line.
        for shown in &shown {
            let numbers: Vec<&str> = shown
                .lines()
                .map(|l| l.trim().trim_end_matches(','))
                .collect();
            assert!(
                !numbers
                    .windows(decimal.len())
                    .any(|window| window == decimal),
                "{name}"
            );
        }
    }
}

#[test]
fn findings_about_a_key_do_not_show_it() {
    for case in corpus::all()
        .iter()
        .filter(|case| case.name.starts_with("KEY-"))
    {
        let text = case.raw().get(PrivateKey).unwrap().to_vec();
        let Ok(text) = str::from_utf8(&text) else {
            continue;
        };
        let shown = format!("{:?}", case.validate().report.findings);
        for line in text.lines().filter(|line| line.len() > 40) {
            assert!(!shown.contains(&line[..32]), "{}", case.name);
        }
    }
}

#[test]
fn a_set_without_files_lacks_both_that_are_required() {
    let verdict = TlsArtifacts::validate(RawTlsFiles::default(), &TlsPolicy::at(NOW));
    let rules: Vec<RuleId> = verdict
        .report
        .errors()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, [RuleId::Art002, RuleId::Art003]);
}

/// The certificates of a text, by another reader.
fn certificates(text: &[u8]) -> Vec<Vec<u8>> {
    let mut text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    rustls_pemfile::certs(&mut text)
        .map(|der| der.unwrap().to_vec())
        .collect()
}

/// The private key of a text, by another reader.
fn key(mut text: &[u8]) -> Vec<u8> {
    let key = rustls_pemfile::private_key(&mut text).unwrap().unwrap();
    key.secret_der().to_vec()
}
