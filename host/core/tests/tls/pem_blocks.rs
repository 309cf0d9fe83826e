//! Blocks that are damaged, and blocks that do not belong where they are.

use provost_core::tls::Finding;

use crate::openssl::{MATERIAL, openssl, text};
use crate::pem::{CHAIN, KEY, TRUSTED, expect, read, short};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

fn one() -> &'static str {
    &MATERIAL.certificates[0]
}

/// The line on which a second certificate begins, and the one on which it ends.
fn second() -> (usize, usize) {
    let first = one().lines().count();
    (first + 1, first + MATERIAL.certificates[1].lines().count())
}

/// A chain whose first certificate is whole, and whose second one is changed.
fn changed(from: &str, to: &str) -> String {
    let changed = MATERIAL.certificates[1].replacen(from, to, 1);
    assert_ne!(changed, MATERIAL.certificates[1], "{from} is not in it");
    format!("{}{changed}", one())
}

#[track_caller]
fn one_error(text: &str, line: usize) -> Finding {
    let expected = format!("E PEM-002 {line}");
    expect(CHAIN, text, &[&expected], 1).remove(0)
}

#[test]
fn a_boundary_that_is_not_quite_one_is_an_error_that_says_why() {
    let (begin, end) = second();
    for (to, why) in [
        ("----BEGIN CERTIFICATE-----", "4 dashes before and 5 behind"),
        (
            "------BEGIN CERTIFICATE-----",
            "6 dashes before and 5 behind",
        ),
        ("-----BEGIN CERTIFICATE----", "5 dashes before and 4 behind"),
        (
            "-----BEGIN CERTIFICATE------",
            "5 dashes before and 6 behind",
        ),
        ("-----BEGIN CERTIFICATE", "5 dashes before and 0 behind"),
        ("BEGIN CERTIFICATE-----", "0 dashes before and 5 behind"),
        ("BEGIN CERTIFICATE", "0 dashes before and 0 behind"),
        ("\u{2014}BEGIN CERTIFICATE-----", "not all `-`"),
        ("-----BEGIN CERTIFICATE\u{2013}\u{2013}", "not all `-`"),
        ("  -----BEGIN CERTIFICATE-----", "indented by 2"),
        ("\t-----BEGIN CERTIFICATE-----", "indented by 1"),
        ("-----begin certificate-----", "capital letters"),
        ("-----BEGIN certificate-----", "capital letters"),
        ("-----BEGIN  CERTIFICATE-----", "blanks"),
        ("----- BEGIN CERTIFICATE -----", "blanks"),
        ("-----BEGIN CERTIFICATE-----\u{c}", "blanks"),
        ("> -----BEGIN CERTIFICATE-----", "other text"),
        ("-----BEGIN CERTIFICATE-----MIIB", "other text"),
        ("-----BEGIN CERTIFICATE-----\\nMIIB", "written as `\\n`"),
    ] {
        let finding = one_error(&changed(BEGIN, to), begin);
        assert!(finding.message.contains(why), "{to}: {finding}");
        assert!(
            finding.message.contains("BEGIN line of `CERTIFICATE`"),
            "{finding}"
        );
        let finding = one_error(
            &changed(END, &to.replace("BEGIN", "END").replace("begin", "end")),
            end,
        );
        assert!(finding.message.contains(why), "{to}: {finding}");
        assert!(
            finding.message.contains("END line of `CERTIFICATE`"),
            "{finding}"
        );
    }
    let windows = [
        b"\x96BEGIN CERTIFICATE\x96\n".as_slice(),
        b"AAAA\n-----END CERTIFICATE-----\n",
    ];
    let findings = expect(CHAIN, windows.concat(), &["E PEM-002 1"], 0);
    assert!(findings[0].message.contains("not all `-`"));
    for label in ["Certificate List", "CERT-IFICATE", "", "CERTIFICATE "] {
        let finding = one_error(&changed(BEGIN, &format!("-----BEGIN {label}-----")), begin);
        assert!(finding.message.contains("BEGIN line"), "{label}: {finding}");
    }
}

#[test]
fn an_indented_block_is_told_at_its_boundaries() {
    let lines = MATERIAL.certificates[1].trim_end().replace('\n', "\n    ");
    let indented = format!("    {lines}\n");
    let (begin, end) = second();
    let expected = [format!("E PEM-002 {begin}"), format!("E PEM-002 {end}")];
    expect(
        CHAIN,
        format!("{}{indented}", one()),
        &[&expected[0], &expected[1]],
        1,
    );
}

#[test]
fn two_boundaries_on_one_line_lose_no_certificate_in_silence() {
    let joined = format!("{}{}", one().trim_end(), MATERIAL.certificates[1]);
    let line = one().lines().count();
    let findings = expect(CHAIN, &joined, &[&format!("E PEM-002 {line}")], 0);
    assert!(findings[0].message.contains("other text"), "{findings:?}");
    let lines = one().replace('\n', "");
    expect(CHAIN, lines, &["E PEM-002 1"], 0);
}

