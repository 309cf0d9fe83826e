//! The guide's zip: `privateKey.pem`, `certificateChain.pem`, `trustedCertificates.pem`.
//!
//! What another reader would see differently is refused: the directory and the headers are
//! walked here, before the `zip` crate reads anything, and what it finds is compared.

mod agreement;
mod content;
mod directory;
mod end;
mod extra;
mod fields;
mod file;
mod header;
mod names;

use self::directory::Entry;
use self::names::{Match, REBUILD, place};
use super::capped::{self, Capped};
use super::finding::{self, ArtifactFile, Finding, Place};
use super::limits;
use super::pem::foreign::{Foreign, ZIP, recognise};
use super::raw::RawTlsFiles;
use super::rule::RuleId;

/// The files of a zip. What is wrong with it is among the findings of what is returned.
pub fn read(zip: &[u8]) -> RawTlsFiles {
    let mut raw = RawTlsFiles::default();
    let mut findings = Vec::new();
    capped::collect(&mut findings, &Place::default(), |findings| {
        fill(zip, &mut raw, findings);
    });
    raw.findings = findings;
    raw
}

fn fill(zip: &[u8], raw: &mut RawTlsFiles, findings: &mut Capped<'_>) {
    let entries = match entries(zip) {
        Ok(entries) => entries,
        Err(finding) => return findings.error(finding.rule, |_| finding),
    };
    // The crate merges entries of one name, so there is nothing to compare then; nor is it known
    // which of them is the file.
    if !names::check(&entries, findings) {
        return;
    }
    if let Err(what) = agreement::check(zip, &entries) {
        return findings.error(RuleId::Art012, |_| {
            malformed(&format!("the zip crate {what}"))
        });
    }
    let mut used = vec![false; entries.len()];
    for file in ArtifactFile::ALL {
        let named =
            |matched| move |entry: &&Entry<'_>| names::compare(entry.name, file) == Some(matched);
        let matched = if let Some(entry) = entries.iter().find(named(Match::Exact)) {
            match file::read(entry, limits::of(file)) {
                Ok(mut bytes) => raw.set(file, std::mem::take(&mut *bytes)),
                Err(finding) => findings.error(finding.rule, |_| finding),
            }
            Match::Exact
        } else {
            let near: Vec<&Entry<'_>> = entries.iter().filter(named(Match::Near)).collect();
            missing(file, &near, &entries, findings);
            Match::Near
        };
        for (used, entry) in used.iter_mut().zip(&entries) {
            *used |= names::compare(entry.name, file) == Some(matched);
        }
    }
    for (_, entry) in used.iter().zip(&entries).filter(|(used, _)| !**used) {
        findings.warning(RuleId::Art009, |rule| {
            let names = "privateKey.pem, certificateChain.pem and trustedCertificates.pem";
            Finding::new(rule, place(entry), "an entry that is not looked at")
                .hint(format!("zip only {names}"))
        });
    }
}

/// The entries, if every reader sees the same.
fn entries(zip: &[u8]) -> Result<Vec<Entry<'_>>, Finding> {
    if zip.len() > limits::ARCHIVE {
        return Err(too_large(zip.len() as u64));
    }
    if ![header::LOCAL, end::SIGNATURE]
        .iter()
        .any(|start| zip.starts_with(start))
    {
        return Err(not_a_zip(zip));
    }
    directory::read(zip)
}

/// That an archive of this many bytes is not read.
pub fn too_large(got: u64) -> Finding {
    let limit = limits::ARCHIVE;
    let message = format!("an archive of {got} bytes, at most {limit} are read");
    Finding::new(RuleId::Art007, Place::default(), message).hint("put only the three files in it")
}

/// A file that is not there by its name. `near` are the entries that may be meant.
fn missing(
    file: ArtifactFile,
    near: &[&Entry<'_>],
    entries: &[Entry<'_>],
    findings: &mut Capped<'_>,
) {
    if let [found, others @ ..] = near {
        return findings.error(RuleId::Art004, |rule| {
            let more = match others.len() {
                0 => String::new(),
                others => format!(" (and {others} more like it)"),
            };
            let message = format!("expected the name `{}`{more}", file.name());
            Finding::new(rule, place(found), message)
                .hint("zip from within the folder, or with `zip -j`, under the exact name")
        });
    }
    let rule = match file {
        ArtifactFile::PrivateKey => RuleId::Art002,
        ArtifactFile::CertificateChain => RuleId::Art003,
        ArtifactFile::TrustedCertificates => return,
    };
    findings.error(rule, |rule| {
        let is_jar = entries
            .iter()
            .any(|entry| entry.name.starts_with(b"META-INF/"));
        let shown: Vec<String> = entries
            .iter()
            .take(5)
            .map(|entry| format!("`{}`", shown(entry.name)))
            .collect();
        let message = match entries.len() {
            0 => format!("no {}: the archive is empty", file.name()),
            count @ 1..=5 => format!(
                "no {}; its {count} entries: {}",
                file.name(),
                shown.join(", ")
            ),
            count => format!(
                "no {}; the first of its {count} entries: {}",
                file.name(),
                shown.join(", ")
            ),
        };
        let hint = if is_jar {
            "this is a JAR, which goes with CertificateProviderType `Custom`; `PEM` takes a zip \
             with the files"
        } else {
            "add it under exactly this name"
        };
        Finding::new(rule, Place::default(), message).hint(hint)
    });
}

fn not_a_zip(bytes: &[u8]) -> Finding {
    let found = recognise(bytes);
    let hint = match &found {
        Foreign::Pem => "zip the PEM files: `zip -j certs.zip privateKey.pem certificateChain.pem`",
        Foreign::Html | Foreign::Xml(_) => {
            "the server's answer was saved in place of the archive: fetch it again"
        }
        Foreign::Archive(name) if *name != ZIP => {
            "unpack it, and zip the files: `zip -j certs.zip privateKey.pem certificateChain.pem`"
        }
        _ => REBUILD,
    };
    let message = format!("{found}, expected a zip archive");
    Finding::new(RuleId::Art001, Place::default(), message).hint(hint)
}

/// An archive that does not go on to its end.
fn truncated(what: &str) -> Finding {
    let message = format!("an archive that is cut short: {what}");
    Finding::new(RuleId::Art001, Place::default(), message).hint("copy or fetch it again, whole")
}

/// An archive that contradicts itself, or that readers would see differently.
fn malformed(what: &str) -> Finding {
    let message = format!("an archive that is not used: {what}");
    Finding::new(RuleId::Art012, Place::default(), message).hint(REBUILD)
}

/// An entry that contradicts itself.
fn damaged(name: &[u8], what: &str) -> Finding {
    let place = Place::entry(&String::from_utf8_lossy(name));
    Finding::new(RuleId::Art012, place, what)
        .hint("copy or fetch the archive again, or make it anew")
}

fn shown(name: &[u8]) -> String {
    finding::shown(&String::from_utf8_lossy(name))
}
