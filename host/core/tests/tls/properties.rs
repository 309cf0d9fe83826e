//! Whatever comes in: findings or files, never a panic, and never less than the crates see
//! without a word about it.

use std::io::{Cursor, Read};

use proptest::prelude::*;
use provost_core::tls::pem::Block;
use provost_core::tls::{ArtifactFile, Finding, RawTlsFiles, Severity, bundle};

use crate::archive::{archive, deflated, stored};
use crate::bundle::three;
use crate::openssl::MATERIAL;
use crate::pem::{CHAIN, KEY, read, short};

fn has_error(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

fn der(blocks: &[Block]) -> Vec<Vec<u8>> {
    blocks.iter().map(|block| block.der.to_vec()).collect()
}

/// The certificates that `rustls-pemfile` finds, up to its first error.
fn as_the_crate(bytes: &[u8]) -> Vec<Vec<u8>> {
    rustls_pemfile::certs(&mut Cursor::new(bytes))
        .map_while(Result::ok)
        .map(|certificate| certificate.to_vec())
        .collect()
}

/// What holds for any bytes.
fn check_pem(bytes: &[u8]) -> Result<(), TestCaseError> {
    for file in ArtifactFile::ALL {
        let (blocks, findings) = read(file, bytes);
        prop_assert!(
            !blocks.is_empty() || has_error(&findings),
            "nothing, without an error"
        );
        for finding in &findings {
            let shown = finding.to_string();
            prop_assert!(!shown.contains(char::is_control), "{shown:?}");
            prop_assert!(shown.chars().count() < 600, "{shown:?}");
        }
        if file != KEY && !has_error(&findings) {
            let (found, seen) = (der(&blocks), as_the_crate(bytes));
            // Where a mark was dropped, the crate loses what stands behind it.
            let lost = short(&findings)
                .iter()
                .any(|finding| finding.starts_with("W PEM-004"));
            prop_assert!(
                found == seen || lost && found.len() > seen.len(),
                "{found:?} {seen:?}"
            );
        }
    }
    Ok(())
}

/// An accepted archive is the one that the `zip` crate reads.
fn check_zip(zip: &[u8]) -> Result<RawTlsFiles, TestCaseError> {
    let raw = bundle::read(zip);
    let found = ArtifactFile::ALL
        .into_iter()
        .filter(|file| raw.get(*file).is_some());
    for file in found {
        let mut other = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut bytes = Vec::new();
        other
            .by_name(file.name())
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        prop_assert_eq!(raw.get(file), Some(bytes.as_slice()));
    }
    // Nor does a reader that walks the headers see another one.
    let mut rest = Cursor::new(zip);
    let is_read = ArtifactFile::ALL
        .iter()
        .any(|file| raw.get(*file).is_some());
    while let (true, Ok(Some(mut entry))) =
        (is_read, zip::read::read_zipfile_from_stream(&mut rest))
    {
        let named = |file: &ArtifactFile| entry.name_raw() == file.name().as_bytes();
        let found = ArtifactFile::ALL.into_iter().find(named);
        if let Some(expected) = found.and_then(|file| raw.get(file)) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            prop_assert_eq!(bytes.as_slice(), expected);
        }
    }
    let complete = raw.private_key.is_some() && raw.certificate_chain.is_some();
    prop_assert!(complete || has_error(&raw.findings));
    Ok(raw)
}