#[test]
fn words_that_only_look_like_a_boundary_are_text() {
    for words in [
        "the BEGIN and the END of it",
        "--- chain ---",
        "# end certificate",
        "End certificate of the chain",
        "-----",
        "BEGINNING CERTIFICATE",
        "---BENDING CERTIFICATE---",
    ] {
        expect(CHAIN, format!("{words}\n{}", one()), &["W PEM-006 1"], 1);
    }
}

#[test]
fn a_block_that_does_not_end_or_begin_is_an_error_at_its_line() {
    let (begin, end) = second();
    let cases = [
        (
            changed(&format!("{END}\n"), ""),
            begin,
            "has no END: the file ends",
        ),
        (
            changed(&format!("{BEGIN}\n"), ""),
            end - 1,
            "without a BEGIN",
        ),
        (
            changed("END CERTIFICATE", "END PUBLIC KEY"),
            end,
            "ends as `PUBLIC KEY`",
        ),
    ];
    for (text, line, why) in cases {
        let (blocks, findings) = read(CHAIN, &text);
        let error = findings
            .iter()
            .find(|f| f.rule.as_str() == "PEM-002")
            .unwrap();
        assert_eq!(error.place.line, Some(line), "{findings:#?}");
        assert!(error.message.contains(why), "{error}");
        assert_eq!(blocks.len(), 1);
    }
    let nested = format!("{BEGIN}\nAAAA\n{}", one());
    let findings = expect(CHAIN, nested, &["E PEM-002 1"], 1);
    assert!(
        findings[0].message.contains("before the BEGIN on line 3"),
        "{findings:?}"
    );
}

#[test]
fn base64_that_does_not_decode_is_an_error_that_points_at_it() {
    let block = |body: &str| format!("{BEGIN}\n{body}\n{END}\n");
    // RFC 4648: `AAAA` is three bytes, `AAA=` two, `AA==` one.
    for body in ["AAAA", "AAA=", "AA==", "AA\nAA", "A A A =", "AAAAAA\n=\n="] {
        expect(CHAIN, block(body), &[], 1);
    }
    for (body, line, why) in [
        ("AAAA\nAA-A", 3, "character 3"),
        ("AAAA\nAAA_", 3, "character 4"),
        ("AAAA\nA\u{e4}AA", 3, "character 2"),
        ("AA=A", 2, "goes on behind its padding"),
        ("AA==\nAAAA", 3, "goes on behind its padding"),
        ("AAAA====", 2, "4 characters `=`"),
        ("AAA", 2, "3 characters of base64"),
        ("AAAAA===", 2, "3 characters `=`"),
        ("AA=", 2, "3 characters of base64"),
        ("AB==", 2, "last character"),
        ("", 2, "nothing between"),
        ("\n \n", 2, "nothing between"),
        ("Proc-Type: 4,MIC-CLEAR\n\nAAAA", 2, "a header"),
        ("Comment: x\n\nAAAA", 2, "a header"),
    ] {
        let findings = expect(CHAIN, block(body), &[&format!("E PEM-002 {line}")], 0);
        assert!(findings[0].message.contains(why), "{body:?}: {findings:?}");
    }
    let key = block("AAAA\nA!AA").replace("CERTIFICATE", "PRIVATE KEY");
    expect(KEY, key, &["E PEM-002 3"], 0);
}

#[test]
fn blocks_of_other_kinds_are_refused_in_a_file_of_certificates() {
    let block = |label: &str| {
        format!(
            "{}-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n",
            one()
        )
    };
    let (line, _) = second();
    for label in [
        "CERTIFICATE REQUEST",
        "NEW CERTIFICATE REQUEST",
        "X509 CRL",
        "PKCS7",
        "PKCS #7 SIGNED DATA",
        "CMS",
        "PUBLIC KEY",
        "DH PARAMETERS",
        "ATTRIBUTE CERTIFICATE",
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "RSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ED25519 PRIVATE KEY",
    ] {
        for file in [CHAIN, TRUSTED] {
            let findings = expect(file, block(label), &[&format!("E PEM-003 {line}")], 1);
            assert!(
                findings[0].message.contains(&format!("`{label}`")),
                "{findings:?}"
            );
            assert!(findings[0].hint.is_some());
        }
    }
    for label in ["TRUSTED CERTIFICATE", "X509 CERTIFICATE"] {
        let findings = expect(CHAIN, block(label), &[&format!("E PEM-007 {line}")], 1);
        assert!(
            findings[0]
                .hint
                .as_ref()
                .unwrap()
                .contains("openssl x509 -in certificateChain.pem")
        );
    }
}

