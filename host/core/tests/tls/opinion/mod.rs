//! What OpenSSL, `rustls-webpki` and Java say of each set that is accepted here.
//!
//! Where one of them disagrees, it is listed with the reason. A disagreement that is not listed
//! fails, and so does a listed one that is none.

mod java;
mod openssl;
mod webpki;

use provost_core::tls::{Report, TlsArtifacts};

use crate::corpus::{self, Case};

/// Sets that another implementation refuses, and why they are accepted here.
type Disagreements = &'static [(&'static str, &'static str)];

/// A set that is accepted.
struct Accepted {
    case: &'static Case,
    artifacts: TlsArtifacts,
    report: Report,
}

fn accepted() -> Vec<Accepted> {
    let accepted = corpus::all().iter().filter_map(|case| {
        let verdict = case.validate();
        Some(Accepted {
            case,
            artifacts: verdict.artifacts?,
            report: verdict.report,
        })
    });
    accepted.collect()
}

/// Compares refusals with the list of those that are known.
fn compare(refused: &[(&str, String)], listed: &[(&str, &str)]) {
    let unlisted: Vec<_> = refused
        .iter()
        .filter(|(name, _)| !listed.iter().any(|(listed, _)| listed == name))
        .collect();
    let unmet: Vec<_> = listed
        .iter()
        .filter(|(name, _)| !refused.iter().any(|(refused, _)| refused == name))
        .collect();
    assert!(
        unlisted.is_empty() && unmet.is_empty(),
        "refused and not listed: {unlisted:#?}\nlisted and not refused: {unmet:#?}"
    );
}