/// Lines that a PEM file may be made of.
fn line() -> impl Strategy<Value = String> {
    let boundaries = prop::sample::select(vec![
        "-----BEGIN CERTIFICATE-----",
        "-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "-----BEGIN X509 CRL-----",
        "-----END X509 CRL-----",
        "-----BEGIN CERTIFICATE----",
        "----END CERTIFICATE-----",
        " -----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----  ",
        "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----",
        "-----END CERTIFICATE----------BEGIN CERTIFICATE-----",
        "\u{feff}-----BEGIN CERTIFICATE-----",
        "\u{2013}BEGIN CERTIFICATE\u{2013}",
        "-----BEGIN -----",
        "-----BEGIN",
        "BEGIN CERTIFICATE",
        "Proc-Type: 4,ENCRYPTED",
        "",
    ]);
    let whole = prop::sample::select(vec![0, 1]).prop_map(|at| MATERIAL.certificates[at].clone());
    prop_oneof![
        3 => boundaries.prop_map(str::to_owned),
        2 => whole,
        1 => Just(MATERIAL.key.clone()),
        2 => "[A-Za-z0-9+/]{0,2}[A-Za-z0-9+/]{0,2}={0,2}",
        1 => "[ -~\u{80}-\u{ff}]{0,20}",
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let end = prop::sample::select(vec!["\n", "\r\n", "\r", ""]);
    prop::collection::vec((line(), end), 0..12).prop_map(|lines| {
        let lines = lines.into_iter().map(|(line, end)| line + end);
        lines.collect::<String>().into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn mixtures_of_blocks_and_junk_lose_nothing_in_silence(bytes in file()) {
        check_pem(&bytes)?;
    }

    #[test]
    fn any_bytes_are_blocks_or_findings(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_pem(&bytes)?;
        check_zip(&bytes)?;
    }

    #[test]
    fn any_bytes_between_the_marks_of_a_zip_are_files_or_findings(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    b"PK\x03\x04".to_vec(), b"PK\x01\x02".to_vec(), b"PK\x05\x06".to_vec(),
                    b"PK\x06\x07".to_vec(), vec![0; 22], b"privateKey.pem".to_vec(),
                ]),
                prop::collection::vec(any::<u8>(), 0..30),
            ],
            0..12,
        ),
    ) {
        check_zip(&pieces.concat())?;
    }

    #[test]
    fn archives_of_any_entries_are_what_the_crate_reads(
        entries in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "privateKey.pem", "certificateChain.pem", "trustedCertificates.pem",
                    "a/privateKey.pem", "PRIVATEKEY.PEM", "__MACOSX/x", "gr\u{fc}n", "",
                ]),
                prop::collection::vec(any::<u8>(), 0..50),
                0..4,
            ),
            0..6,
        ),
    ) {
        let parts = entries.into_iter().map(|(name, content, kind)| match kind {
            0 => stored(name, &content),
            1 => deflated(name, &content),
            2 => deflated(name, &content).streamed(true),
            _ => stored(name, &content).streamed(false),
        });
        check_zip(&archive(&parts.collect::<Vec<_>>()))?;
    }
}

#[test]
fn a_pem_file_cut_or_flipped_anywhere_is_noticed_or_harmless() {
    let text = format!("{}{}", MATERIAL.certificates[0], MATERIAL.certificates[1]).into_bytes();
    let whole = der(&read(CHAIN, &text).0);
    let first = MATERIAL.certificates[0].len();
    for end in 0..text.len() {
        let (blocks, findings) = read(CHAIN, &text[..end]);
        // Cut at the end of a line or between blocks, what is left is a file.
        let complete = end + 1 == text.len() || end == first || end + 1 == first;
        assert_eq!(
            has_error(&findings),
            !complete,
            "cut at {end}: {findings:?}"
        );
        assert!(whole.starts_with(&der(&blocks)), "cut at {end}");
    }
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            let (blocks, findings) = read(CHAIN, &changed);
            // Base64 of another character is another certificate: its signature will tell.
            let count = blocks.len() == whole.len();
            assert!(
                count || has_error(&findings),
                "bit {bit} of {at}: {findings:?}"
            );
            check_pem(&changed).unwrap();
        }
    }
}

#[test]
fn a_zip_flipped_anywhere_is_refused_or_the_same() {
    let zip = archive(&three());
    let expected = ArtifactFile::ALL.map(|file| bundle::read(&zip).get(file).map(<[u8]>::to_vec));
    for at in 0..zip.len() {
        for bit in 0..8 {
            let mut changed = zip.clone();
            changed[at] ^= 1 << bit;
            let raw = check_zip(&changed).unwrap();
            let files = ArtifactFile::ALL.map(|file| raw.get(file).map(<[u8]>::to_vec));
            assert!(
                files == expected || !raw.findings.is_empty(),
                "bit {bit} of {at}"
            );
            for (file, expected) in files.iter().zip(&expected) {
                assert!(
                    file.is_none() || file == expected,
                    "bit {bit} of {at}: other bytes"
                );
            }
        }
    }
}