#[test]
fn what_only_the_decoder_refuses_is_refused_too() {
    // A request is not decoded here, and refused as a request; rustls-pemfile decodes it.
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nA!\n-----END CERTIFICATE REQUEST-----\n";
    let expected = [format!("E PEM-003 {}", second().0), "E PEM-002".to_owned()];
    let text = format!("{}{request}", one());
    let findings = expect(CHAIN, text, &[&expected[0], &expected[1]], 0);
    assert!(
        findings[1].message.contains("rustls-pemfile refuses"),
        "{findings:?}"
    );
}

#[test]
fn certificates_with_openssls_trust_settings_are_named() {
    let trusted = openssl(
        &["x509", "-addtrust", "serverAuth", "-trustout"],
        one().as_bytes(),
    );
    expect(TRUSTED, trusted, &["E PEM-007 1"], 0);
}

#[test]
fn blocks_of_other_kinds_in_the_file_of_the_key_are_ignored_or_refused() {
    let key = &MATERIAL.key;
    let line = key.lines().count() + 1;
    let with = |block: &str| format!("{key}{block}");
    expect(KEY, with(one()), &[&format!("W PEM-003 {line}")], 1);
    // As `openssl ecparam -genkey` writes it: a curve in front of the key.
    let generated = text(openssl(&["ecparam", "-name", "prime256v1", "-genkey"], b""));
    assert!(
        generated.starts_with("-----BEGIN EC PARAMETERS-----"),
        "{generated}"
    );
    expect(KEY, generated, &["W PEM-003 1"], 1);
    for label in ["CERTIFICATE REQUEST", "PUBLIC KEY", "DH PARAMETERS"] {
        let block = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        expect(KEY, with(&block), &[&format!("E PEM-003 {line}")], 1);
    }
}

#[test]
fn a_file_of_a_key_without_one_or_with_two_is_refused() {
    let key = &MATERIAL.key;
    expect(KEY, one(), &["W PEM-003 1", "E KEY-001"], 0);
    let line = key.lines().count() + 1;
    let findings = expect(
        KEY,
        format!("{key}{}", MATERIAL.sec1),
        &[&format!("E KEY-002 {line}")],
        2,
    );
    assert!(
        findings[0].message.contains("first is on line 1"),
        "{findings:?}"
    );
}

#[test]
fn an_encrypted_key_is_named_and_not_called_missing() {
    let pkcs8 = openssl(
        &["pkcs8", "-topk8", "-passout", "pass:secret"],
        MATERIAL.key.as_bytes(),
    );
    let legacy = openssl(
        &["ec", "-aes128", "-passout", "pass:secret"],
        MATERIAL.key.as_bytes(),
    );
    assert!(text(legacy.clone()).contains("Proc-Type: 4,ENCRYPTED"));
    for key in [pkcs8, legacy.clone()] {
        let findings = expect(KEY, key, &["E KEY-003 1"], 0);
        let hint = findings[0].hint.as_ref().unwrap();
        assert!(hint.contains("openssl pkey -in privateKey.pem"), "{hint}");
    }
    let crlf = text(legacy).replace('\n', "\r\n");
    expect(KEY, crlf, &["W PEM-005", "E KEY-003 1"], 0);
}

#[test]
fn private_keys_of_other_kinds_are_named() {
    let parameters = openssl(&["dsaparam", "-genkey", "1024"], b"");
    let dsa = openssl(&["pkey", "-traditional"], &parameters);
    assert!(text(dsa.clone()).starts_with("-----BEGIN DSA PRIVATE KEY-----"));
    let findings = expect(KEY, dsa, &["E KEY-005 1"], 0);
    assert!(findings[0].message.contains("`DSA PRIVATE KEY`"));
    for label in [
        "OPENSSH PRIVATE KEY",
        "ED25519 PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        let block = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let findings = expect(KEY, block, &["E KEY-005 1"], 0);
        assert!(findings[0].message.contains(&format!("`{label}`")));
    }
}

#[test]
fn a_damaged_key_is_damaged_and_not_missing() {
    let key = MATERIAL.key.replace("-----END", "----END");
    let line = MATERIAL.key.lines().count();
    expect(KEY, key, &[&format!("E PEM-002 {line}")], 0);
    let key = MATERIAL.key.replace("-----BEGIN", "----BEGIN");
    expect(KEY, key, &["E PEM-002 1"], 0);
}

#[test]
fn a_file_without_certificates_is_refused() {
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
    for file in [CHAIN, TRUSTED] {
        expect(file, request, &["E PEM-003 1", "E CRT-001"], 0);
        expect(file, &MATERIAL.key, &["E PEM-003 1", "E CRT-001"], 0);
    }
}

#[test]
fn a_key_in_a_file_of_certificates_hides_nothing_else() {
    let text = format!(
        "{}{}{}",
        one(),
        MATERIAL.key,
        MATERIAL.certificates[1].replace("-----END", "----END")
    );
    let findings = short(&read(CHAIN, &text).1);
    let key = one().lines().count() + 1;
    let end = text.lines().count();
    assert_eq!(
        findings,
        [format!("E PEM-002 {end}"), format!("E PEM-003 {key}")]
    );
}
