//! From raw files to a verdict: every rule, in the order in which things can be known.

use provost_plugin_api::SecretBytes;

use super::artifacts::{Report, TlsArtifacts, Verdict};
use super::capped;
use super::certificate::Certificate;
use super::finding::{ArtifactFile, Finding, Place, Severity};
use super::path::Search;
use super::pem::{self, Block, Kind};
use super::policy::TlsPolicy;
use super::private_key::{PrivateKey, PrivateKeyError};
use super::raw::RawTlsFiles;
use super::rule::RuleId;
use super::{limits, rules};

pub(super) fn examine(mut raw: RawTlsFiles, policy: &TlsPolicy) -> Verdict {
    let mut findings = std::mem::take(&mut raw.findings);
    missing(&raw, &mut findings);
    let mut blocks = |file| match raw.get(file) {
        Some(bytes) => pem::read(file, bytes, &mut findings),
        None => Vec::new(),
    };
    let key_blocks = blocks(ArtifactFile::PrivateKey);
    let chain_blocks = blocks(ArtifactFile::CertificateChain);
    let trusted_blocks = blocks(ArtifactFile::TrustedCertificates);

    let key = private_key(&key_blocks, &mut findings);
    let chain = certificates(ArtifactFile::CertificateChain, &chain_blocks, &mut findings);
    let trusted = certificates(
        ArtifactFile::TrustedCertificates,
        &trusted_blocks,
        &mut findings,
    );
    let anchor = if readable(&findings) && !chain.is_empty() {
        let trusted = raw.trusted_certificates.is_some().then_some(&*trusted);
        let key = key.as_ref().map(|(key, _)| key);
        let (found, anchor) = relations(key, &chain, trusted, policy);
        findings.extend(found);
        anchor
    } else {
        None
    };
    weigh(&mut findings, policy);
    let accepted = !findings.iter().any(|f| f.severity == Severity::Error);
    let artifacts = match key {
        Some((key, private_key)) if accepted && !chain.is_empty() => Some(TlsArtifacts {
            private_key,
            key: key.key,
            chain: chain.clone(),
            trusted: trusted.clone(),
        }),
        _ => None,
    };
    let report = Report {
        findings,
        chain,
        trusted,
        anchor,
    };
    Verdict { artifacts, report }
}

pub(super) fn examine_chain(
    chain: Vec<Certificate>,
    trusted: Option<Vec<Certificate>>,
    policy: &TlsPolicy,
) -> Report {
    let (mut findings, anchor) = relations(None, &chain, trusted.as_deref(), policy);
    weigh(&mut findings, policy);
    Report {
        findings,
        chain,
        trusted: trusted.unwrap_or_default(),
        anchor,
    }
}

/// A part that is not there, unless whoever collected the parts has said so.
fn missing(raw: &RawTlsFiles, findings: &mut Vec<Finding>) {
    let required = [
        (ArtifactFile::PrivateKey, RuleId::Art002),
        (ArtifactFile::CertificateChain, RuleId::Art003),
    ];
    let said = findings.iter().any(|f| f.severity == Severity::Error);
    for (file, rule) in required {
        if raw.get(file).is_none() && !said {
            let message = format!("{file} is missing");
            findings.push(Finding::new(rule, Place::file(file), message));
        }
    }
}

/// The one private key, and the block it is installed from.
fn private_key(blocks: &[Block], findings: &mut Vec<Finding>) -> Option<(PrivateKey, SecretBytes)> {
    let [block] = blocks else {
        return None;
    };
    let refused = |rule, error: &PrivateKeyError| {
        let place = Place::line(ArtifactFile::PrivateKey, block.line);
        Finding::new(rule, place, format!("the private key is refused: {error}"))
    };
    match PrivateKey::parse(block) {
        Ok(key) => {
            let label = match block.kind {
                Kind::Pkcs1 => "RSA PRIVATE KEY",
                Kind::Sec1 => "EC PRIVATE KEY",
                _ => "PRIVATE KEY",
            };
            Some((key, SecretBytes::new(pem::write(label, &block.der))))
        }
        Err(error) => {
            findings.push(match &error {
                PrivateKeyError::Unsupported { .. } => refused(RuleId::Key005, &error)
                    .hint("use RSA of at least 2048 bits, P-256 or P-384"),
                PrivateKeyError::Inconsistent => refused(RuleId::Key008, &error)
                    .hint("it was damaged or put together: export it anew from where it was made"),
                PrivateKeyError::Version { .. } => refused(RuleId::Key004, &error)
                    .hint("export it without its public half, or make a new key with OpenSSL"),
                PrivateKeyError::Malformed {
                    found: Some(found), ..
                } => refused(RuleId::Key004, &error).hint(format!(
                    "it is {}: `openssl pkey -in privateKey.pem -out new.pem` writes it with its \
                     own label, once this one is corrected",
                    found.shown()
                )),
                _ => refused(RuleId::Key004, &error)
                    .hint("`openssl pkey -in privateKey.pem -noout` says what OpenSSL makes of it"),
            });
            None
        }
    }
}

