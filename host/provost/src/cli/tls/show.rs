//! `provost tls show`: a chain as a tree, its names, its validity as a bar, its fingerprints.

use std::fmt::Write as _;
use std::path::Path;

use provost_core::tls::{Certificate, Report, TlsArtifacts, moment, shown};

use super::judgement;
use super::verdict::{SetDocument, fingerprint, summary};
use crate::Error;
use crate::artifacts::{self, Collected};
use crate::cli::args::{Global, Judgement, Output};
use crate::cli::configuration;
use crate::cli::report::{self, Failure};
use crate::install::Installation;

const DAY: i64 = 24 * 60 * 60;
/// Characters of a validity's bar.
const BAR: i64 = 32;

/// The set at `path`, or else the one that is installed.
pub(super) fn run(
    path: Option<&Path>,
    judgement: &Judgement,
    global: &Global,
) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let policy = judgement::policy(judgement, &host)?.allow_proof_of_concept();
    let found = match path {
        Some(path) => {
            let raw = artifacts::read_path(path).map_err(Error::from)?;
            Collected::new(path.display().to_string(), raw)
        }
        None => installed(&host)?,
    };
    let report = TlsArtifacts::validate(found.raw, &policy).report;
    match global.output {
        Output::Json => report::json(&SetDocument::new(&found.name, &report)),
        Output::Text => report::print(text(&found.name, &report, policy.now()).trim_end()),
    }
}

fn installed(host: &provost_core::config::HostConfiguration) -> Result<Collected, Failure> {
    let directory = host.tls.directory.get();
    let installed = Installation::at(directory).current().map_err(Error::from)?;
    let installed = installed.ok_or_else(|| {
        Failure::new(format!("nothing is installed in `{}`", directory.display()))
            .hint("name a zip or a folder to look at, or install one with `provost tls install`")
    })?;
    let raw = installed.read().map_err(Error::from)?;
    Ok(Collected::new(installed.path().display().to_string(), raw))
}

fn text(name: &str, report: &Report, now: i64) -> String {
    let mut text = format!("{name}: {}\n", summary(report));
    for error in report.errors() {
        let _ = writeln!(text, "  {error}");
    }
    let Some(leaf) = report.chain.first() else {
        text.push_str("no certificate could be read\n");
        return text;
    };
    text.push('\n');
    tree(&mut text, report);
    text.push('\n');
    let _ = writeln!(text, "names        {}", names(leaf));
    let _ = writeln!(text, "validity     {}", validity(leaf, now));
    for (index, certificate) in report.chain.iter().enumerate() {
        let _ = writeln!(
            text,
            "SHA-256      {}  certificate {index}",
            fingerprint(certificate.der())
        );
    }
    let _ = writeln!(
        text,
        "key SHA-256  {}  certificate 0, public half",
        fingerprint(leaf.spki())
    );
    text
}

/// Whose it is; clients that know no better look at the common name where there is nothing else.
fn names(certificate: &Certificate) -> String {
    let names = certificate.shown_names();
    if !names.is_empty() {
        return names.join(", ");
    }
    match certificate.subject().common_names().first() {
        Some(common) => format!("none; common name {}", shown(common)),
        None => "none".to_owned(),
    }
}

/// The anchor at the top, and below each certificate the one that it issued.
fn tree(text: &mut String, report: &Report) {
    let mut rows = Vec::new();
    let anchor = report.anchor.as_ref();
    if let Some(anchor) = anchor.filter(|a| !report.chain.iter().any(|c| c.der() == a.der())) {
        let trusted = report.trusted.iter().position(|c| c.der() == anchor.der());
        let origin = match trusted {
            Some(index) => format!("trusted certificate {index}"),
            None => "default root".to_owned(),
        };
        rows.push((origin, anchor));
    }
    for (index, certificate) in report.chain.iter().enumerate().rev() {
        rows.push((format!("certificate {index}"), certificate));
    }
    for (depth, (origin, certificate)) in rows.iter().enumerate() {
        let branch = match depth {
            0 => String::new(),
            depth => format!("{}└─ ", "   ".repeat(depth - 1)),
        };
        let ca = if certificate.is_ca() { ", CA" } else { "" };
        let _ = writeln!(
            text,
            "{branch}{}  ({origin}, {}{ca}, signed with {}, until {})",
            certificate.name(),
            certificate.public_key(),
            certificate.signature_algorithm(),
            moment(certificate.not_after()),
        );
    }
}

/// How much of its time has passed: `[#####-----] FROM to UNTIL, 180 of 365 days left`.
fn validity(certificate: &Certificate, now: i64) -> String {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let whole = until.saturating_sub(from).max(1);
    let left = until.saturating_sub(now);
    let passed = now.saturating_sub(from).clamp(0, whole);
    // Dates reach to the year 9999, so a product of seconds and characters is far from the end.
    let filled = passed.saturating_mul(BAR) / whole;
    let bar: String = (0..BAR)
        .map(|at| if at < filled { '#' } else { '-' })
        .collect();
    let left = match left {
        _ if now < from => format!("begins in {} days", from.saturating_sub(now) / DAY),
        left if left < 0 => format!("expired {} days ago", left.saturating_neg() / DAY),
        left => format!("{} of {} days left", left / DAY, whole / DAY),
    };
    format!("[{bar}] {} to {}, {left}", moment(from), moment(until))
}
