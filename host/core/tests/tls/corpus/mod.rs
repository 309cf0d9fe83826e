//! Sets of TLS artifacts, each with exactly what the rules must find.
//!
//! Everything is made when the tests start, by rcgen and, where that is too careful, by OpenSSL.
//! All times are relative to [`NOW`], so that no result depends on the clock.

mod algorithm;
mod archive;
mod authority;
mod case;
mod certificate;
mod chain;
mod constraints;
mod files;
mod key;
mod names;
mod openssl;
mod text;
mod time;
mod trust;
mod usage;

use std::sync::OnceLock;

pub(crate) use authority::{Issued, Pki, at, ca, changed, pem, server};
pub(crate) use case::{Case, Found, Source, error, warning};
pub(crate) use files::Files;
pub(crate) use openssl::{Openssl, Request};

/// When the sets are looked at: 2027-01-15T08:00:00Z.
pub(crate) const NOW: i64 = 1_800_000_000;
/// Seconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// All cases. The first to ask makes them.
pub(crate) fn all() -> &'static [Case] {
    static ALL: OnceLock<Vec<Case>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pki = Pki::new();
        let openssl = Openssl::new();
        let groups = [
            archive::cases(&pki),
            text::cases(&pki, &openssl),
            key::cases(&pki, &openssl),
            certificate::cases(&pki, &openssl),
            chain::cases(&pki, &openssl),
            constraints::cases(&pki, &openssl),
            time::cases(&pki),
            usage::cases(&pki),
            names::cases(&pki),
            algorithm::cases(&pki, &openssl),
            trust::cases(&pki, &openssl),
        ];
        groups.into_iter().flatten().collect()
    })
}

/// The case of one name.
pub(crate) fn case(name: &str) -> &'static Case {
    let mut found = all().iter().filter(|case| case.name == name);
    found.next().unwrap_or_else(|| panic!("no case {name}"))
}
