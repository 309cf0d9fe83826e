//! What is read from each file, and the one finding that each flaw has.

use provost_core::tls::pem::{self, Block, Kind};
use provost_core::tls::{ArtifactFile, Finding, Severity, limits};

use crate::openssl::{MATERIAL, openssl, text};

pub(crate) const KEY: ArtifactFile = ArtifactFile::PrivateKey;
pub(crate) const CHAIN: ArtifactFile = ArtifactFile::CertificateChain;
pub(crate) const TRUSTED: ArtifactFile = ArtifactFile::TrustedCertificates;

pub(crate) fn read(file: ArtifactFile, bytes: impl AsRef<[u8]>) -> (Vec<Block>, Vec<Finding>) {
    let mut findings = Vec::new();
    let blocks = pem::read(file, bytes.as_ref(), &mut findings);
    (blocks, findings)
}

/// `E PEM-002 3`: severity, rule and line of each finding.
pub(crate) fn short(findings: &[Finding]) -> Vec<String> {
    let one = |finding: &Finding| {
        let severity = match finding.severity {
            Severity::Error => "E",
            Severity::Warning => "W",
        };
        let line = finding.place.line.map(|line| format!(" {line}"));
        format!("{severity} {}{}", finding.rule, line.unwrap_or_default())
    };
    findings.iter().map(one).collect()
}

/// Reads a file that has to have these findings, and this many blocks.
#[track_caller]
pub(crate) fn expect(
    file: ArtifactFile,
    bytes: impl AsRef<[u8]>,
    expected: &[&str],
    count: usize,
) -> Vec<Finding> {
    let bytes = bytes.as_ref();
    let (blocks, findings) = read(file, bytes);
    let input = String::from_utf8_lossy(bytes);
    assert_eq!(short(&findings), expected, "{findings:#?}\nof {input}");
    assert_eq!(blocks.len(), count, "blocks of {input}");
    findings
}

fn one() -> &'static str {
    &MATERIAL.certificates[0]
}

fn two() -> &'static str {
    &MATERIAL.certificates[1]
}

fn der(blocks: &[Block]) -> Vec<&[u8]> {
    blocks.iter().map(|block| block.der.as_slice()).collect()
}

#[test]
fn certificates_are_read_in_order_as_openssl_reads_them() {
    let chain = format!("{}{}", one(), two());
    for file in [CHAIN, TRUSTED] {
        let (blocks, findings) = read(file, &chain);
        assert_eq!(findings, []);
        let [first, second] = &MATERIAL.certificates_der;
        assert_eq!(der(&blocks), [first, second]);
        assert!(blocks.iter().all(|block| block.kind == Kind::Certificate));
        assert_eq!(blocks[0].line, 1);
        assert_eq!(blocks[1].line, one().lines().count() + 1);
    }
}

#[test]
fn each_kind_of_private_key_is_read_as_openssl_reads_it() {
    let rsa = openssl(&["genrsa", "-traditional", "1024"], b"");
    let rsa_der = openssl(&["rsa", "-traditional", "-outform", "DER"], &rsa);
    let sec1_der = openssl(&["ec", "-outform", "DER"], MATERIAL.key.as_bytes());
    for (pem, kind, expected) in [
        (MATERIAL.key.clone(), Kind::Pkcs8, &MATERIAL.key_der),
        (MATERIAL.sec1.clone(), Kind::Sec1, &sec1_der),
        (text(rsa), Kind::Pkcs1, &rsa_der),
    ] {
        let (blocks, findings) = read(KEY, &pem);
        assert_eq!(findings, [], "{kind:?}");
        let [block] = blocks.as_slice() else {
            panic!("one key of {kind:?}");
        };
        assert_eq!((block.kind, &*block.der), (kind, expected));
        assert_eq!(
            block.der.len(),
            block.der.capacity(),
            "one exact allocation"
        );
    }
}

