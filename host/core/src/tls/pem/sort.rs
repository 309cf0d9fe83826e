//! Which of the blocks belong in a file, and what becomes of the others.

use super::body::{BodyError, decode};
use super::label::Meaning;
use super::scan::{Found, Scan, shown};
use super::{Block, Kind, agreement};
use crate::tls::capped::Capped;
use crate::tls::finding::{ArtifactFile, Finding, Place};
use crate::tls::rule::RuleId;

/// Decodes the blocks that belong in `file`.
pub(super) fn sort(file: ArtifactFile, scan: Scan<'_>, findings: &mut Capped<'_>) -> Vec<Block> {
    match file {
        ArtifactFile::PrivateKey => keys(file, &scan, findings),
        ArtifactFile::CertificateChain | ArtifactFile::TrustedCertificates => {
            certificates(file, &scan, findings)
        }
    }
}

/// Decoded here, not by `rustls-pemfile`: that leaves copies of a key in memory, unwiped.
fn keys(file: ArtifactFile, scan: &Scan<'_>, findings: &mut Capped<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for found in &scan.blocks {
        let Found { meaning, line, .. } = *found;
        let label = || shown(found.label);
        match meaning {
            Meaning::Key(kind) => blocks.extend(decoded(file, found, kind, findings)),
            Meaning::EncryptedKey => encrypted(file, line, findings),
            Meaning::OtherKey => findings.error(RuleId::Key005, |rule| {
                let message = format!("{}: this kind of key is not supported", label());
                Finding::new(rule, Place::line(file, line), message).hint(other_key(found.label))
            }),
            Meaning::Certificate | Meaning::OtherCertificate | Meaning::EcParameters => {
                findings.warning(RuleId::Pem003, |rule| {
                    let message = format!("{} in the file of the private key, ignored", label());
                    Finding::new(rule, Place::line(file, line), message).hint(match meaning {
                        Meaning::EcParameters => "remove it: the key names its curve itself",
                        _ => "certificates belong in certificateChain.pem",
                    })
                });
            }
            _ => foreign(file, found, findings),
        }
    }
    let mut private = scan
        .blocks
        .iter()
        .filter(|found| found.meaning.is_private());
    let (first, second) = (private.next(), private.next());
    let others = private.count();
    if let (Some(first), Some(second)) = (first, second) {
        findings.error(RuleId::Key002, |rule| {
            let count = others.saturating_add(2);
            let message = format!(
                "{count} private keys, expected one: the first is on line {}",
                first.line
            );
            Finding::new(rule, Place::line(file, second.line), message)
                .hint("keep the key of the first certificate")
        });
    }
    // A block that was damaged beyond knowing may have been the key.
    let unknown = scan.blocks.iter().any(|found| found.label.is_empty());
    if first.is_none() && !unknown {
        findings.error(RuleId::Key001, |rule| {
            let message = "no private key, expected one block `PRIVATE KEY`";
            Finding::new(rule, Place::file(file), message)
                .hint("put the key of the first certificate here")
        });
    }
    blocks
}

fn certificates(file: ArtifactFile, scan: &Scan<'_>, findings: &mut Capped<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for found in &scan.blocks {
        let Found { meaning, line, .. } = *found;
        match meaning {
            Meaning::Certificate => {
                blocks.extend(decoded(file, found, Kind::Certificate, findings));
            }
            Meaning::OtherCertificate => findings.error(RuleId::Pem007, |rule| {
                let message = format!("label {}, expected `CERTIFICATE`", shown(found.label));
                Finding::new(rule, Place::line(file, line), message).hint(format!(
                    "`openssl x509 -in {} -out new.pem` rewrites one certificate",
                    file.name()
                ))
            }),
            _ if meaning.is_private() => findings.error(RuleId::Pem003, |rule| {
                let message = format!("{} in a file of certificates", shown(found.label));
                Finding::new(rule, Place::line(file, line), message).hint(
                    "remove it, and take a new key if others could read this file: certificates \
                     are no secret, so nobody protects them",
                )
            }),
            _ => foreign(file, found, findings),
        }
    }
    let explained = |found: &Found<'_>| found.meaning.is_certificate() || found.label.is_empty();
    if blocks.is_empty() && !scan.blocks.iter().any(explained) {
        findings.error(RuleId::Crt001, |rule| {
            let message = "no certificate, expected at least one block `CERTIFICATE`";
            Finding::new(rule, Place::file(file), message)
        });
    }
    // Of a damaged file the two see different things, and what is damaged has been said.
    if !findings.has_error(RuleId::Pem002)
        && let Err(what) = agreement::check(&scan.text, &blocks)
    {
        findings.error(RuleId::Pem002, |rule| {
            let message = format!(
                "{} certificates here, and rustls-pemfile {what}",
                blocks.len()
            );
            Finding::new(rule, Place::file(file), message)
                .hint("write each block anew: `openssl x509`")
        });
        blocks.clear();
    }
    blocks
}

/// Decodes one block, or says what is wrong with it.
fn decoded(
    file: ArtifactFile,
    found: &Found<'_>,
    kind: Kind,
    findings: &mut Capped<'_>,
) -> Option<Block> {
    match decode(found.body?, found.line.saturating_add(1)) {
        Ok(der) => {
            return Some(Block {
                kind,
                line: found.line,
                der,
            });
        }
        Err(BodyError::Encrypted) if found.meaning.is_private() => {
            encrypted(file, found.line, findings);
        }
        Err(BodyError::Encrypted) => findings.error(RuleId::Pem002, |rule| {
            let message = format!("{} is encrypted", shown(found.label));
            Finding::new(rule, Place::line(file, found.line), message)
        }),
        Err(BodyError::Damaged(line, flaw)) => findings.error(RuleId::Pem002, |rule| {
            let message = format!("damaged {}: {flaw}", shown(found.label));
            Finding::new(rule, Place::line(file, line), message)
                .hint("copy the block again, whole, from where it came from")
        }),
    }
    None
}

fn encrypted(file: ArtifactFile, line: usize, findings: &mut Capped<'_>) {
    findings.error(RuleId::Key003, |rule| {
        let message = "the private key is encrypted, and nobody is there to type its password";
        Finding::new(rule, Place::line(file, line), message)
            .hint(format!("`openssl pkey -in {} -out new.pem`", file.name()))
    });
}

/// A block of a kind that belongs in none of the files.
fn foreign(file: ArtifactFile, found: &Found<'_>, findings: &mut Capped<'_>) {
    // A block without a label has a finding about its BEGIN.
    if found.label.is_empty() {
        return;
    }
    findings.error(RuleId::Pem003, |rule| {
        let expected = match file {
            ArtifactFile::PrivateKey => "one private key",
            _ => "certificates",
        };
        let message = format!("{}, expected {expected}", shown(found.label));
        let hint = match found.meaning {
            Meaning::Request => "a request is not the certificate: put here what the CA returned",
            Meaning::RevocationList => "revocation lists are not used here: remove it",
            Meaning::Pkcs7 => "`openssl pkcs7 -in FILE -print_certs -out new.pem` unpacks it",
            _ => "remove it",
        };
        Finding::new(rule, Place::line(file, found.line), message).hint(hint)
    });
}

fn other_key(label: &str) -> &'static str {
    match label {
        "OPENSSH PRIVATE KEY" => "`ssh-keygen -p -m PKCS8 -f FILE` rewrites it in place",
        _ => "take a new key: RSA of 2048 bits or more, or EC on P-256 or P-384",
    }
}