fn certificates(
    file: ArtifactFile,
    blocks: &[Block],
    findings: &mut Vec<Finding>,
) -> Vec<Certificate> {
    let limit = match file {
        ArtifactFile::TrustedCertificates => limits::TRUSTED,
        _ => limits::CHAIN,
    };
    if blocks.len() > limit {
        let message = format!("{} certificates; at most {limit} are read", blocks.len());
        let finding = Finding::new(RuleId::Crt008, Place::file(file), message);
        findings.push(finding.hint("leave only those that are needed"));
        return Vec::new();
    }
    capped::collect(findings, &Place::file(file), |findings| {
        let mut certificates = Vec::with_capacity(blocks.len());
        let mut names: usize = 0;
        for (index, block) in blocks.iter().enumerate() {
            match Certificate::parse(&block.der) {
                Ok(certificate) => {
                    names = names.saturating_add(certificate.count_names());
                    if names > limits::NAMES {
                        let finding = too_many_names(file, index, &certificate);
                        findings.error(finding.rule, |_| finding);
                        return Vec::new();
                    }
                    certificates.push(certificate);
                }
                Err(error) => findings.error(RuleId::Crt002, |rule| {
                    let place = Place {
                        certificate: Some(index),
                        ..Place::line(file, block.line)
                    };
                    Finding::new(rule, place, error.to_string()).hint(
                        "`openssl x509 -noout -text` says what OpenSSL makes of it; have it \
                         issued or exported anew",
                    )
                }),
            }
        }
        certificates
    })
}

fn too_many_names(file: ArtifactFile, index: usize, certificate: &Certificate) -> Finding {
    let place = Place::certificate(file, index, &certificate.name());
    let message = format!(
        "with its names there are too many: at most {} are read of one file",
        limits::NAMES
    );
    Finding::new(RuleId::Crt008, place, message).hint("leave only the certificates that are needed")
}

/// Whether chain and trusted certificates are all there is: what is said of relations would
/// mislead where one is missing.
fn readable(findings: &[Finding]) -> bool {
    let of_certificates = |finding: &&Finding| {
        let file = finding.place.file.as_deref();
        file != Some(ArtifactFile::PrivateKey.name())
    };
    let mut errors = findings.iter().filter(of_certificates);
    !errors.any(|finding| finding.severity == Severity::Error)
}

/// How key, chain and trusted certificates belong together; and the anchor, if there is one.
fn relations(
    key: Option<&PrivateKey>,
    chain: &[Certificate],
    trusted: Option<&[Certificate]>,
    policy: &TlsPolicy,
) -> (Vec<Finding>, Option<Certificate>) {
    let end_entity = end_entity(key, chain);
    let search = Search {
        chain,
        trusted: trusted.unwrap_or_default(),
        defaults: policy.default_roots(),
    };
    let path = search.path(end_entity, |path| {
        let findings = rules::of_path(path, policy);
        let errors = findings
            .iter()
            .filter(|f| weight(f, policy) == Severity::Error);
        errors.count()
    });
    let set = rules::Set {
        policy,
        key,
        chain,
        trusted,
        end_entity,
        path: &path,
    };
    let anchor = path.anchor().map(|anchor| anchor.certificate.clone());
    (rules::check(&set), anchor)
}

/// Which certificate is the end entity's: the first, unless the first issued another one and the
/// key, or else the order of issue, points to a later one.
fn end_entity(key: Option<&PrivateKey>, chain: &[Certificate]) -> usize {
    let Some(first) = chain.first() else {
        return 0;
    };
    let issued_by = |issuer: &Certificate, certificate: &Certificate| {
        issuer.der() != certificate.der() && issuer.subject() == certificate.issuer()
    };
    if !chain
        .iter()
        .any(|certificate| issued_by(first, certificate))
    {
        return 0;
    }
    let of_key = key.and_then(|key| chain.iter().position(|c| key.is_of(c)));
    of_key.unwrap_or_else(|| {
        let issued_none =
            |certificate: &Certificate| !chain.iter().any(|other| issued_by(certificate, other));
        chain.iter().position(issued_none).unwrap_or(0)
    })
}

fn weigh(findings: &mut [Finding], policy: &TlsPolicy) {
    for finding in findings {
        finding.severity = weight(finding, policy);
    }
}

/// The severity of a finding under a policy.
fn weight(finding: &Finding, policy: &TlsPolicy) -> Severity {
    match finding.severity {
        Severity::Error => Severity::Error,
        Severity::Warning if finding.rule == RuleId::Tru004 => {
            if policy.accepts_proof_of_concept() {
                Severity::Warning
            } else {
                Severity::Error
            }
        }
        // A rule that is an error by default, and was lowered for a lesser case, stays a warning.
        Severity::Warning
            if policy.is_strict()
                && finding.rule.severity() == Severity::Warning
                && finding.rule.is_error_when_strict() =>
        {
            Severity::Error
        }
        Severity::Warning => Severity::Warning,
    }
}
