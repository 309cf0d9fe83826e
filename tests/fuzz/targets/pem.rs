//! Any bytes as each of the three files: blocks or findings, and no block that is damaged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provost_core::tls::pem::{self, Block};
use provost_core::tls::{ArtifactFile, Finding, RuleId, Severity};
use rustls_pemfile::Item;

fuzz_target!(|bytes: &[u8]| {
    for file in ArtifactFile::ALL {
        let mut findings = Vec::new();
        let blocks = pem::read(file, bytes, &mut findings);
        check(file, bytes, &blocks, &findings);
    }
});

fn check(file: ArtifactFile, bytes: &[u8], blocks: &[Block], findings: &[Finding]) {
    let is_refused = findings.iter().any(is_error);
    assert!(
        !blocks.is_empty() || is_refused,
        "nothing, without an error"
    );
    assert!(findings.len() < 300, "{} findings", findings.len());
    for finding in findings {
        let shown = finding.to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.chars().count() < 600, "{shown:?}");
    }
    let decoded: usize = blocks.iter().map(|block| block.der.len()).sum();
    assert!(decoded <= bytes.len(), "more than there is");

    let lines = lines(bytes);
    for block in blocks {
        let text = lines.get(block.line - 1..).unwrap();
        let end = text.iter().position(|line| line.starts_with(b"-----END "));
        let text = text.get(..=end.unwrap()).unwrap();
        let damaged = findings.iter().filter(|finding| {
            let inside = block.line..block.line + text.len();
            let line = finding.place.line;
            finding.rule == RuleId::Pem002 && line.is_some_and(|line| inside.contains(&line))
        });
        assert_eq!(damaged.count(), 0, "a block that is damaged");
        assert_eq!(
            as_the_crate(&text.join(b"\n".as_slice())),
            [block.der.to_vec()]
        );
    }
    if file != ArtifactFile::PrivateKey && !is_refused {
        let expected: Vec<_> = blocks.iter().map(|block| block.der.to_vec()).collect();
        assert_eq!(as_the_crate(&lines.join(b"\n".as_slice())), expected);
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

/// The lines, without byte order marks and blanks at their ends: the crate would lose what stands
/// behind them.
fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    let mut previous = 0;
    for byte in bytes {
        match (previous, byte) {
            (b'\r', b'\n') => {}
            (_, b'\r' | b'\n') => lines.push(Vec::new()),
            _ => lines.last_mut().unwrap().push(*byte),
        }
        previous = *byte;
    }
    for line in &mut lines {
        if let Some(rest) = line.strip_prefix(b"\xef\xbb\xbf".as_slice()) {
            *line = rest.to_vec();
        }
        while let Some(b' ' | b'\t') = line.last() {
            line.pop();
        }
    }
    lines
}

/// Certificates and keys, up to the first error.
fn as_the_crate(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Ok(Some((item, behind))) = rustls_pemfile::read_one_from_slice(rest) {
        rest = behind;
        found.extend(match item {
            Item::X509Certificate(der) => Some(der.to_vec()),
            Item::Pkcs1Key(der) => Some(der.secret_pkcs1_der().to_vec()),
            Item::Pkcs8Key(der) => Some(der.secret_pkcs8_der().to_vec()),
            Item::Sec1Key(der) => Some(der.secret_sec1_der().to_vec()),
            _ => None,
        });
    }
    found
}