#[test]
fn what_is_harmless_has_no_finding() {
    let certificate = one();
    let body = certificate.lines().nth(1).unwrap();
    let reflowed = certificate.replacen(body, &format!("{}\n {}", &body[..10], &body[10..]), 1);
    let unwrapped: String = {
        let lines: Vec<&str> = certificate.lines().collect();
        let body = lines[1..lines.len() - 1].concat();
        format!("{}\n{body}\n{}\n", lines[0], lines[lines.len() - 1])
    };
    for (name, text) in [
        ("no end of the last line", certificate.trim_end().to_owned()),
        (
            "blanks at the end of lines",
            certificate.replace('\n', " \t\n"),
        ),
        ("empty lines around it", format!("\n\n{certificate}\n \n")),
        ("lines of other lengths", reflowed),
        ("all base64 on one line", unwrapped),
    ] {
        let (blocks, findings) = read(CHAIN, &text);
        assert_eq!(findings, [], "{name}");
        assert_eq!(der(&blocks), [&MATERIAL.certificates_der[0]], "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_dropped_with_a_warning_wherever_it_stands() {
    let findings = expect(CHAIN, format!("\u{feff}{}", one()), &["W PEM-004 1"], 1);
    assert!(
        findings[0].message.contains("byte order mark"),
        "{findings:?}"
    );
    // The facts: with a mark in the middle, rustls-pemfile loses the second certificate.
    let middle = format!("{}\u{feff}{}", one(), two());
    let line = one().lines().count() + 1;
    expect(CHAIN, middle, &[&format!("W PEM-004 {line}")], 2);
    expect(
        KEY,
        format!("\u{feff}{}", MATERIAL.key),
        &["W PEM-004 1"],
        1,
    );
}

#[test]
fn utf_16_is_refused_with_and_without_a_mark() {
    let units = |mark: Option<u16>| mark.into_iter().chain(one().encode_utf16());
    let little = |mark| units(mark).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |mark| units(mark).flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    for bytes in [
        little(Some(0xfeff)),
        big(Some(0xfeff)),
        little(None),
        big(None),
    ] {
        let findings = expect(CHAIN, bytes, &["E PEM-004"], 0);
        assert!(findings[0].message.contains("UTF-16"));
    }
}

#[test]
fn other_line_ends_are_normalised_with_a_warning() {
    for (end, name) in [("\r\n", "CRLF"), ("\r", "CR")] {
        let text = one().replace('\n', end);
        let findings = expect(CHAIN, &text, &["W PEM-005"], 1);
        assert!(findings[0].message.contains(&format!("end in {name}:")));
        let (blocks, _) = read(CHAIN, &text);
        assert_eq!(der(&blocks), [&MATERIAL.certificates_der[0]]);
    }
    // Lines are counted alike, whatever ends them.
    let text = format!(
        "{}{}",
        one().replace('\n', "\r\n"),
        two().replace("BEGIN", "BEGlN")
    );
    let line = one().lines().count() + 1;
    let (_, findings) = read(CHAIN, text);
    let stray = findings
        .iter()
        .find(|f| f.rule.as_str() == "PEM-006")
        .unwrap();
    assert_eq!(stray.place.line, Some(line));
}

#[test]
fn text_outside_of_blocks_is_one_warning() {
    let attributes = "Bag Attributes\n    friendlyName: tls\nsubject=CN = one.example\n";
    let text = format!("{attributes}{}\n# the end of it\n{}", one(), two());
    let findings = expect(CHAIN, text, &["W PEM-006 1"], 2);
    assert!(findings[0].message.contains("blocks: 4;"), "{findings:?}");
    let readable = openssl(&["x509", "-text"], one().as_bytes());
    expect(CHAIN, readable, &["W PEM-006 1"], 1);
}

#[test]
fn a_file_over_its_limit_is_not_parsed() {
    let padded = |limit: usize| {
        let mut bytes = one().as_bytes().to_vec();
        bytes.resize(limit, b'\n');
        bytes
    };
    for (file, limit) in [(CHAIN, limits::FILE), (TRUSTED, limits::TRUSTED_FILE)] {
        expect(file, padded(limit), &[], 1);
        let findings = expect(file, padded(limit + 1), &["E ART-007"], 0);
        let expected = format!("{} bytes, at most {limit} are read", limit + 1);
        assert_eq!(findings[0].message, expected);
    }
}

#[test]
fn findings_of_one_rule_are_capped_and_the_rest_counted() {
    let findings = read(CHAIN, "-----BEGIN CERTIFICATE-----\n".repeat(1000)).1;
    assert_eq!(findings.len(), 21, "{findings:#?}");
    assert_eq!(findings[20].message, "980 more of this rule, not shown");
    assert_eq!(findings[20].severity, Severity::Error);
    // Warnings do not push out errors, nor errors warnings.
    let key = format!(
        "{}{}",
        one().repeat(50),
        "-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"
    );
    let findings = short(&read(KEY, key).1);
    assert!(findings.contains(&"W PEM-003".to_owned()), "{findings:?}");
    let crl = 50 * one().lines().count() + 1;
    assert!(
        findings.contains(&format!("E PEM-003 {crl}")),
        "{findings:?}"
    );
}

#[test]
fn no_finding_quotes_a_private_key() {
    let key = &MATERIAL.key;
    let body: Vec<&str> = key.lines().filter(|line| !line.contains('-')).collect();
    let flaws = [
        key.clone(),
        key.replace('\n', ""),
        key.replace('\n', "\\n"),
        key.replace("PRIVATE KEY-----\n", "PRIVATE KEY"),
        key.replace("-----\n", " "),
        key.replacen(body[1], &format!("{}!", body[1]), 1),
        key.replacen("-----BEGIN PRIVATE KEY-----\n", "-----BEGIN ", 1),
        key.replacen("-----BEGIN PRIVATE KEY-----\n", "", 1),
        key.replacen("PRIVATE KEY-----", "", 1),
        body.concat(),
    ];
    for text in flaws {
        for file in ArtifactFile::ALL {
            for finding in read(file, &text).1 {
                let said = format!("{finding:?}");
                for line in &body {
                    let parts = line
                        .as_bytes()
                        .windows(8)
                        .map(|part| std::str::from_utf8(part).unwrap());
                    for part in parts {
                        assert!(!said.contains(part), "{part} of {text}: {said}");
                    }
                }
            }
        }
    }
}
